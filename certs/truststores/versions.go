package truststores

import "time"

// androidReleases are the versions of Android and the days on which they came out.
var androidReleases = []struct{ version, day string }{
	{"4.0", "2011-10-18"}, {"4.1", "2012-07-09"}, {"4.2", "2012-11-13"}, {"4.3", "2013-07-24"}, {"4.4", "2013-10-31"},
	{"5.0", "2014-11-12"}, {"5.1", "2015-03-09"}, {"6.0", "2015-10-05"}, {"7.0", "2016-08-22"}, {"7.1.1", "2016-12-05"},
	{"8.0", "2017-08-21"}, {"8.1", "2017-12-05"}, {"9", "2018-08-06"}, {"10", "2019-09-03"}, {"11", "2020-09-08"},
	{"12", "2021-10-04"}, {"13", "2022-08-15"}, {"14", "2023-10-04"},
}

// freeze is how long before its release a version takes no roots any more. With it, what is documented of
// ISRG Root X1 (7.1.1) and of Sectigo's roots (5.1) comes out.
const freeze = 90 * 24 * time.Hour

// androidSince returns the first version with a root that came into the list on a day.
func androidSince(day string) string {
	added, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	for _, r := range androidReleases {
		if released, err := time.Parse(time.DateOnly, r.day); err == nil && !released.Before(added.Add(freeze)) {
			return r.version
		}
	}
	return ""
}

// Documents that name versions.
const (
	letsEncrypt = "letsencrypt.org/docs/certificate-compatibility"
	sectigo     = "sectigo.com/knowledge-base, Sectigo Root Certificates"
)

// documented are the roots whose versions their CA, or the project that took them, names.
var documented = map[string][]Store{
	"ISRG Root X1": {
		{"Android", "7.1.1", letsEncrypt}, {"iOS", "10", letsEncrypt}, {"macOS", "10.12.1", letsEncrypt},
		{"Java", "8u141", letsEncrypt}, {"Windows", "XP SP3, by its updates", letsEncrypt},
	},
	"ISRG Root X2": {
		{"Android", "14", "github.com/binwiederhier/ntfy/issues/1270"},
		{"Java", "22, and later updates of older ones", "github.com/openjdk/jdk/pull/16455"},
	},
	"USERTrust RSA Certification Authority": sectigoStores("5.1"),
	"USERTrust ECC Certification Authority": sectigoStores("5.1"),
	"COMODO RSA Certification Authority":    sectigoStores("5.1"),
	"COMODO ECC Certification Authority":    sectigoStores("2.3"),
}

func sectigoStores(android string) []Store {
	return []Store{
		{"Android", android, sectigo}, {"iOS", "10", sectigo}, {"macOS", "10.12.1", sectigo},
		{"Java", "8u51", sectigo}, {"Windows", "XP, by its updates", sectigo},
	}
}

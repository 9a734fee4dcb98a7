package record

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"github.com/leafcam/leafcam/device/wire"
)

// Offers returns scenarios in which the client offers what some firmwares grant: every suite that the client has, with
// and without the extensions of [wire.Offer], and under them what breaks records.
func Offers() (list []wire.Recorded) {
	add := func(key string, suite uint16, response int, offer wire.Offer, names ...string) {
		for _, name := range names {
			list = append(list, wire.Recorded{
				Name: name, Suite: fmt.Sprintf("%04x", suite), Events: []wire.ScenarioEvent{{}},
				Options: wire.ScenarioOptions{Key: key, Response: response, Offer: offer},
			})
		}
	}
	all := wire.Offer{ExtendedMasterSecret: true, EncryptThenMAC: true}
	for _, group := range []struct {
		key    string
		suites []uint16
	}{
		{"p256", ecSuites},
		{"agreement-p256", staticSuites},
		{"agreement-p384", staticSuites[:4]},
		{"agreement-p521", staticSuites[:4]},
		{"rsa2048", rsaSuites},
	} {
		for _, suite := range group.suites {
			add(group.key, suite, 0, wire.Offer{}, "ok")
			add(group.key, suite, 5000, all, "resp_5000")
			add(group.key, suite, 0, all, "finished_mac", "app_mac", "app_zero_x2")
		}
	}
	for _, suite := range []uint16{0xc00a, 0xc024, 0xc049} {
		etm := wire.Offer{EncryptThenMAC: true}
		add("p256", suite, 0, etm, "finished_pad", "finished_notblock", "app_bytewise", "app_zero_x3", "app_zero_x4", "app_len_100",
			"app_len_16384", "reneg_hello_then_get", "post_alert_1_0", "get_close_notify")
		add("p256", suite, 0, all, "ok_one_segment", "finished_long", "warn_before_finished")
	}
	add("p256", 0xc02d, 0, all, "ok") // whose certificate is not for agreement
	for code := uint8(1); code <= 4; code++ {
		for _, response := range []int{0, 400, 512, 1000, 3000, 9000} {
			add("p256", 0xc02b, response, wire.Offer{MaxFragment: code}, "resp_"+fmt.Sprint(response))
		}
		add("rsa2048", 0xc014, 2000, wire.Offer{ExtendedMasterSecret: true, EncryptThenMAC: true, MaxFragment: code}, "resp_2000")
	}
	return list
}

var (
	// ecSuites are those of EC certificates.
	ecSuites = []uint16{0xc02c, 0xc0ad, 0xc024, 0xc00a, 0xc0af, 0xc05d, 0xc049, 0xc02b, 0xc0ac, 0xc023, 0xc009, 0xc0ae, 0xc05c, 0xc048}
	// staticSuites are those of static ECDH, whose certificates have to be for key agreement.
	staticSuites = []uint16{
		0xc032, 0xc02a, 0xc00f, 0xc02e, 0xc026, 0xc005, 0xc05f, 0xc063, 0xc04b, 0xc04f, 0xc031, 0xc029, 0xc00e, 0xc02d, 0xc025, 0xc004,
		0xc05e, 0xc062, 0xc04a, 0xc04e,
	}
	// rsaSuites are those of RSA certificates.
	rsaSuites = []uint16{
		0xc030, 0xc028, 0xc014, 0xc061, 0xc04d, 0xc02f, 0xc027, 0xc013, 0xc060, 0xc04c, 0x009d, 0xc09d, 0x003d, 0x0035, 0xc0a1, 0xc051, 0xc03d,
		0x009c, 0xc09c, 0x003c, 0x002f, 0xc0a0, 0xc050, 0xc03c,
	}
)

// OffersHead is the first line of a recording of offers.
type OffersHead struct {
	Profile string               `json:"profile"`
	Pairs   map[string]wire.Head `json:"pairs"` // certificates and keys, by the names of the scenarios
}

// Agreement returns a certificate that is for key agreement as well as for signatures, with its key.
func Agreement(curve elliptic.Curve) (wire.Head, error) {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		return wire.Head{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "camera"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	pair := wire.Head{CertFile: "agreement.cert.der", KeyFile: "agreement.pkcs8.der"}
	if pair.Cert, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key); err != nil {
		return pair, err
	}
	pair.Key, err = x509.MarshalPKCS8PrivateKey(key)
	return pair, err
}

// Offered records scenarios with a subject, which loads the certificates and keys of the heads by their names.
func Offered(ctx context.Context, s Subject, pairs map[string]wire.Head, ask []wire.Recorded, progress Progress) ([]wire.Recorded, error) {
	list := make([]wire.Recorded, 0, len(ask))
	loaded := ""
	for i, recorded := range ask {
		if key := recorded.Options.Key; key != loaded {
			if _, err := loadHead(ctx, s, pairs[key]); err != nil {
				return list, err
			}
			loaded = key
		}
		taken, err := scenario(ctx, s, recorded)
		if err != nil {
			return list, fmt.Errorf("scenario %s with %s: %w", recorded.Name, recorded.Suite, err)
		}
		list = append(list, taken)
		progress.tell(i+1, len(ask))
	}
	return list, nil
}

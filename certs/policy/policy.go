// Package policy says how families of clients complete a certificate chain, as data with
// sources: for clients that cannot run on this machine, and for forecasts. Start with [All].
package policy

// A Policy is how a family of clients comes by missing intermediates and what it takes for a
// trust anchor.
type Policy struct {
	Name     string // short, unique
	Title    string // the clients, for people
	Stack    string // family of the TLS library
	Verifier string // what decides on the chain

	// AIA says that missing issuers are downloaded from http AIA URLs, in DER.
	AIA bool
	// PKCS7 and PEM say that these are understood there, too. False where nobody has
	// documented it.
	PKCS7, PEM bool
	// StoreIsAnchor says that an intermediate in the client's own store is a trust anchor;
	// otherwise it only completes chains.
	StoreIsAnchor bool

	// Source is where this is known from, Date when it was looked at (year-month).
	Source, Date string
	// SharedBy are clients that follow the same policy and do run here, by their names in
	// hostsim/clients: against them the policy is tested.
	SharedBy []string
}

// All returns the policies of platforms that hostsim cannot run on Linux.
func All() []Policy {
	return []Policy{
		{
			Name: "schannel", Title: "Windows: PowerShell, .NET Framework, WinHTTP, curl.exe", Stack: "SChannel", Verifier: "CryptoAPI",
			AIA:    true,
			Source: "learn.microsoft.com, wincrypt CertGetCertificateChain; github.com/dotnet/runtime/issues/37485, 59979", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
		{
			Name: "dotnet-linux", Title: ".NET on Linux: HttpClient", Stack: "OpenSSL", Verifier: "X509Chain",
			AIA:    true,
			Source: "learn.microsoft.com, X509ChainPolicy.DisableCertificateDownloads (false by default for clients)", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
		{
			Name: "sectrust", Title: "macOS, iOS: Safari, URLSession", Stack: "SecTrust", Verifier: "SecTrust",
			AIA:    true,
			Source: "developer.apple.com, Creating a Trust Object: \"may also download intermediate certificates\"", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
		{
			Name: "chrome", Title: "Chrome, Edge on Windows, macOS, Android", Stack: "BoringSSL", Verifier: "Chromium's verifier",
			AIA: true, PKCS7: true, PEM: true,
			Source: "chromium.googlesource.com, net/data/ssl/chrome_root_store/faq.md; measured with Chromium on Linux", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
		{
			Name: "android", Title: "Android apps: OkHttp, HttpURLConnection, WebView", Stack: "Conscrypt", Verifier: "Conscrypt TrustManagerImpl",
			StoreIsAnchor: true,
			Source:        "github.com/google/conscrypt/issues/1048 (AIA not implemented)", Date: "2026-11",
			SharedBy: []string{"okhttp", "java-url"},
		},
	}
}

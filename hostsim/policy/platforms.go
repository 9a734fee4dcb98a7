package policy

// Platforms returns the policies of platforms that hostsim cannot run on Linux.
func Platforms() []Policy {
	return []Policy{
		{
			Name: "schannel", Title: "Windows: PowerShell, .NET, WinHTTP, curl.exe, Go programs, pip, Node.js with --use-system-ca",
			Stack: "SChannel", Verifier: "CryptoAPI",
			AIA: true, MaxFetches: 2, PinsSelfSigned: true, PinsSelfSignedCA: true, PinsLeaf: true,
			Source: "learn.microsoft.com, wincrypt CertGetCertificateChain; github.com/dotnet/docs/issues/54809; " +
				"github.com/golang/go/issues/46287, 74036; github.com/curl/curl/issues/12155, 12239", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
		{
			Name: "dotnet-linux", Title: ".NET 11 and later on Linux: HttpClient", Stack: "OpenSSL", Verifier: "X509Chain",
			AIA: true, MaxFetches: 2, PinsSelfSigned: true, PinsSelfSignedCA: true, PinsLeaf: true,
			Source: "github.com/dotnet/docs/issues/54809 (two downloads); github.com/dotnet/runtime/issues/70816 (http only)", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
		{
			Name: "dotnet-linux-older", Title: ".NET to 10 on Linux: HttpClient", Stack: "OpenSSL", Verifier: "X509Chain",
			AIA: true, PinsSelfSigned: true, PinsSelfSignedCA: true, PinsLeaf: true,
			Source: "learn.microsoft.com, X509ChainPolicy.DisableCertificateDownloads (false by default for clients); " +
				"github.com/dotnet/runtime/issues/70816 (http only)", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
		{
			Name: "macos", Title: "macOS: Safari, URLSession, Go programs, pip, curl with SecTrust", Stack: "SecTrust", Verifier: "SecTrust",
			AIA: true, PinsSelfSigned: true, PinsSelfSignedCA: true, PinsLeaf: true,
			WantsSCTs: true, LimitsPublicCAs: true, LimitsPrivateCAs: true, WantsServerAuth: true,
			Source: "developer.apple.com, Creating a Trust Object: \"may also download intermediate certificates\"; " +
				"support.apple.com/103769 (serverAuth, 825 days); github.com/curl/curl/issues/18703", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
		{
			Name: "ios", Title: "iOS, iPadOS: Safari, Chrome, apps", Stack: "SecTrust", Verifier: "SecTrust",
			AIA: true, PinsSelfSignedCA: true, WantsSCTs: true, LimitsPublicCAs: true, LimitsPrivateCAs: true, WantsServerAuth: true,
			Source: "developer.apple.com, Creating a Trust Object; support.apple.com/103769 (serverAuth, 825 days); " +
				"support.apple.com/102390 (full trust is offered for roots, CA:TRUE, only)", Date: "2026-11",
			SharedBy: []string{"chromium-policy"},
		},
		{
			Name: "chrome", Title: "Chrome, Edge on Windows, macOS, Android", Stack: "BoringSSL", Verifier: "Chromium's verifier",
			AIA: true, PKCS7: true, PEM: true, PinsSelfSigned: true, PinsSelfSignedCA: true, PinsLeaf: true,
			WantsSCTs: true, LimitsPublicCAs: true, NoP521: TraitYes,
			Model:  "chromium",
			Source: "chromium.googlesource.com, net/data/ssl/chrome_root_store/faq.md; measured with Chromium on Linux", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
		{
			Name: "android", Title: "Android apps: OkHttp, HttpURLConnection", Stack: "Conscrypt", Verifier: "Conscrypt TrustManagerImpl",
			StoreIsAnchor: true, PinsSelfSigned: true, PinsSelfSignedCA: true, PinsLeaf: true, IgnoresUserCAs: true, Model: "okhttp",
			Source: "github.com/google/conscrypt/issues/1048 (AIA not implemented); " +
				"developer.android.com, Network security configuration (user-installed roots)", Date: "2026-11",
			SharedBy: []string{"okhttp", "java-url"},
		},
		{
			Name: "android-webview", Title: "Android's WebView: apps that show web pages", Stack: "BoringSSL", Verifier: "Chromium's verifier",
			AIA: true, PKCS7: true, PEM: true, PinsSelfSigned: true, PinsSelfSignedCA: true, PinsLeaf: true,
			WantsSCTs: true, LimitsPublicCAs: true, NoP521: TraitYes,
			IgnoresUserCAs: true, Model: "chromium",
			Source: "chromium.googlesource.com, net/cert/cert_verify_proc_android.cc (fetches AIA); " +
				"developer.android.com, Network security configuration", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
	}
}

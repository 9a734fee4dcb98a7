package policy

// Platforms returns the policies of platforms that hostsim cannot run on Linux.
func Platforms() []Policy {
	return []Policy{
		{
			Name: "schannel", Title: "Windows: PowerShell, .NET Framework, WinHTTP, curl.exe", Stack: "SChannel", Verifier: "CryptoAPI",
			AIA: true, PinsSelfSigned: true, PinsSelfSignedCA: true, PinsLeaf: true,
			Source: "learn.microsoft.com, wincrypt CertGetCertificateChain; github.com/dotnet/runtime/issues/37485, 59979", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
		{
			Name: "dotnet-linux", Title: ".NET on Linux: HttpClient", Stack: "OpenSSL", Verifier: "X509Chain",
			AIA: true, PinsSelfSigned: true, PinsSelfSignedCA: true, PinsLeaf: true,
			Source: "learn.microsoft.com, X509ChainPolicy.DisableCertificateDownloads (false by default for clients)", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
		{
			Name: "sectrust", Title: "macOS, iOS: Safari, URLSession", Stack: "SecTrust", Verifier: "SecTrust",
			AIA: true, PinsSelfSigned: true, PinsSelfSignedCA: true, PinsLeaf: true, WantsSCTs: true, LimitsPrivateCAs: true,
			Source: "developer.apple.com, Creating a Trust Object: \"may also download intermediate certificates\"", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
		{
			Name: "chrome", Title: "Chrome, Edge on Windows, macOS, Android", Stack: "BoringSSL", Verifier: "Chromium's verifier",
			AIA: true, PKCS7: true, PEM: true, PinsSelfSigned: true, PinsSelfSignedCA: true, PinsLeaf: true, WantsSCTs: true, NoP521: TraitYes,
			Source: "chromium.googlesource.com, net/data/ssl/chrome_root_store/faq.md; measured with Chromium on Linux", Date: "2026-11",
			SharedBy: []string{"chromium"},
		},
		{
			Name: "android", Title: "Android apps: OkHttp, HttpURLConnection, WebView", Stack: "Conscrypt", Verifier: "Conscrypt TrustManagerImpl",
			StoreIsAnchor: true, PinsSelfSigned: true, PinsSelfSignedCA: true, PinsLeaf: true,
			Source: "github.com/google/conscrypt/issues/1048 (AIA not implemented)", Date: "2026-11",
			SharedBy: []string{"okhttp", "java-url"},
		},
	}
}

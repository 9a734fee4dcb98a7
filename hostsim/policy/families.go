package policy

// measured is the source of every family: the standard matrix and its further scenarios, run
// with the programs of Debian 12 and of npm.
const measured = "measured with leafcam matrix --scenarios all"

// anchored are the traits that most families have in common: an intermediate in the trust file,
// a leaf, and either form of self-signed certificate is an anchor.
func anchored(p Policy) Policy {
	p.StoreIsAnchor, p.PinsLeaf = true, true
	return pinning(p)
}

// pinning are the traits of those that accept either form of self-signed certificate.
func pinning(p Policy) Policy {
	p.PinsSelfSigned, p.PinsSelfSignedCA = true, true
	p.Source, p.Date = measured, "2026-11"
	return p
}

// Families returns the families of clients as they were measured: those of one family did
// the same in every scenario.
func Families() []Policy {
	return []Policy{
		anchored(Policy{
			Name: "openssl-partial", Title: "curl, Perl, PHP's curl, R (OpenSSL with partial chains)", Stack: "OpenSSL", Verifier: "OpenSSL",
		}),
		anchored(Policy{
			Name: "python-strict", Title: "Python 3.13 and later, Home Assistant (OpenSSL, partial chains, strict)",
			Stack: "OpenSSL", Verifier: "OpenSSL",
		}),
		pinning(Policy{
			Name: "openssl", Title: "openssl s_client, stunnel, Links, Subversion, Mosquitto ... (OpenSSL)",
			Stack: "OpenSSL", Verifier: "OpenSSL", NoP521: TraitVaries,
		}),
		pinning(Policy{Name: "python", Title: "Python to 3.12 (OpenSSL)", Stack: "OpenSSL", Verifier: "OpenSSL"}),
		pinning(Policy{
			Name: "requests", Title: "requests, HTTPie, Zeep for ONVIF (Python, OpenSSL)", Stack: "OpenSSL", Verifier: "OpenSSL",
		}),
		pinning(Policy{
			Name: "node", Title: "Node.js (OpenSSL)", Stack: "OpenSSL", Verifier: "OpenSSL, Node.js",
		}),
		pinning(Policy{Name: "ruby", Title: "Ruby (OpenSSL)", Stack: "OpenSSL", Verifier: "OpenSSL, Ruby"}),
		pinning(Policy{Name: "qt", Title: "Qt Network (OpenSSL)", Stack: "OpenSSL", Verifier: "OpenSSL, Qt"}),
		pinning(Policy{
			Name: "nginx", Title: "nginx as proxy (OpenSSL)", Stack: "OpenSSL", Verifier: "OpenSSL, nginx",
		}),
		pinning(Policy{Name: "haproxy", Title: "HAProxy (OpenSSL)", Stack: "OpenSSL", Verifier: "OpenSSL, HAProxy"}),
		pinning(Policy{
			Name: "openssl-no-names", Title: "LuaSec, Tcl (OpenSSL, host names not compared)", Stack: "OpenSSL", Verifier: "OpenSSL",
			IgnoresNames: true,
		}),
		pinning(Policy{
			Name: "socat", Title: "socat (OpenSSL, P-256 alone)", Stack: "OpenSSL", Verifier: "OpenSSL",
			OnlyP256: true, NoP521: TraitYes,
		}),
		pinning(Policy{
			Name: "apache", Title: "Apache as proxy (OpenSSL, two intermediates at most)", Stack: "OpenSSL", Verifier: "OpenSSL",
		}),
		pinning(Policy{
			Name: "squid", Title: "Squid (OpenSSL, downloads of its own)", Stack: "OpenSSL", Verifier: "OpenSSL",
			AIA: true, HTTPS: true,
		}),
		anchored(Policy{
			Name: "gnutls", Title: "wget, git, FFmpeg, mpv, VLC, WebKitGTK ... (GnuTLS)", Stack: "GnuTLS", Verifier: "GnuTLS",
		}),
		anchored(Policy{
			Name: "gstreamer", Title: "GStreamer (GnuTLS)", Stack: "GnuTLS", Verifier: "GnuTLS, GLib",
		}),
		anchored(Policy{
			Name: "gnutls-aia", Title: "gnutls-cli --ca-auto-retrieve", Stack: "GnuTLS", Verifier: "GnuTLS",
			AIA: true, AIAOption: "--ca-auto-retrieve",
		}),
		{
			Name: "lynx", Title: "Lynx (GnuTLS)", Stack: "GnuTLS", Verifier: "GnuTLS",
			StoreIsAnchor: true, PinsSelfSignedCA: true,
			Source: measured, Date: "2026-11",
		},
		{
			Name: "emacs", Title: "Emacs (GnuTLS, and rules of its own)", Stack: "GnuTLS", Verifier: "GnuTLS, Emacs",
			StoreIsAnchor: true, PinsLeaf: true,
			Source: measured, Date: "2026-11",
		},
		anchored(Policy{
			Name: "go", Title: "Go programs on Linux: Caddy, rclone, Prometheus", Stack: "Go", Verifier: "crypto/x509",
			GoParser: true,
		}),
		anchored(Policy{
			Name: "java", Title: "Java, Apache HttpClient", Stack: "JSSE", Verifier: "PKIX of the JDK",
		}),
		anchored(Policy{Name: "okhttp", Title: "OkHttp (Java)", Stack: "JSSE", Verifier: "PKIX of the JDK, OkHttp"}),
		anchored(Policy{
			Name: "bouncycastle", Title: "Bouncy Castle (Java)", Stack: "Bouncy Castle", Verifier: "PKIX of the JDK",
		}),
		anchored(Policy{
			Name: "java-aia", Title: "Java with its AIA switches on", Stack: "JSSE", Verifier: "PKIX of the JDK",
			AIA: true, PKCS7: true, PEM: true, HTTPS: true,
			AIAOption: "-Dcom.sun.security.enableAIAcaIssuers=true -Dcom.sun.security.allowedAIALocations=any",
		}),
		{
			Name: "rustls", Title: "deno, Rust programs (rustls)", Stack: "rustls", Verifier: "webpki",
			StoreIsAnchor: true, PinsSelfSigned: true, NoP521: TraitYes,
			Source: measured, Date: "2026-11",
		},
		{
			Name: "rustls-older", Title: "Rust programs with rustls of 2022 (webpki 0.22)", Stack: "rustls", Verifier: "webpki",
			StoreIsAnchor: true, PinsSelfSigned: true, NoP521: TraitYes,
			Source: measured, Date: "2026-11",
		},
		anchored(Policy{
			Name: "workerd", Title: "workerd (rustls)", Stack: "rustls", Verifier: "workerd", NoP521: TraitYes,
		}),
		pinning(Policy{
			Name: "bun", Title: "Bun (BoringSSL)", Stack: "BoringSSL", Verifier: "BoringSSL",
			NoP521: TraitYes,
		}),
		{
			Name: "wreq", Title: "wreq-js (BoringSSL)", Stack: "BoringSSL", Verifier: "BoringSSL",
			PinsSelfSignedCA: true, NoP521: TraitYes,
			Source: measured, Date: "2026-11",
		},
		{
			Name: "mono", Title: "Mono", Stack: "BoringSSL", Verifier: "Mono",
			PinsSelfSignedCA: true, NoP521: TraitYes,
			Source: measured, Date: "2026-11",
		},
		{
			Name: "erlang", Title: "Erlang, Elixir", Stack: "Erlang", Verifier: "public_key",
			NoP521: TraitVaries,
			Source: measured, Date: "2026-11",
		},
		{
			Name: "haskell", Title: "Haskell (tls)", Stack: "Haskell tls", Verifier: "x509-validation",
			StoreIsAnchor: true, PinsSelfSigned: true, PinsSelfSignedCA: true,
			Source: measured, Date: "2026-11",
		},
		{
			Name: "botan", Title: "Botan", Stack: "Botan", Verifier: "Botan",
			NoP521: TraitVaries,
			Source: measured, Date: "2026-11",
		},
		{
			Name: "mbedtls", Title: "other devices with Mbed TLS", Stack: "Mbed TLS", Verifier: "Mbed TLS",
			StoreIsAnchor: true, PinsSelfSigned: true, PinsSelfSignedCA: true, OddCurves: TraitYes,
			Source: measured, Date: "2026-11",
		},
		anchored(Policy{
			Name: "wolfssl", Title: "other devices with wolfSSL", Stack: "wolfSSL", Verifier: "wolfSSL",
			OddCurves: TraitVaries,
		}),
		anchored(Policy{
			Name: "bearssl", Title: "other devices with BearSSL", Stack: "BearSSL", Verifier: "BearSSL",
			OddCurves: TraitVaries,
		}),
		{
			Name: "nss", Title: "NSS tools", Stack: "NSS", Verifier: "NSS",
			PinsSelfSigned: true, PinsLeaf: true,
			Source: measured, Date: "2026-11",
		},
		{
			Name: "curl-nss", Title: "curl with NSS", Stack: "NSS", Verifier: "NSS", StoreIsAnchor: true,
			Source: measured, Date: "2026-11",
		},
		pinning(Policy{
			Name: "chromium", Title: "Chromium, Chrome and Edge on Linux", Stack: "BoringSSL", Verifier: "Chromium's verifier",
			NoP521: TraitYes,
			AIA:    true, PKCS7: true, PEM: true, PinsLeaf: true, WantsSCTs: true, LimitsPublicCAs: true,
		}),
		pinning(Policy{
			Name: "qtwebengine", Title: "Qt WebEngine (Chromium 87)", Stack: "BoringSSL", Verifier: "Chromium 87's verifier",
			AIA: true, PEM: true, WantsSCTs: true, LimitsPublicCAs: true, NoP521: TraitYes,
		}),
		{
			Name: "chromium-policy", Title: "Chromium with the root from a policy", Stack: "BoringSSL", Verifier: "Chromium's verifier",
			NoP521: TraitYes,
			AIA:    true, PKCS7: true, PEM: true, WantsSCTs: true, LimitsPublicCAs: true, PinsSelfSignedCA: true,
			Source: measured, Date: "2026-11",
		},
		{
			Name: "firefox", Title: "Firefox", Stack: "NSS", Verifier: "mozilla::pkix",
			// Certificate transparency is enforced since Firefox 135 (github.com/mdn/content/issues/37777); measured
			// of 153 ESR: security.pki.certificate_transparency.mode is 2.
			Preloaded: true, PinsSelfSigned: true, PinsLeaf: true, WantsSCTs: true,
			Source: measured, Date: "2026-11",
		},
		anchored(Policy{
			Name: "unverified", Title: "ffprobe, mpv and motion by default, check_http, ab, hey, siege, wrk: verify nothing",
			Stack: "none", Verifier: "none", NeverVerifies: true,
		}),
	}
}

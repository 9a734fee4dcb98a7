package clients

import (
	"context"
	"embed"
	"os"
	"path/filepath"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/verdict"
)

// Libraries without a program of their own get a small one of ours, compiled once a run.

//go:embed programs
var programs embed.FS

// compiler says how one program is built and called.
type compiler struct {
	source  string // in programs
	command string // for sh, with %SOURCE% and %OUT%
	byURL   bool   // the arguments are URL and file; otherwise host, port, file and path
}

// compiledClient completes a client that is compiled from programs: its first package is the library's,
// whose files report whether it is installed, and its programs are the compiler's.
func compiledClient(c hostsim.Client, how compiler) *hostsim.Client {
	c.Needs.Programs = append([]string{"sh"}, c.Needs.Programs...)
	c.Isolation.HostsFile = true
	c.Build = func(ctx context.Context, v *hostsim.Visit) error {
		for _, file := range []string{how.source, "connect.h"} {
			text, err := programs.ReadFile("programs/" + file)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(v.BuildDir, file), text, 0o644); err != nil {
				return err
			}
		}
		source, out := filepath.Join(v.BuildDir, how.source), filepath.Join(v.BuildDir, "get")
		command := strings.NewReplacer("%SOURCE%", source, "%OUT%", out).Replace(how.command)
		return v.Run(ctx, nil, v.Program("sh"), "-c", command)
	}
	c.Command = func(v *hostsim.Visit) hostsim.Command {
		program := filepath.Join(v.BuildDir, "get")
		if how.byURL {
			return hostsim.Command{Args: []string{program, v.URL(), v.CAFile}}
		}
		return hostsim.Command{Args: []string{program, v.Host, port(v), v.CAFile, v.Path}}
	}
	return &c
}

func c(source, libraries string) compiler {
	return compiler{source: source, command: "gcc -O1 -o %OUT% %SOURCE% " + libraries}
}

var mbedTLSClient = compiledClient(hostsim.Client{
	Name: "mbedtls", Title: "Mbed TLS", Stack: mbedTLS, Library: "Mbed TLS",
	Needs: hostsim.Needs{
		Packages: []string{"libmbedtls-dev", "gcc", "libc6-dev"}, Programs: []string{"gcc"},
		Files: []string{"/usr/include/mbedtls/ssl.h"},
	},
	Known: hostsim.Known{Family: "mbedtls", Words: verdict.Words{}.
		Says(verdict.CauseName, `not match with the expected CN`).
		Says(verdict.CauseExpired, `validity has expired`).
		Says(verdict.CauseUnknown, `not correctly signed by the trusted CA`).
		Says(verdict.CauseRejected, `certificate verification failed`)},
}, c("mbedtls.c", "-lmbedtls -lmbedx509 -lmbedcrypto"))

var wolfSSLClient = compiledClient(hostsim.Client{
	Name: "wolfssl", Title: "wolfSSL", Stack: wolfSSL, Library: "wolfSSL",
	Needs: hostsim.Needs{
		Packages: []string{"libwolfssl-dev", "gcc", "libc6-dev"}, Programs: []string{"gcc"},
		Files: []string{"/usr/include/wolfssl/ssl.h"},
	},
	Known: hostsim.Known{Family: "wolfssl", Words: verdict.Words{}.
		Says(verdict.CauseName, `subject name mismatch`).
		Says(verdict.CauseExpired, `date error, current date after`).
		Says(verdict.CauseUnknown, `no signer error`).
		Says(verdict.CauseRejected, `certificate verify failed`)},
}, c("wolfssl.c", "-lwolfssl"))

var bearSSLClient = compiledClient(hostsim.Client{
	Name: "bearssl", Title: "BearSSL", Stack: bearSSL, Library: "BearSSL",
	Needs: hostsim.Needs{
		Packages: []string{"libbearssl-dev", "gcc", "libc6-dev"}, Programs: []string{"gcc"},
		Files: []string{"/usr/include/bearssl.h"},
	},
	Known: hostsim.Known{Family: "bearssl", Words: verdict.Words{}.
		Says(verdict.CauseName, `X509_BAD_SERVER_NAME`).
		Says(verdict.CauseExpired, `X509_EXPIRED`).
		Says(verdict.CauseUnknown, `X509_NOT_TRUSTED`).
		Says(verdict.CauseRejected, `error \d+ X509_`)},
}, c("bearssl.c", "-lbearssl"))

var libtls = compiledClient(hostsim.Client{
	Name: "libtls", Title: "libtls", Stack: openSSL, Library: "OpenSSL (libretls)",
	Needs: hostsim.Needs{
		Packages: []string{"libtls-dev", "gcc", "libc6-dev"}, Programs: []string{"gcc"},
		Files: []string{"/usr/include/tls.h"},
	},
	Known: hostsim.Known{Family: "openssl", Words: openSSLWords.Says(verdict.CauseName, `not present in server certificate`)},
}, c("libtls.c", "-ltls"))

var curlNSS = compiledClient(hostsim.Client{
	Name: "libcurl-nss", Title: "libcurl with NSS", Stack: nss, Library: "NSS (libcurl)",
	Needs: hostsim.Needs{
		Packages: []string{"libcurl3-nss", "nss-plugin-pem", "gcc", "libc6-dev"}, Programs: []string{"gcc"},
		Files: []string{"/usr/lib/*/libcurl-nss.so.4"},
	},
	Known: hostsim.Known{Family: "curl-nss", Words: nssWords.Or(curlWords)},
}, compiler{source: "curlnss.c", command: "gcc -O1 -o %OUT% %SOURCE% -l:libcurl-nss.so.4", byURL: true})

var poco = compiledClient(hostsim.Client{
	Name: "poco", Title: "Poco", Stack: openSSL, Library: "OpenSSL (Poco NetSSL)",
	Needs: hostsim.Needs{
		Packages: []string{"libpoco-dev", "g++"}, Programs: []string{"g++"},
		Files: []string{"/usr/include/Poco/Net/HTTPSClientSession.h"},
	},
	Known: hostsim.Known{Family: "openssl", Words: openSSLWords.Says(verdict.CauseRejected, `Unacceptable certificate`)},
}, compiler{
	source: "poco.cc", command: "g++ -O0 -o %OUT% %SOURCE% -lPocoNetSSL -lPocoCrypto -lPocoNet -lPocoFoundation", byURL: true,
})

// qtWords are how Qt says what OpenSSL finds.
var qtWords = openSSLWords.
	Says(verdict.CauseName, `did not match any of the valid hosts`).
	Says(verdict.CauseUnknown, `issuer certificate (of a locally looked up certificate )?could not be found`).
	Says(verdict.CauseRejected, `unsuitable for this purpose`, `path length parameter has been exceeded`, `CA certificates is invalid`,
		`signature of the certificate is invalid`, `not trusted for this purpose`)

var qt5 = compiledClient(hostsim.Client{
	Name: "qt5", Title: "Qt 5", Stack: openSSL, Library: "OpenSSL (Qt Network)",
	Needs: hostsim.Needs{
		Packages: []string{"qtbase5-dev", "g++", "pkg-config"}, Programs: []string{"g++", "pkg-config"},
		Files: []string{"/usr/include/*/qt5/QtNetwork/QNetworkReply"},
	},
	Known: hostsim.Known{Family: "qt", Words: qtWords},
}, qt("Qt5"))

var qt6 = compiledClient(hostsim.Client{
	Name: "qt6", Title: "Qt 6", Stack: openSSL, Library: "OpenSSL (Qt Network)",
	Needs: hostsim.Needs{
		Packages: []string{"qt6-base-dev", "g++", "pkg-config"}, Programs: []string{"g++", "pkg-config"},
		Files: []string{"/usr/include/*/qt6/QtNetwork/QNetworkReply"},
	},
	Known: hostsim.Known{Family: "qt", Words: qtWords},
}, qt("Qt6"))

var botanClient = compiledClient(hostsim.Client{
	Name: "botan", Title: "Botan", Stack: botan, Library: "Botan",
	Needs: hostsim.Needs{
		Packages: []string{"libbotan-2-dev", "g++", "pkg-config"}, Programs: []string{"g++", "pkg-config"},
		Files: []string{"/usr/include/botan-2/botan/tls_client.h"},
	},
	Known: hostsim.Known{Family: "botan", Words: verdict.Words{}.
		Says(verdict.CauseName, `certificate does not match provided name`).
		Says(verdict.CauseExpired, `certificate has expired`).
		Says(verdict.CauseUnknown, `Certificate issuer not found`, `Cannot establish trust`).
		Says(verdict.CauseRejected, `Certificate validation failure`)},
}, compiler{
	source: "botan.cc", command: "g++ -O0 -w -o %OUT% %SOURCE% $(pkg-config --cflags --libs botan-2)",
})

// haskell is http-client with the TLS library that is written in Haskell.
var haskell = compiledClient(hostsim.Client{
	Name: "haskell", Title: "Haskell http-client-tls", Stack: haskellTLS, Library: "tls, x509-validation",
	Needs: hostsim.Needs{
		Packages: []string{"libghc-http-client-tls-dev", "ghc"}, Programs: []string{"ghc"},
		Files: []string{"/var/lib/ghc/package.conf.d/http-client-tls-*.conf"},
	},
	Known: hostsim.Known{Family: "haskell", Words: verdict.Words{}.
		Says(verdict.CauseName, `NameMismatch`).
		Says(verdict.CauseExpired, `certificate has expired`, `\[Expired`).
		Says(verdict.CauseUnknown, `certificate has unknown CA`, `UnknownCA`).
		Says(verdict.CauseRejected, `certificate rejected`)},
}, compiler{source: "http-client.hs", command: "ghc -v0 -o %OUT% %SOURCE%", byURL: true})

// ocaml is told no certificates: its library takes OpenSSL's default store.
var ocaml = byEnvironment(compiledClient(hostsim.Client{
	Name: "ocaml-cohttp", Title: "OCaml cohttp", Stack: openSSL, Library: "OpenSSL (lwt_ssl)",
	Needs: hostsim.Needs{
		Packages: []string{"libcohttp-lwt-unix-ocaml-dev", "ocaml-findlib", "gcc", "libc6-dev"}, Programs: []string{"ocamlfind"},
		Files: []string{"/usr/lib/ocaml/cohttp-lwt-unix/META"},
	},
	Known: hostsim.Known{Family: "openssl", Words: openSSLWords},
}, compiler{
	source: "cohttp_get.ml", command: "ocamlfind ocamlopt -thread -package cohttp-lwt-unix -linkpkg -o %OUT% %SOURCE%", byURL: true,
}))

// byEnvironment has a client trust by the variables of OpenSSL.
func byEnvironment(c *hostsim.Client) *hostsim.Client {
	command := c.Command
	c.Command = func(v *hostsim.Visit) hostsim.Command {
		made := command(v)
		made.Env = append(made.Env, trustByEnvironment(v)...)
		return made
	}
	return c
}

func qt(version string) compiler {
	return compiler{
		source:  "qt.cc",
		command: "g++ -O0 -fPIC -std=c++17 -o %OUT% %SOURCE% $(pkg-config --cflags --libs " + version + "Network " + version + "Core)",
		byURL:   true,
	}
}

var (
	mono = monoClient()
	rust = rustClient()
)

// rustClient is built by cargo from the crates that Debian packages, without a network.
func rustClient() *hostsim.Client {
	const manifest = `[package]
name = "get"
version = "0.0.0"
edition = "2021"
[dependencies]
rustls = "0.20"
rustls-pemfile = "1"
[[bin]]
name = "get"
path = "rustls.rs"
`
	const offline = `[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "/usr/share/cargo/registry"
`
	return compiledClient(hostsim.Client{
		Name: "rustls", Title: "rustls", Stack: rustls, Library: "rustls, webpki",
		Needs: hostsim.Needs{
			Packages: []string{"librust-rustls-dev", "librust-rustls-pemfile-dev", "cargo", "gcc", "libc6-dev"},
			Programs: []string{"cargo", "gcc"}, Files: []string{"/usr/share/cargo/registry/rustls-0.20*"},
			Paths: map[string]string{"cargo": "/usr/bin/cargo"}, // the one that Debian's crates fit
		},
		Known: hostsim.Known{Family: "rustls-older", Words: rustlsWords},
	}, compiler{
		source: "rustls.rs",
		command: `cd "$(dirname %SOURCE%)" && mkdir -p .cargo && printf '%s' '` + offline +
			`' > .cargo/config.toml && printf '%s' '` + manifest + `' > Cargo.toml &&
cargo build --offline && mv target/debug/get %OUT% && rm -rf target`,
	})
}

// monoClient trusts a store that cert-sync makes in the user's home.
func monoClient() *hostsim.Client {
	client := compiledClient(hostsim.Client{
		Name: "mono", Title: "Mono HttpWebRequest", Stack: monoTLS, Library: "Mono (Btls, from BoringSSL)",
		Needs: hostsim.Needs{
			Packages: []string{"mono-runtime", "mono-mcs", "ca-certificates-mono", "libmono-system-net-http4.0-cil"},
			Programs: []string{"mono", "mcs", "cert-sync"}, Files: []string{"/usr/lib/mono/4.5/System.dll"},
		},
		Known: hostsim.Known{Family: "mono", Words: boringSSLWords.Says(verdict.CauseRejected, `TrustFailure`)},
	}, compiler{source: "MonoGet.cs", command: "mcs -out:%OUT%.exe %SOURCE% && : > %OUT%"})
	client.Prepare = func(ctx context.Context, v *hostsim.Visit) error {
		return v.Run(ctx, nil, v.Program("cert-sync"), "--quiet", "--user", v.CAFile)
	}
	client.Command = func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{v.Program("mono"), filepath.Join(v.BuildDir, "get.exe"), v.URL()}}
	}
	return client
}

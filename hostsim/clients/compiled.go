package clients

import (
	"context"
	"embed"
	"os"
	"path/filepath"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
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

// compiledClient returns a client that is compiled from programs. header is a file that tells
// whether the library is installed; its Debian package is the first one of packages.
func compiledClient(name, title, stack, library, packages, header string, how compiler, tools ...string) *hostsim.Client {
	return &hostsim.Client{
		Name: name, Title: title, Stack: stack, Library: library, Package: packages,
		Programs: append([]string{"sh"}, tools...), Files: []string{header},
		HostsFile: true,
		Build: func(ctx context.Context, v *hostsim.Visit) error {
			for _, file := range []string{how.source, "connect.h"} {
				text, err := programs.ReadFile("programs/" + file)
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(v.BuildDir, file), text, 0o644); err != nil {
					return err
				}
			}
			command := strings.NewReplacer("%SOURCE%", filepath.Join(v.BuildDir, how.source), "%OUT%", filepath.Join(v.BuildDir, "get")).Replace(how.command)
			return v.Run(ctx, nil, v.Program("sh"), "-c", command)
		},
		Command: func(v *hostsim.Visit) hostsim.Command {
			program := filepath.Join(v.BuildDir, "get")
			if how.byURL {
				return hostsim.Command{Args: []string{program, v.URL(), v.CAFile}}
			}
			return hostsim.Command{Args: []string{program, v.Host, port(v), v.CAFile, v.Path}}
		},
	}
}

func c(source, libraries string) compiler {
	return compiler{source: source, command: "gcc -O1 -o %OUT% %SOURCE% " + libraries}
}

var (
	mbedTLSClient = compiledClient("mbedtls", "Mbed TLS", mbedTLS, "Mbed TLS", "libmbedtls-dev gcc libc6-dev",
		"/usr/include/mbedtls/ssl.h", c("mbedtls.c", "-lmbedtls -lmbedx509 -lmbedcrypto"), "gcc")
	wolfSSLClient = compiledClient("wolfssl", "wolfSSL", wolfSSL, "wolfSSL", "libwolfssl-dev gcc libc6-dev",
		"/usr/include/wolfssl/ssl.h", c("wolfssl.c", "-lwolfssl"), "gcc")
	bearSSLClient = compiledClient("bearssl", "BearSSL", bearSSL, "BearSSL", "libbearssl-dev gcc libc6-dev",
		"/usr/include/bearssl.h", c("bearssl.c", "-lbearssl"), "gcc")
	libtls = compiledClient("libtls", "libtls", openSSL, "OpenSSL (libretls)", "libtls-dev gcc libc6-dev",
		"/usr/include/tls.h", c("libtls.c", "-ltls"), "gcc")
	curlNSS = compiledClient("libcurl-nss", "libcurl with NSS", nss, "NSS (libcurl)", "libcurl3-nss nss-plugin-pem gcc libc6-dev",
		"/usr/lib/*/libcurl-nss.so.4", compiler{source: "curlnss.c", command: "gcc -O1 -o %OUT% %SOURCE% -l:libcurl-nss.so.4", byURL: true}, "gcc")
	poco = compiledClient("poco", "Poco", openSSL, "OpenSSL (Poco NetSSL)", "libpoco-dev g++",
		"/usr/include/Poco/Net/HTTPSClientSession.h",
		compiler{source: "poco.cc", command: "g++ -O0 -o %OUT% %SOURCE% -lPocoNetSSL -lPocoCrypto -lPocoNet -lPocoFoundation", byURL: true}, "g++")
	qt5 = compiledClient("qt5", "Qt 5", openSSL, "OpenSSL (Qt Network)", "qtbase5-dev g++ pkg-config",
		"/usr/include/*/qt5/QtNetwork/QNetworkReply", qt("Qt5"), "g++", "pkg-config")
	qt6 = compiledClient("qt6", "Qt 6", openSSL, "OpenSSL (Qt Network)", "qt6-base-dev g++ pkg-config",
		"/usr/include/*/qt6/QtNetwork/QNetworkReply", qt("Qt6"), "g++", "pkg-config")
	botanClient = compiledClient("botan", "Botan", botan, "Botan", "libbotan-2-dev g++ pkg-config",
		"/usr/include/botan-2/botan/tls_client.h",
		compiler{source: "botan.cc", command: "g++ -O0 -w -o %OUT% %SOURCE% $(pkg-config --cflags --libs botan-2)"}, "g++", "pkg-config")
	mono = monoClient()
	rust = rustClient()
)

func qt(version string) compiler {
	return compiler{
		source:  "qt.cc",
		command: "g++ -O0 -fPIC -std=c++17 -o %OUT% %SOURCE% $(pkg-config --cflags --libs " + version + "Network " + version + "Core)",
		byURL:   true,
	}
}

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
	client := compiledClient("rustls", "rustls", rustls, "rustls, webpki", "librust-rustls-dev librust-rustls-pemfile-dev cargo gcc libc6-dev",
		"/usr/share/cargo/registry/rustls-0.20*", compiler{
			source: "rustls.rs",
			command: `cd "$(dirname %SOURCE%)" && mkdir -p .cargo && printf '%s' '` + offline + `' > .cargo/config.toml && printf '%s' '` + manifest + `' > Cargo.toml &&
cargo build --offline && cp target/debug/get %OUT%`,
		}, "cargo", "gcc")
	client.Paths = map[string]string{"cargo": "/usr/bin/cargo"} // the one that Debian's crates fit
	return client
}

// monoClient trusts a store that cert-sync makes in the user's home.
func monoClient() *hostsim.Client {
	client := compiledClient("mono", "Mono HttpWebRequest", monoTLS, "Mono (Btls, from BoringSSL)",
		"mono-runtime mono-mcs ca-certificates-mono libmono-system-net-http4.0-cil", "/usr/lib/mono/4.5/System.dll",
		compiler{source: "MonoGet.cs", command: "mcs -out:%OUT%.exe %SOURCE% && : > %OUT%"}, "mono", "mcs", "cert-sync")
	client.Prepare = func(ctx context.Context, v *hostsim.Visit) error {
		return v.Run(ctx, nil, v.Program("cert-sync"), "--quiet", "--user", v.CAFile)
	}
	client.Command = func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{Args: []string{v.Program("mono"), filepath.Join(v.BuildDir, "get.exe"), v.URL()}}
	}
	return client
}

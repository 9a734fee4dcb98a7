package clients

import (
	"context"
	"os"
	"os/exec"
	"strings"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/internal/sandbox"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// The TLS stacks, as reports group clients by them.
const (
	openSSL      = "OpenSSL"
	gnuTLS       = "GnuTLS"
	nss          = "NSS"
	boringSSL    = "BoringSSL"
	goTLS        = "Go"
	jsse         = "JSSE"
	bouncyCastle = "Bouncy Castle"
	erlangTLS    = "Erlang"
	haskellTLS   = "Haskell tls"
	rustls       = "rustls"
	mbedTLS      = "Mbed TLS"
	wolfSSL      = "wolfSSL"
	bearSSL      = "BearSSL"
	botan        = "Botan"
	monoTLS      = "Mono"
)

// systemBundle is what Debian's programs trust, which ca-certificates brings.
const systemBundle = sandbox.SystemBundle

// trustByEnvironment are the variables by which OpenSSL's default store is replaced.
func trustByEnvironment(v *hostsim.Visit) []string {
	return []string{"SSL_CERT_FILE=" + v.CAFile, "SSL_CERT_DIR=/nonexistent"}
}

// hashedDirectory makes a directory of certificates as openssl rehash does.
func hashedDirectory(ctx context.Context, v *hostsim.Visit) error {
	dir := v.File("hashed")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i, cert := range v.Trusted() {
		name := dir + "/" + string(rune('a'+i)) + ".pem"
		if err := os.WriteFile(name, certs.EncodePEM(cert), atomicfile.Public); err != nil {
			return err
		}
	}
	return v.Run(ctx, nil, v.Program("openssl"), "rehash", dir)
}

// writeHosts writes a hosts file into the cell's home, for clients with an option that names one.
func writeHosts(v *hostsim.Visit, file string) error {
	var hosts strings.Builder
	for name, address := range v.Hosts() {
		hosts.WriteString(address + " " + name + "\n")
	}
	return os.WriteFile(v.File(file), []byte(hosts.String()), 0o644)
}

// shell returns a command that /bin/sh runs with the arguments as "$@", in the cell's home.
func shell(script string, args ...string) hostsim.Command {
	sh, err := exec.LookPath("sh")
	if err != nil {
		sh = "/bin/sh"
	}
	return hostsim.Command{Args: append([]string{sh, "-c", script, "sh"}, args...)}
}

// fill puts the URL and the file of trusted certificates into a program.
func fill(program string, v *hostsim.Visit) string {
	return strings.NewReplacer("%URL%", v.URL(), "%CA%", v.CAFile, "%HOST%", v.Host, "%AUTHORITY%", authority(v),
		"%PORT%", port(v), "%PATH%", v.Path, "%HOME%", v.Home).Replace(program)
}

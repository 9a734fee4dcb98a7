package clients

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
)

const goProgram = `package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func main() {
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, os.Args[2])
	}}
	response, err := (&http.Client{Transport: transport}).Get(os.Args[1])
	if err == nil {
		_, err = io.Copy(os.Stdout, response.Body)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
`

// goPaths: where Go's own archive was unpacked, that is the machine's Go. Debian's is there, too, when packages with Go's
// sources are, which bring it.
var goPaths = map[string]string{"go": "/usr/local/go/bin/go"}

// golang is a small program, built once a run with the machine's Go.
var golang = &hostsim.Client{
	Name: "go", Title: "Go net/http", Stack: goTLS, Library: "crypto/tls",
	Needs: hostsim.Needs{
		Packages: []string{"golang-go"}, Programs: []string{"go"}, Version: []string{"version"}, Paths: goPaths,
	},
	Isolation: hostsim.Isolation{ToldAddress: true},
	Known:     hostsim.Known{Family: "go", Words: goWords},
	Build:     goBuild(goProgram),
	Command: func(v *hostsim.Visit) hostsim.Command {
		return hostsim.Command{
			Args: []string{filepath.Join(v.BuildDir, "get"), v.URL(), address(v)},
			Env:  []string{"SSL_CERT_FILE=" + v.CAFile, "SSL_CERT_DIR=/nonexistent"},
		}
	},
}

// goBuild compiles a program of one file without modules: what it imports besides the standard library lies in the
// folders of a GOPATH.
func goBuild(program string, path ...string) func(context.Context, *hostsim.Visit) error {
	return func(ctx context.Context, v *hostsim.Visit) error {
		source := filepath.Join(v.BuildDir, "main.go")
		if err := os.WriteFile(source, []byte(program), 0o644); err != nil {
			return err
		}
		env := []string{"GO111MODULE=off", "GOTOOLCHAIN=local", "CGO_ENABLED=0", "GOFLAGS=", "GOPATH=" + strings.Join(path, ":")}
		// Without the user's build cache the standard library is compiled anew.
		if cache, err := os.UserCacheDir(); err == nil {
			env = append(env, "GOCACHE="+filepath.Join(cache, "go-build"))
		}
		return v.Run(ctx, env, v.Program("go"), "build", "-o", filepath.Join(v.BuildDir, "get"), source)
	}
}

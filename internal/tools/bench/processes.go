package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/leafcam/leafcam/internal/rounds"
)

// processes runs leafcam and openssl by turns on the same files.
type processes struct {
	dir     string
	leafcam string
	openssl bool
}

// runsARound is how often each command runs in a round, whose figure is the median: 40 times in ten rounds.
const runsARound = 4

// A processCase is one thing that both commands do. The folders are those of prepare.
type processCase struct {
	name    string
	check   bool // a whole check
	leafcam []string
	openssl []string
}

var processCases = []processCase{
	checkCase("check of certbot's folder, P-256", "p256"),
	checkCase("check of certbot's folder, RSA-2048", "rsa"),
	{
		"check of PKCS#12", true, []string{"check", "--password-file", "password", "camera/server.p12"},
		[]string{"pkcs12", "-in", "camera/server.p12", "-passin", "file:password", "-noout"},
	},
	{"version", false, []string{"--version"}, []string{"version"}},
	{"help", false, []string{"help"}, []string{"help"}},
}

func checkCase(name, folder string) processCase {
	verify := []string{"verify", "-CAfile", folder + ".pki/root.pem", "-untrusted", folder + "/chain.pem", folder + "/cert.pem"}
	return processCase{name, true, []string{"check", folder}, verify}
}

func (p *processes) prepare(ctx context.Context, dir string) error {
	p.dir, p.leafcam = dir, filepath.Join(dir, "leafcam")
	if runtime.GOOS == "windows" {
		p.leafcam += ".exe"
	}
	_, err := opensslVersion(ctx)
	p.openssl = err == nil
	if err := build(ctx, "build", "-o", p.leafcam, "./cmd/leafcam"); err != nil {
		return err
	}
	for folder, missing := range map[string]string{"rsa": "2", "p256": "1"} {
		if err := p.folder(ctx, folder, missing); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "password"), []byte("correct horse\n"), 0o600); err != nil {
		return err
	}
	return p.leafcamDoes(ctx, "convert", "p256", "--format", "pkcs12", "--pkcs12-password-file", "password", "--out", "camera")
}

// folder makes what certbot leaves behind, with so many intermediates.
func (p *processes) folder(ctx context.Context, name, missing string) error {
	pki := name + ".pki"
	if err := p.leafcamDoes(ctx, "pki", "cam.example.com", "--missing", missing, "--aia", "http://aia.example.com", "--out", pki); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(p.dir, name), 0o755); err != nil {
		return err
	}
	for _, file := range []string{"chain.pem", "fullchain.pem", "privkey.pem"} {
		if err := os.Rename(filepath.Join(p.dir, pki, file), filepath.Join(p.dir, name, file)); err != nil {
			return err
		}
	}
	der, err := os.ReadFile(filepath.Join(p.dir, pki, "server.der"))
	if err != nil {
		return err
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return os.WriteFile(filepath.Join(p.dir, name, "cert.pem"), cert, 0o644)
}

func (p *processes) leafcamDoes(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, p.leafcam, args...)
	cmd.Dir = p.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("leafcam %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

func (p *processes) measure(ctx context.Context, n int, out io.Writer) error {
	for range n {
		for _, c := range processCases {
			if err := p.compare(ctx, c, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare runs both commands by turns.
func (p *processes) compare(ctx context.Context, c processCase, out io.Writer) error {
	sides := []processSide{{"leafcam", p.leafcam, c.leafcam, nil}}
	if p.openssl {
		sides = append(sides, processSide{"openssl", "openssl", c.openssl, nil})
	}
	for range runsARound {
		for i := range sides {
			if err := sides[i].run(ctx, p.dir); err != nil {
				return err
			}
		}
	}
	for _, s := range sides {
		name := strings.ReplaceAll(c.name, " ", "_")
		fmt.Fprintf(out, "BenchmarkCommand/what=%s/by=%s %d %.0f ns/op\n", name, s.name, runsARound, rounds.Median(s.took))
	}
	return nil
}

// A processSide is one of both commands.
type processSide struct {
	name, program string
	args          []string
	took          []float64 // nanoseconds, of each run
}

// run runs the command once. What both say of the certificates is none of the measurement.
func (s *processSide) run(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, s.program, s.args...)
	var messages bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, io.Discard, &messages
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", s.name, strings.Join(s.args, " "), err, messages.Bytes())
	}
	s.took = append(s.took, float64(time.Since(began)))
	return nil
}

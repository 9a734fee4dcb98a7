package clients

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/fullchain"
	"github.com/leafcam/leafcam/internal/atomicfile"
)

// A javaProgram is one of ours. Half of what such a program takes is that its virtual machine reads classes; an archive of
// those that a first visit has read spares that (JEP 350, class-data sharing). The archive knows the class path as it was
// written: names in the folder that the program runs in.
type javaProgram struct{ class, source, classpath string }

const (
	javaJar     = "get.jar"
	javaArchive = "get.jsa"
)

// build compiles the program, packs it and has it visit a server of ours, for the archive.
func (p javaProgram) build(ctx context.Context, v *hostsim.Visit) error {
	file := filepath.Join(v.BuildDir, p.class+".java")
	if err := os.WriteFile(file, []byte(p.source), 0o644); err != nil {
		return err
	}
	compile := []string{v.Program("javac"), "-proc:none", "-cp", p.classpath, "-d", v.BuildDir, file}
	return v.Once([]string{p.archiving(v)}, compile, func(v *hostsim.Visit) error {
		if err := v.Run(ctx, nil, compile...); err != nil {
			return err
		}
		if err := packClasses(v.BuildDir); err != nil {
			return err
		}
		return p.archive(ctx, v)
	})
}

// packClasses packs the classes in a folder: those that lie in one are in no archive.
func packClasses(dir string) error {
	classes, err := filepath.Glob(filepath.Join(dir, "*.class"))
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	jar := zip.NewWriter(&packed)
	for _, class := range classes {
		data, err := os.ReadFile(class)
		if err != nil {
			return err
		}
		w, err := jar.Create(filepath.Base(class))
		if err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
	}
	if err := jar.Close(); err != nil {
		return err
	}
	return atomicfile.Replace(filepath.Join(dir, javaJar), packed.Bytes(), atomicfile.Public)
}

// archive lets the program visit a server that sends the whole chain. A virtual machine that writes no archive, because it is
// older or another one, runs without.
func (p javaProgram) archive(ctx context.Context, v *hostsim.Visit) error {
	pki, err := certs.NewPKI(certs.PKIOptions{})
	if err != nil {
		return err
	}
	leaf, err := pki.Issue(certs.LeafOptions{DNS: []string{hostsim.DefaultHost}})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	sent := append([]*x509.Certificate{leaf.Certificate}, pki.Chain()...)
	server := fullchain.Start(l, fullchain.Config{TLS: fullchain.TLS(leaf.Key, sent), Page: "leafcam"})
	defer server.Close()
	visit := *v
	visit.Host, visit.Port, visit.Path = hostsim.DefaultHost, server.Addr().(*net.TCPAddr).Port, "/"
	visit.Roots = []*x509.Certificate{pki.Root.Certificate}
	visit.Home = filepath.Join(v.BuildDir, ".visit")
	if err := os.MkdirAll(visit.Home, 0o755); err != nil {
		return err
	}
	if err := javaTrustStore(ctx, &visit); err != nil {
		return err
	}
	command := p.command(&visit, p.archiving(v))
	if err := visit.Run(ctx, command.Env, command.Args...); err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return nil
}

// archiving is the option by which the archive is written.
func (javaProgram) archiving(v *hostsim.Visit) string {
	return "-XX:ArchiveClassesAtExit=" + filepath.Join(v.BuildDir, javaArchive)
}

// command runs the program. -Xlog:disable keeps back what a virtual machine says of an archive that it does not take: it runs
// without.
func (p javaProgram) command(v *hostsim.Visit, options ...string) hostsim.Command {
	args := []string{v.Program("java"), "-Xlog:disable", "-Xshare:auto", "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"}
	if archive := filepath.Join(v.BuildDir, javaArchive); exists(archive) {
		args = append(args, "-XX:SharedArchiveFile="+archive)
	}
	args = append(args, options...)
	return hostsim.Command{Args: append(args,
		"-Djdk.net.hosts.file="+v.File("hosts-java"),
		"-Djavax.net.ssl.trustStore="+v.File("trust.p12"), "-Djavax.net.ssl.trustStoreType=PKCS12",
		"-Djavax.net.ssl.trustStorePassword="+trustStorePassword,
		"-cp", p.classpath, p.class, v.URL())}
}

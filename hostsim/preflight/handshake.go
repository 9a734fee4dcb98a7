package preflight

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"
)

// trialTime bounds a handshake in memory, which takes milliseconds.
const trialTime = 10 * time.Second

// trial lets a client connect to the emulated camera in memory, and returns what both ended
// with. The client takes any certificate: it is there to check the signature with the
// certificate's key, and that the camera finds a suite.
func (c *checker) trial(ctx context.Context) (exception, clientError error) {
	server, client := net.Pipe()
	defer client.Close()
	defer context.AfterFunc(ctx, func() { _, _ = server.Close(), client.Close() })()
	deadline := time.Now().Add(trialTime)
	_ = server.SetDeadline(deadline) // a pipe takes deadlines
	_ = client.SetDeadline(deadline)
	raised := make(chan error, 1)
	go func() {
		_, err := c.camera.WrapSocket(server)
		_ = server.Close() // as the camera's script does
		raised <- err
	}()
	clientError = tls.Client(client, &tls.Config{
		InsecureSkipVerify: true, // whom to trust is not the question: VerifyConnection says so
		VerifyConnection:   func(tls.ConnectionState) error { return nil },
		MaxVersion:         tls.VersionTLS12,
		CipherSuites:       everySuite(), // older firmwares have static RSA alone for RSA certificates
	}).Handshake()
	_ = client.Close()
	return <-raised, clientError
}

// handshake finds out whether any handshake succeeds with the pair. It asks nothing where that
// is known, and where Go's client cannot tell.
func (c *checker) handshake(ctx context.Context) {
	if !c.report.Loads || c.subject.Key == nil || c.report.Finding(CodeKeyMismatch) != nil || c.report.Finding(CodeMessageTooLong) != nil ||
		c.report.Finding(CodeKeyUsage) != nil || c.report.Finding(CodeExtKeyUsage) != nil ||
		c.report.Finding(CodeOddCurve) != nil || c.report.Finding(CodeGoCannotParse) != nil {
		return
	}
	exception, clientError := c.trial(ctx)
	if exception == nil && clientError == nil || ctx.Err() != nil {
		return
	}
	var invalid x509.CertificateInvalidError
	if errors.As(clientError, &invalid) || exception == nil {
		return // the client's own opinion of the certificate
	}
	c.add(CodePairUnusable, c.subject.CertFile, "", Symptom{camera, exception.Error()},
		Symptom{"a client written in Go", fmt.Sprint(clientError)})
}

package main

import (
	"crypto/x509"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/leafcam/leafcam/device"
)

// describeChain says what the camera presents.
func describeChain(chain [][]byte) string {
	var names []string
	for _, der := range chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			names = append(names, "a certificate that Go cannot parse")
			continue
		}
		names = append(names, fmt.Sprintf("%s (until %s)", subjectOf(c), c.NotAfter.UTC().Format(time.DateOnly)))
	}
	return fmt.Sprintf("%d certificate(s): %s", len(names), strings.Join(names, ", "))
}

func subjectOf(c *x509.Certificate) string {
	switch {
	case len(c.DNSNames) > 0:
		return c.DNSNames[0]
	case c.Subject.CommonName != "":
		return c.Subject.CommonName
	}
	return c.Subject.String()
}

// describeEvent says in one line what happened on a connection.
func describeEvent(e device.Event) string {
	var parts []string
	for _, r := range e.Requests {
		parts = append(parts, printable(r.Line))
		if r.UserAgent != "" {
			parts = append(parts, printable(r.UserAgent))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, outcomeWithoutRequest(e))
	}
	if e.ClientHello != nil && e.ClientHello.ServerName != "" {
		parts = append(parts, "SNI "+printable(e.ClientHello.ServerName))
	}
	if e.Chosen != nil && e.Complete {
		parts = append(parts, strings.TrimPrefix(e.Chosen.SuiteName, "TLS-"))
	}
	if e.Exception != nil {
		parts = append(parts, fmt.Sprintf("%s (in %s)", strings.TrimSpace(e.Exception.Error()), e.Phase))
	}
	parts = append(parts, time.Duration(e.Duration).Round(time.Millisecond).String())
	return strings.Join(parts, "  ")
}

func outcomeWithoutRequest(e device.Event) string {
	switch received, sent := e.AlertReceived(), e.AlertSent(); {
	case received != nil && received.Name != "close_notify":
		return "the client left with alert " + received.String()
	case sent != nil:
		return "the camera refused with alert " + sent.String()
	case e.ClientHello == nil:
		return "no ClientHello"
	case !e.Complete:
		return "the client left in the handshake without an alert"
	}
	return "handshake complete, but no request"
}

// maxPrinted is how much of what a client sent is printed, octets.
const maxPrinted = 100

// printable makes what a client sent fit for a terminal.
func printable(s string) string {
	if len(s) > maxPrinted {
		s = s[:maxPrinted] + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

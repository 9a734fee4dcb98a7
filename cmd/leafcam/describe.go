package main

import (
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"github.com/leafcam/leafcam/device/trace"
	"github.com/leafcam/leafcam/hostsim/verdict"
	"github.com/leafcam/leafcam/internal/certname"
	"github.com/leafcam/leafcam/internal/printable"
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
		names = append(names, fmt.Sprintf("%s (until %s)", certname.Title(c), c.NotAfter.UTC().Format(time.DateOnly)))
	}
	return fmt.Sprintf("%d certificate(s): %s", len(names), strings.Join(names, ", "))
}

// describeEvent says in one line what came of a connection, and what it rests on.
func describeEvent(e trace.Event, s verdict.Sighting) string {
	parts := []string{s.Sentence}
	for _, r := range e.Requests {
		if r.UserAgent != "" {
			parts = append(parts, printable.Text(r.UserAgent, maxPrinted))
			break
		}
	}
	if e.ClientHello != nil && e.ClientHello.ServerName != "" {
		parts = append(parts, "SNI "+printable.Text(e.ClientHello.ServerName, maxPrinted))
	}
	if e.Chosen != nil && e.Complete {
		parts = append(parts, strings.TrimPrefix(e.Chosen.SuiteName, "TLS-"))
	}
	if e.Exception != nil {
		parts = append(parts, fmt.Sprintf("%s (in %s)", printable.Line(strings.Join(strings.Fields(e.Exception.Error()), " ")), e.Phase))
	}
	parts = append(parts, time.Duration(e.Duration).Round(time.Millisecond).String())
	return strings.Join(parts, "  ")
}

// maxPrinted is how much of what a client sent is printed, octets.
const maxPrinted = 100

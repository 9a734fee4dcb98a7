package record

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/leafcam/leafcam/device/wire"
)

// Visits lets clients visit a subject that has loaded a pair and trusts the head's CAs, and returns the visits with its
// answers. Of the visits only what the client does is read.
func Visits(
	ctx context.Context, s Subject, pair wire.Head, head wire.ClientHead, ask []wire.ClientVisit, progress Progress,
) ([]wire.ClientVisit, error) {
	host, err := newHost(ctx, s, pair, head)
	if err != nil {
		return nil, err
	}
	list := make([]wire.ClientVisit, 0, len(ask))
	for i, v := range ask {
		if v, err = host.receive(ctx, v); err != nil {
			return list, fmt.Errorf("%s: %w", v.Name, err)
		}
		list = append(list, v)
		progress.tell(i+1, len(ask))
	}
	return list, nil
}

// A host is a subject that clients visit.
type host struct {
	subject Subject
	setup   Setup
	suite   uint16
	keys    map[string]crypto.Signer
}

func newHost(ctx context.Context, s Subject, pair wire.Head, head wire.ClientHead) (*host, error) {
	h := &host{subject: s, setup: Setup{Cert: pair.Cert, Key: pair.Key}, keys: map[string]crypto.Signer{}}
	for _, ca := range head.CAs {
		h.setup.CAs = append(h.setup.CAs, ca)
	}
	for name, der := range head.Keys {
		key, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			return nil, fmt.Errorf("the client's key %s: %w", name, err)
		}
		h.keys[name] = key.(crypto.Signer)
	}
	if err := h.load(ctx, 0); err != nil {
		return nil, err
	}
	suite, err := suiteOf(ctx, s, "c02b")
	if err != nil {
		return nil, err
	}
	id, err := strconv.ParseUint(suite, 16, 16)
	h.suite = uint16(id)
	return h, err
}

// load lets the subject ask for certificates, or not.
func (h *host) load(ctx context.Context, verify int) error {
	h.setup.Verify = verify
	report, err := h.subject.Load(ctx, h.setup)
	if err == nil && report.Result != "OK" {
		err = errors.New("the server does not load its files: " + report.Line)
	}
	return err
}

// receive returns a visit with the subject's answer.
func (h *host) receive(ctx context.Context, v wire.ClientVisit) (wire.ClientVisit, error) {
	if h.setup.Verify != v.Verify {
		if err := h.load(ctx, v.Verify); err != nil {
			return v, err
		}
	}
	var failed error
	report, err := h.subject.Connect(ctx, 0, func(conn wire.Conn) { v.Alert, failed = Visit(conn, h.suite, v, h.keys[v.Key]) })
	v.Line = report.Line
	return v, errors.Join(err, failed)
}

// visitTime is how long a server may take for each record of its answer.
const visitTime = 10 * time.Second

// Visit shows a visit's certificates to a server that asks for them, signs with the key unless it is nil, asks for a page,
// and returns the last alert that came before the server's end.
func Visit(conn wire.Conn, suite uint16, v wire.ClientVisit, key crypto.Signer) (alert *[2]int, err error) {
	client, err := wire.NewClient(conn, suite)
	if err != nil {
		return nil, err
	}
	client.Certificates, client.Key = [][]byte{}, key
	for _, der := range v.Chain {
		client.Certificates = append(client.Certificates, der)
	}
	if err := client.Start(); err != nil {
		return nil, err
	}
	client.Send(client.KeyExchange(), client.Sealed(wire.Handshake, wire.VersionTLS12, client.Finished()), client.Data(get))
	for {
		typ, content, err := client.Read(visitTime)
		if wire.IsTimeout(err) {
			return alert, err
		}
		if err != nil {
			return alert, nil
		}
		if typ == wire.Alert && len(content) == 2 {
			alert = &[2]int{int(content[0]), int(content[1])}
		}
	}
}

// DifferVisits lets clients visit two subjects, as [Visits] does, and returns the visits that end differently, shrunk.
func DifferVisits(
	ctx context.Context, first, second Subject, pair wire.Head, head wire.ClientHead, ask []wire.ClientVisit, progress Progress,
) ([]Difference, error) {
	one, err := newHost(ctx, first, pair, head)
	if err != nil {
		return nil, err
	}
	other, err := newHost(ctx, second, pair, head)
	if err != nil {
		return nil, err
	}
	return differing(ctx, ask, func(ctx context.Context, v wire.ClientVisit) (*Difference, error) {
		a, err := one.receive(ctx, v)
		if err != nil {
			return nil, err
		}
		b, err := other.receive(ctx, v)
		if err != nil {
			return nil, err
		}
		return answers(fmt.Sprintf("%s (verify %d, key %q)", v.Name, v.Verify, v.Key), v.Chain, answerOf(a), answerOf(b)), nil
	}, simplerVisits, progress)
}

// answerOf returns how a visit ended.
func answerOf(v wire.ClientVisit) Answer {
	does := "no alert"
	if v.Alert != nil {
		does = fmt.Sprintf("alert %d,%d", v.Alert[0], v.Alert[1])
	}
	return Answer{Does: does, Phase: "wrap", Raises: v.Line}
}

// answers returns nil for two that are the same.
func answers(name string, sent []wire.Octets, first, second Answer) *Difference {
	if first == second {
		return nil
	}
	words := fmt.Sprintf("expected %s, %q\n  got      %s, %q", first.Does, first.Raises, second.Does, second.Raises)
	return &Difference{Name: name, Sent: sent, First: first, Second: second, Words: []string{words}}
}

// simplerVisits returns visits with a certificate less.
func simplerVisits(v wire.ClientVisit) (list []wire.ClientVisit) {
	for i := range v.Chain {
		less := v
		less.Chain = slices.Delete(slices.Clone(v.Chain), i, i+1)
		list = append(list, less)
	}
	return list
}

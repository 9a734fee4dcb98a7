package gateway

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/internal/certname"
	"github.com/leafcam/leafcam/internal/inputfile"
)

// sayAgain is how often a problem with the files is logged that stays.
const sayAgain = time.Hour

// certificate is what viewers are served with; it follows its files.
type certificate struct {
	chainFile, keyFile string
	log                *slog.Logger
	current            atomic.Pointer[tls.Certificate]
	failures           atomic.Int64 // looks that found something to take and could not take it
	looked             atomic.Int64 // when the last look ended, Unix nanoseconds

	mu      sync.Mutex // held during a look
	seen    contents   // of what is served
	parsed  parsedPair // of what is not served, so that it is parsed once
	problem problem    // of the last look; zero when there was none
	said    problem    // what was logged last
	saidAt  time.Time
}

// contents tells whether one of the two files holds something else than before. A file's time does
// not: some file systems count it in steps that two writes fit into.
type contents [2][sha256.Size]byte

// A problem is why a look did not take what is in the files: they could not be read, or their
// contents are not to be served.
type problem struct {
	unread   [2]bool
	contents contents
}

// parsedPair is what contents were understood as.
type parsedPair struct {
	of   contents
	pair *tls.Certificate
	err  error
}

func loadCertificate(chainFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{chainFile: chainFile, keyFile: keyFile, log: log}
	files, err := c.read()
	if err != nil {
		return nil, err
	}
	loaded, err := parsePair(chainFile, keyFile, files)
	if err != nil {
		return nil, err
	}
	c.seen = sumsOf(files)
	c.take(loaded)
	c.looked.Store(time.Now().UnixNano())
	return c, nil
}

func (c *certificate) take(loaded *tls.Certificate) {
	before := c.current.Swap(loaded)
	until := loaded.Leaf.NotAfter.UTC().Format(time.RFC3339)
	c.log.Info("certificate", "for", certname.Title(loaded.Leaf), "until", until, "certificates", len(loaded.Certificate))
	if alone(loaded) {
		c.log.Warn("the chain file holds the leaf alone: clients will refuse it as they refuse the camera", "file", c.chainFile)
	}
	if !inDate(loaded) {
		c.log.Warn("the certificate is not valid at this time: clients will refuse it",
			"from", loaded.Leaf.NotBefore.UTC().Format(time.RFC3339), "until", until)
	}
	if before != nil && loaded.Leaf.NotAfter.Before(before.Leaf.NotAfter) {
		c.log.Warn("the certificate ends earlier than the one before it", "until", until,
			"before", before.Leaf.NotAfter.UTC().Format(time.RFC3339))
	}
}

// alone tells whether issuers are missing that clients ask for.
func alone(c *tls.Certificate) bool { return len(c.Certificate) == 1 && !certs.SelfSigned(c.Leaf) }

// inDate tells whether clients whose clock is right take the leaf's dates.
func inDate(c *tls.Certificate) bool {
	now := time.Now()
	return !now.Before(c.Leaf.NotBefore) && !now.After(c.Leaf.NotAfter)
}

// LoadPair reads a certificate, with its issuers where the file holds them, and its private key in
// PEM or DER. It fails when they do not belong together.
func LoadPair(chainFile, keyFile string) (*tls.Certificate, error) {
	files, err := (&certificate{chainFile: chainFile, keyFile: keyFile}).read()
	if err != nil {
		return nil, err
	}
	return parsePair(chainFile, keyFile, files)
}

// read returns what both files hold. What could not be read is nil, and in the error.
func (c *certificate) read() (files [2][]byte, err error) {
	var chainErr, keyErr error
	files[0], chainErr = inputfile.Read(c.chainFile, inputfile.Small)
	files[1], keyErr = inputfile.Read(c.keyFile, inputfile.Small)
	return files, errors.Join(chainErr, keyErr)
}

func sumsOf(files [2][]byte) (sums contents) {
	for i, data := range files {
		sums[i] = sha256.Sum256(data)
	}
	return sums
}

func parsePair(chainFile, keyFile string, files [2][]byte) (*tls.Certificate, error) {
	list, err := certs.ParseCertificates(files[0])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", chainFile, err)
	}
	key, err := delivery.ParsePrivateKey(files[1])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", keyFile, err)
	}
	leaf, err := delivery.NewCertificate(list[0].Raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", chainFile, err)
	}
	if !key.Fits(leaf) {
		return nil, fmt.Errorf("%s is not the private key of the first certificate in %s, \"%s\"", keyFile, chainFile, certname.Title(list[0]))
	}
	pair := &tls.Certificate{PrivateKey: key.Signer, Leaf: list[0]}
	for _, c := range inOrder(list) {
		pair.Certificate = append(pair.Certificate, c.Raw)
	}
	return pair, nil
}

// inOrder returns what is to be sent: the leaf and its issuers, without a root.
func inOrder(list []*x509.Certificate) []*x509.Certificate {
	chain, _ := certs.BuildChain(list[0], list[1:])
	return append(list[:1:1], chain...)
}

// watch looks at the files until the context ends.
func (c *certificate) watch(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = c.look(false) // it was logged
		}
	}
}

// look takes what is in the files, if that is new and can be served; otherwise what is served stays,
// and the next look tries again. A problem is logged once, then at intervals; at once when somebody
// asked for the look.
func (c *certificate) look(asked bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() { c.looked.Store(time.Now().UnixNano()) }()
	files, err := c.read()
	found := problem{unread: [2]bool{files[0] == nil, files[1] == nil}, contents: sumsOf(files)}
	if err == nil && found.contents == c.seen {
		if c.problem != (problem{}) {
			c.log.Info("the files hold what is served")
		}
		c.problem = problem{}
		return nil
	}
	var pair *tls.Certificate
	if err == nil {
		pair, err = c.understand(files, found)
	}
	if err != nil {
		c.failures.Add(1)
		c.say(found, err, asked)
		c.problem = found
		return err
	}
	c.seen, c.problem, c.said, c.parsed = found.contents, problem{}, problem{}, parsedPair{}
	c.take(pair)
	return nil
}

// What keeps a whole pair from being served.
var (
	errOutOfDate = errors.New("it is not valid at this time, and the one that is served is")
	errMaybeHalf = errors.New("it has no issuers, and the one that is served has: the file may not be whole yet")
)

// understand parses what the files hold, and decides whether it can be served in the place of what
// is. Dates are asked again at every look.
func (c *certificate) understand(files [2][]byte, found problem) (*tls.Certificate, error) {
	sums := found.contents
	if c.parsed.of != sums {
		pair, err := parsePair(c.chainFile, c.keyFile, files)
		c.parsed = parsedPair{sums, pair, err}
	}
	pair, err := c.parsed.pair, c.parsed.err
	if err != nil {
		return nil, err
	}
	served := c.current.Load()
	switch {
	case !inDate(pair) && inDate(served):
		return nil, fmt.Errorf("%w (%s until %s)", errOutOfDate,
			pair.Leaf.NotBefore.UTC().Format(time.RFC3339), pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
	case alone(pair) && !alone(served) && c.problem != found:
		return nil, errMaybeHalf // for one look
	}
	return pair, nil
}

// say logs a problem, unless it was a moment ago.
func (c *certificate) say(found problem, err error, asked bool) {
	if !asked && found == c.said && time.Since(c.saidAt) < sayAgain {
		return
	}
	c.said, c.saidAt = found, time.Now()
	c.log.Warn("the new certificate is not taken, the old one is served", "error", err.Error())
}

package asclient

import (
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// A span is the time for which a server is accepted: from a first second to a last one. The zero span is no time.
type span struct{ from, until time.Time }

func (s span) never() bool { return s.until.IsZero() }

// spanFrom returns the first span that ends after a time, in which the camera accepts the chain with these anchors, renewals
// of the server's own certificate included. The answer changes on the dates of certificates alone: the camera is asked on
// each of them. Where too much work was done, there is no span.
func (j judge) spanFrom(at time.Time, chain [][]byte, anchors ...[]byte) (s span) {
	accepts := func(t time.Time) bool {
		*j.work -= 8 * len(chain)
		return j.askRenewed(t, chain, anchors...) == nil
	}
	at = at.Truncate(time.Second)
	if accepts(at) {
		s.from = at
	}
	for _, change := range changes(chain, anchors) {
		if !change.After(at) {
			continue
		}
		if j.spent() {
			return span{}
		}
		accepted := accepts(change)
		switch {
		case s.from.IsZero() && accepted:
			s.from = change
		case !s.from.IsZero() && !accepted:
			s.until = change.Add(-time.Second)
			return s
		}
	}
	if !s.from.IsZero() {
		s.until = endOfTime
	}
	return s
}

// endOfTime is the last second that a certificate can name (RFC 5280 section 4.1.2.5).
var endOfTime = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// changes are the seconds in which a certificate becomes valid, or is not valid any more, in their order.
func changes(lists ...[][]byte) (list []time.Time) {
	for _, ders := range lists {
		for _, der := range ders {
			if from, until, ok := validity(der); ok {
				list = append(list, from, until.Add(time.Second))
			}
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return slices.CompactFunc(list, time.Time.Equal)
}

// validity reads the dates of a certificate, also of one that crypto/x509 does not parse (RFC 5280 section 4.1).
func validity(der []byte) (from, until time.Time, ok bool) {
	input := cryptobyte.String(der)
	var certificate, tbs, dates, number cryptobyte.String
	var tag casn1.Tag
	if !input.ReadASN1(&certificate, casn1.SEQUENCE) || !certificate.ReadASN1(&tbs, casn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(casn1.Tag(0).ContextSpecific().Constructed()) || !tbs.ReadAnyASN1(&number, &tag) {
		return from, until, false
	}
	for range 2 { // signature, issuer
		if !tbs.SkipASN1(casn1.SEQUENCE) {
			return from, until, false
		}
	}
	ok = tbs.ReadASN1(&dates, casn1.SEQUENCE) && readTime(&dates, &from) && readTime(&dates, &until)
	return from, until, ok
}

func readTime(dates *cryptobyte.String, t *time.Time) bool {
	if dates.PeekASN1Tag(casn1.UTCTime) {
		return dates.ReadASN1UTCTime(t)
	}
	return dates.ReadASN1GeneralizedTime(t)
}

package gateway

import (
	"crypto/tls"
	"sync/atomic"
	"time"
)

// offerAgain is how long a camera counts as one that speaks TLS 1.2.
const offerAgain = time.Minute

// An offer is how the camera is greeted. To offer TLS 1.3 is to send key shares with the greeting, a post-quantum one
// among them: making them takes longer than the key exchange of TLS 1.2 itself, and they take more than a kibioctet,
// which a small camera has to read. A camera that answered with TLS 1.2 is not offered more for a while.
type offer struct {
	whole, short *tls.Config
	until        atomic.Int64 // the short one holds, in Unix nanoseconds
}

func newOffer(whole *tls.Config) *offer {
	short := whole.Clone()
	short.MaxVersion = tls.VersionTLS12
	return &offer{whole: whole, short: short}
}

// next is what to offer now.
func (o *offer) next() *tls.Config {
	if time.Now().UnixNano() < o.until.Load() {
		return o.short
	}
	return o.whole
}

// learn takes note of how the camera answered an offer. One that was short says nothing of what the camera would
// choose; after one that failed, everything is offered again.
func (o *offer) learn(made *tls.Config, version uint16, err error) {
	switch {
	case err != nil:
		o.until.Store(0)
	case made == o.whole && version == tls.VersionTLS12:
		o.until.Store(time.Now().Add(offerAgain).UnixNano())
	}
}

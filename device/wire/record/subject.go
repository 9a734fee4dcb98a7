package record

import (
	"context"
	"time"

	"github.com/leafcam/leafcam/device/wire"
)

// A Setup is what a subject loads before it serves.
type Setup struct {
	Cert, Key []byte   // the files that load_cert_chain gets; nil for one that is not there
	Verify    int      // verify_mode: 0, 1 or 2
	CAs       [][]byte // each given to load_verify_locations
	Lazy      bool     // do_handshake_on_connect=False
}

// A Subject is a camera's server that does as it is told.
type Subject interface {
	// Load loads certificate and key. What load_cert_chain raises is in the report; the error says that the
	// subject could not be asked.
	Load(ctx context.Context, s Setup) (wire.Device, error)
	// Connect serves one connection, on which talk is the client, and returns what the server reported.
	// body is the octets of the response, 0 for the documented one.
	Connect(ctx context.Context, body int, talk func(wire.Conn)) (wire.Device, error)
	// Patience is how long nothing has to come before the server counts as waiting.
	Patience() time.Duration
}

package compare

import (
	"io"

	"github.com/leafcam/leafcam/device/wire"
)

// recordFormat is the version of the vector format (device/wire/VECTORS.md).
const recordFormat = 1

// Record writes the exchanges in the vector format, which [wire.ReadVectors] reads and
// [wire.Replay] repeats. The server's key is not in it, and what the server reported is
// not known.
func (r *Report) Record(w io.Writer) error {
	head := wire.Head{Format: recordFormat, Profile: r.BehavesLike, ServerCert: r.twin.kind}
	if r.twin.stranger == "" {
		head.Cert = r.twin.chain[0]
	}
	return wire.WriteVectors(w, head, r.vectors)
}

package fullchain

import (
	"bytes"
	"io"
	"net"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// readFrom is a connection that reads from elsewhere.
type readFrom struct {
	net.Conn
	from io.Reader
}

func (r readFrom) Read(p []byte) (int, error) { return r.from.Read(p) }

func TestRecordReader(t *testing.T) {
	empty := []byte{23, 3, 3, 0, 0}
	flight := bytes.Join([][]byte{helloRecord2, empty, ccsRecord2}, nil)
	headersAndContents := []string{string(helloRecord2[:5]), "hell", string(empty), string(ccsRecord2[:5]), string(ccsRecord2[5:])}
	for name, tc := range map[string]struct {
		from io.Reader
		want []string
	}{
		"a flight at once":               {bytes.NewReader(flight), headersAndContents},
		"the end comes with the last":    {iotest.DataErrReader(bytes.NewReader(flight)), headersAndContents},
		"a record that is cut off":       {bytes.NewReader(helloRecord2[:7]), []string{string(helloRecord2[:5]), "he"}},
		"a header that is cut off":       {bytes.NewReader(helloRecord2[:3]), []string{string(helloRecord2[:3])}},
		"what is no TLS, past its start": {bytes.NewReader([]byte("GET / HTTP/1.1\r\n\r\n")), []string{"GET /", " HTTP/1.1\r\n\r\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recordReader{Conn: readFrom{from: tc.from}}
			var pieces []string
			for {
				p := make([]byte, 1024)
				n, err := r.Read(p)
				if n > 0 {
					pieces = append(pieces, string(p[:n]))
				}
				if err != nil {
					require.ErrorIs(t, err, io.EOF)
					break
				}
			}
			require.Equal(t, tc.want, pieces)
		})
	}
}

// FuzzRecordReader: whatever comes, in whatever pieces, arrives as it was.
func FuzzRecordReader(f *testing.F) {
	f.Add(helloRecord2)
	f.Add([]byte{22, 3, 1, 255, 255, 0})
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, from := range []io.Reader{
			bytes.NewReader(data), iotest.OneByteReader(bytes.NewReader(data)), iotest.HalfReader(bytes.NewReader(data)),
		} {
			got, err := io.ReadAll(&recordReader{Conn: readFrom{from: from}})
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("%x became %x, %v", data, got, err)
			}
		}
	})
}

var (
	helloRecord2 = append([]byte{22, 3, 1, 0, 4}, "hell"...)
	ccsRecord2   = []byte{20, 3, 3, 0, 1, 1}
)

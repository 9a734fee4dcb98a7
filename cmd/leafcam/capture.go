package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/pflag"

	"github.com/leafcam/leafcam/certs"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/capture"
	"github.com/leafcam/leafcam/hostsim/stage"
	"github.com/leafcam/leafcam/internal/atomicfile"
	"github.com/leafcam/leafcam/internal/inputfile"
	"github.com/leafcam/leafcam/internal/lossy"
)

// captureOptions are the flags of what makes connections readable for others.
type captureOptions struct {
	pcap   string
	keyLog bool
	force  bool
}

func (o *captureOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.pcap, "pcap", "", "write connections and their secrets to `FILE` as pcapng, for Wireshark")
	f.BoolVar(&o.keyLog, "keylog", false, "append the connections' secrets to the file that SSLKEYLOGFILE names")
	f.BoolVar(&o.force, "force", false, "let --pcap and --keylog also record what a key that is not of a test PKI protects")
}

// tap is what the options ask for.
type tap struct {
	writer *capture.Writer
	keyLog *lossy.Writer
	files  []*os.File
}

// keyLogRoom is what is kept of a key log for a slow disk, in octets.
const keyLogRoom = 1 << 20

// keyLogGap is a comment of a key log.
func keyLogGap(left int) []byte {
	return fmt.Appendf(nil, "# %d secrets are left out: the disk did not keep up\n", left)
}

// open makes the files. The error says what is wrong with them, or with the key.
func (o captureOptions) open(context *device.SSLContext) (*tap, error) {
	t := &tap{}
	if o.pcap == "" && !o.keyLog {
		return t, nil
	}
	if chain := context.Chain(); !o.force && (len(chain) == 0 || !certs.FromTestPKI(chain[0])) {
		return nil, usage(errors.New("the certificate is not of a test PKI: " +
			"anyone who gets the file can read what its key protects; give --force if you want that"))
	}
	if o.keyLog {
		path := os.Getenv("SSLKEYLOGFILE")
		if path == "" {
			return nil, usage(errors.New("--keylog needs the environment variable SSLKEYLOGFILE to name a file"))
		}
		f, err := inputfile.Append(path, atomicfile.Private)
		if err != nil {
			return nil, environment(fmt.Errorf("SSLKEYLOGFILE: %w", err))
		}
		t.keyLog, t.files = lossy.New(f, keyLogRoom, keyLogGap), append(t.files, f)
	}
	if o.pcap != "" {
		f, err := os.OpenFile(o.pcap, os.O_CREATE|os.O_EXCL|os.O_WRONLY, atomicfile.Private)
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("--pcap %s: %w; name another one", o.pcap, atomicfile.ErrExists)
		}
		if err != nil {
			_ = t.close() // the error that follows is the first one
			return nil, environment(err)
		}
		t.files = append(t.files, f)
		if t.writer, err = capture.NewWriter(f); err != nil {
			_ = t.close() // the error that follows is the first one
			return nil, environment(fmt.Errorf("--pcap %s: %w", o.pcap, err))
		}
	}
	return t, nil
}

// attach lets the camera, and the servers in its place, fill the files.
func (t *tap) attach(config *device.CameraConfig, modes []stage.Mode) {
	if t.writer != nil {
		config.Tap = t.writer.Conn
	}
	if len(t.files) > 0 {
		config.OnSecret = t.secret
		for _, m := range modes {
			if m.TLS != nil {
				m.TLS.KeyLogWriter = t
			}
		}
	}
}

// Write takes a line of crypto/tls's key log.
func (t *tap) Write(line []byte) (int, error) {
	var clientRandom, masterSecret []byte
	if n, _ := fmt.Sscanf(string(line), "CLIENT_RANDOM %x %x", &clientRandom, &masterSecret); n == 2 {
		t.secret(clientRandom, masterSecret)
	}
	return len(line), nil
}

func (t *tap) secret(clientRandom, masterSecret []byte) {
	if t.writer != nil {
		t.writer.Secret(clientRandom, masterSecret)
	}
	if t.keyLog != nil {
		_, _ = io.WriteString(t.keyLog, capture.KeyLogLine(clientRandom, masterSecret)) // close returns what went wrong
	}
}

// close ends the files and returns the first error that a write to them had.
func (t *tap) close() error {
	var err error
	if t.keyLog != nil {
		if err = t.keyLog.Close(flushTime); err == nil && !t.keyLog.Drained() {
			err = fmt.Errorf("SSLKEYLOGFILE: %w", capture.ErrIncomplete)
		}
	}
	if t.writer != nil {
		err = errors.Join(err, t.writer.Close(flushTime))
	}
	for _, f := range t.files {
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return environment(fmt.Errorf("the capture is not complete: %w", err))
	}
	return nil
}

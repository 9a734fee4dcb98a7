package record

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/leafcam/leafcam/device/wire"
)

// Progress is told how many entries of how many are done. Nil is told nothing.
type Progress func(done, total int)

func (p Progress) tell(done, total int) {
	if p != nil {
		p(done, total)
	}
}

// Vectors puts exchanges to a subject that has loaded this certificate and key, and returns them with its answers.
// Of the exchanges only what the client does is read.
func Vectors(ctx context.Context, s Subject, head wire.Head, ask []wire.Vector, progress Progress) ([]wire.Vector, error) {
	key, err := loadHead(ctx, s, head)
	if err != nil {
		return nil, err
	}
	list := make([]wire.Vector, 0, len(ask))
	for i, v := range ask {
		if v, err = exchanged(ctx, s, key, v); err == nil {
			err = key.Verify(v.Received, v.Sent)
		}
		if err != nil {
			return list, fmt.Errorf("%s: %w", v.Name, err)
		}
		v.ServerCert = head.ServerCert
		list = append(list, v)
		progress.tell(i+1, len(ask))
	}
	return list, nil
}

// Loadable returns a recording's head with the key in a form that the subject loads: as it is, or else in SEC1 (EC) or
// PKCS#1 (RSA), which older firmwares ask for.
func Loadable(ctx context.Context, s Subject, head wire.Head) (wire.Head, error) {
	if _, err := loadHead(ctx, s, head); err == nil {
		return head, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(head.Key)
	if err != nil {
		return head, err
	}
	var form string
	if head.Key, form, err = wire.MarshalKey(key); err != nil {
		return head, err
	}
	head.KeyFile = strings.Replace(head.KeyFile, "pkcs8", form, 1)
	_, err = loadHead(ctx, s, head)
	return head, err
}

// loadHead loads a recording's certificate and key.
func loadHead(ctx context.Context, s Subject, head wire.Head) (key wire.LoadedKey, err error) {
	if key, err = wire.ParseKey(head.Key); err != nil {
		return key, err
	}
	report, err := s.Load(ctx, Setup{Cert: head.Cert, Key: head.Key})
	if err == nil && report.Result != "OK" {
		err = fmt.Errorf("the server does not load %s: %s", head.CertFile, report.Line)
	}
	return key, err
}

// exchanged returns an exchange with a subject's answer.
func exchanged(ctx context.Context, s Subject, key wire.LoadedKey, v wire.Vector) (wire.Vector, error) {
	pause, plain := v.Gap()
	return answered(ctx, s, v, wire.ReplayOptions{Pause: pause, Plain: plain, Silence: s.Patience(), Varies: key.Varies()})
}

// answered replays an exchange.
func answered(ctx context.Context, s Subject, v wire.Vector, o wire.ReplayOptions) (wire.Vector, error) {
	report, err := s.Connect(ctx, 0, func(conn wire.Conn) { v.Exchange = wire.Replay(conn, v.Sent, o) })
	if err != nil {
		return v, err
	}
	v.Device, v.DeviceException, v.Alert = report, report.Line, nil
	if a := v.Received.Alert; a != nil {
		v.Alert = &[2]int{int(a.Level), int(a.Description)}
	}
	return v, nil
}

// Loads gives pairs of files to a subject, and asks those that load for their answers to two ClientHellos. Of the
// cases only the files are read; nil stands for one that is not there.
func Loads(ctx context.Context, s Subject, head wire.LoaderHead, ask []wire.LoaderCase, progress Progress) ([]wire.LoaderCase, error) {
	list := make([]wire.LoaderCase, 0, len(ask))
	for i, c := range ask {
		if err := loaded(ctx, s, head, &c); err != nil {
			return list, fmt.Errorf("%s: %w", c.Title, err)
		}
		list = append(list, c)
		progress.tell(i+1, len(ask))
	}
	return list, nil
}

// signatureTime is how many times longer than for others one waits for a flight of a key of any size: RSA with 8,192
// bits takes a second on a computer.
const signatureTime = 10

// loaded fills in what a subject does with a pair of files.
func loaded(ctx context.Context, s Subject, head wire.LoaderHead, c *wire.LoaderCase) error {
	report, err := s.Load(ctx, Setup{Cert: c.Cert, Key: c.Key})
	if err != nil {
		return err
	}
	c.HelloAll, c.HelloRSAKXOnly = nil, nil
	c.Load.OK, c.Load.Type, c.Load.Args, c.Load.Line = report.Result == "OK", report.Type, report.Args, report.Line
	if !c.Load.OK {
		return nil
	}
	key, err := wire.ParseKey(c.Key)
	if err != nil {
		return fmt.Errorf("a key that the server loads: %w", err)
	}
	for _, hello := range []struct {
		sent   wire.Octets
		answer **wire.LoaderAnswer
	}{{head.HelloAll, &c.HelloAll}, {head.HelloRSAKXOnly, &c.HelloRSAKXOnly}} {
		o := wire.ReplayOptions{Silence: signatureTime * s.Patience(), Cut: true, Varies: key.Varies()}
		v, err := answered(ctx, s, wire.Vector{Sent: []wire.Octets{hello.sent}}, o)
		if err != nil {
			return err
		}
		if err := key.Verify(v.Received, v.Sent); err != nil {
			return err
		}
		*hello.answer = &wire.LoaderAnswer{Exchange: v.Exchange, Device: v.Device}
	}
	return nil
}

// Scenarios takes the steps of scenarios, and returns what the client saw. pairs are the server's certificates and
// keys by the suites of the scenarios. For a suite that the subject does not have, another one stands in.
func Scenarios(
	ctx context.Context, s Subject, pairs map[string]wire.Head, ask []wire.Recorded, progress Progress,
) ([]wire.Recorded, error) {
	standIn := map[string]string{}
	list := make([]wire.Recorded, 0, len(ask))
	for i, recorded := range ask {
		if _, err := loadHead(ctx, s, pairs[recorded.Suite]); err != nil {
			return list, err
		}
		if _, known := standIn[recorded.Suite]; !known {
			suite, err := suiteOf(ctx, s, recorded.Suite)
			if err != nil {
				return list, err
			}
			standIn[recorded.Suite] = suite
		}
		recorded.Suite = standIn[recorded.Suite]
		taken, err := scenario(ctx, s, recorded)
		if err != nil {
			return list, fmt.Errorf("scenario %s: %w", recorded.Name, err)
		}
		list = append(list, taken)
		progress.tell(i+1, len(ask))
	}
	return list, nil
}

// oldSuites are what firmwares have in the place of suites that came with MicroPython 1.24: CBC in the place of GCM, and
// static RSA in that of ECDHE.
var oldSuites = map[string]string{"c02b": "c009", "c013": "002f"}

// suiteOf returns a suite, or what stands in for it where the loaded server refuses it.
func suiteOf(ctx context.Context, s Subject, suite string) (string, error) {
	id, err := strconv.ParseUint(suite, 16, 16)
	if err != nil {
		return "", err
	}
	_, err = s.Connect(ctx, 0, func(conn wire.Conn) {
		if client, failed := wire.NewClient(conn, uint16(id)); failed == nil && client.Start() != nil && oldSuites[suite] != "" {
			suite = oldSuites[suite]
		}
	})
	return suite, err
}

func scenario(ctx context.Context, s Subject, recorded wire.Recorded) (wire.Recorded, error) {
	take, err := StepOf(recorded.Name)
	if err != nil {
		return recorded, err
	}
	suite, err := strconv.ParseUint(recorded.Suite, 16, 16)
	if err != nil {
		return recorded, err
	}
	watched := len(recorded.Events) > 0
	recorded.Events = []wire.ScenarioEvent{}
	var failed error
	report, err := s.Connect(ctx, recorded.Options.Response, func(conn wire.Conn) {
		var client *wire.Client
		if client, failed = wire.NewClient(conn, uint16(suite)); failed != nil {
			return
		}
		client.Offer = recorded.Options.Offer
		if client.Start() != nil {
			recorded.Refused = true
			return
		}
		taken := &Scenario{Conn: conn, Client: client}
		take(taken)
		if failed = taken.Err; failed == nil && watched {
			recorded.Events = taken.Seen()
		}
	})
	recorded.Device = Line(report)
	return recorded, errors.Join(err, failed)
}

// Line writes a report in the form of recorded scenarios.
func Line(d wire.Device) string {
	if d.Result == "OK" {
		return fmt.Sprintf("1\tOK\t%s\t%s", d.Cipher, d.Request)
	}
	return fmt.Sprintf("1\tEXC\t%s\t%s\t%s\t%s", d.Phase, d.Type, d.Args, d.Line)
}

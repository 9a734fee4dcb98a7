package calls

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"time"
)

// Kinds are the kinds of generated calls.
func Kinds() (names []string) {
	for name := range kinds {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// kinds make one call each.
var kinds = map[string]func(*dice) Call{
	"chain":       (*dice).chain,
	"name":        (*dice).name,
	"hello":       (*dice).hello,
	"certificate": (*dice).certificate,
	"exchange":    (*dice).exchange,
	"request":     (*dice).request,
	"order":       (*dice).order,
	"record":      (*dice).record,
	"finish":      (*dice).finish,
	"data":        (*dice).data,
}

// Generate makes count calls of these kinds, all of them in turn when none is named, from a seed.
func Generate(seed uint64, count int, names ...string) ([]Call, error) {
	if len(names) == 0 {
		names = Kinds()
	}
	for _, name := range names {
		if kinds[name] == nil {
			return nil, fmt.Errorf("no kind of calls %q; there are %s", name, strings.Join(Kinds(), ", "))
		}
	}
	list := make([]Call, 0, count)
	for i := range count {
		kind := names[i%len(names)]
		d := &dice{rand.New(rand.NewPCG(seed, uint64(i)))}
		c := kinds[kind](d)
		c.Kind, c.Name = kind, fmt.Sprintf("%s %d-%d", kind, seed, i)
		list = append(list, c)
	}
	return list, nil
}

// anyTime serves to ask for the names of pairs alone.
var anyTime time.Time

// dice make choices.
type dice struct{ *rand.Rand }

// one returns an element of a list.
func one[T any](d *dice, list ...T) T { return list[d.IntN(len(list))] }

// often is true in four of five.
func (d *dice) often() bool { return d.IntN(5) > 0 }

func (d *dice) octets(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(d.Uint32())
	}
	return b
}

// pick returns one of some octets, in hexadecimal digits with spaces between them; "-" stands for none.
func (d *dice) pick(list string) []byte {
	digits := one(d, strings.Fields(list)...)
	octets, err := hex.DecodeString(strings.TrimPrefix(digits, "-"))
	if err != nil {
		panic(err) // it is written below
	}
	return octets
}

// flip returns some bits to be flipped.
func (d *dice) flip() uint8 { return uint8(1 + d.IntN(255)) }

var (
	ecSuites  = []uint16{0xc02c, 0xc024, 0xc00a, 0xc02b, 0xc023, 0xc009}
	rsaSuites = []uint16{0xc030, 0xc028, 0xc014, 0xc02f, 0xc027, 0xc013}
	oldSuites = []uint16{0x009d, 0x003d, 0x0035, 0x009c, 0x003c, 0x002f}
)

// flight is what a sound server does.
func flight() []Step {
	return []Step{
		{Do: AwaitHello},
		{Do: ServerHello},
		{Do: Certificate},
		{Do: KeyExchange},
		{Do: HelloDone},
		{Do: AwaitFinished},
		{Do: ChangeCipher},
		{Do: Finished},
		{Do: AwaitData},
		{Do: Record, Type: 23, Body: []byte("HTTP/1.0 200 OK\r\n\r\nhello\n")},
		{Do: Record, Type: 21, Body: []byte{1, 0}},
	}
}

// Places of steps in a flight.
const (
	atHello       = 1
	atCertificate = 2
	atExchange    = 3
	atDone        = 4
	atCipher      = 6
	atFinished    = 7
	atData        = 9
)

func hostname(name string) *string { return &name }

// sound returns a call that succeeds, with some suite or other.
func (d *dice) sound() Call {
	c := Call{
		Camera: Camera{Verify: 2, Hostname: hostname(ServerName), CAs: []string{"root"}},
		Server: Behaviour{
			Suite: one(d, ecSuites...), Group: one[uint16](d, 23, 23, 24, 25), Algorithm: one[uint16](d, 0x403, 0x503, 0x603),
			Chain: []string{"leaf", "middle"}, Steps: flight(),
		},
	}
	switch d.IntN(4) {
	case 0:
		c.Camera.CAs, c.Server.Chain = []string{"root-rsa"}, []string{"leaf-rsa", "middle-rsa"}
		c.Server.Suite, c.Server.Algorithm = one(d, rsaSuites...), one[uint16](d, 0x401, 0x501, 0x601)
	case 1:
		c.Camera.CAs, c.Server.Chain = []string{"root-rsa"}, []string{"leaf-rsa", "middle-rsa"}
		c.Server.Suite = one(d, oldSuites...)
	}
	c.Camera.Lazy = d.IntN(4) == 0
	return c
}

// chain varies what is shown and what is trusted.
func (d *dice) chain() Call {
	c := d.sound()
	c.Camera.Verify = one(d, 2, 2, 2, 2, 1, 0)
	leaves := []string{}
	for _, m := range moulds(anyTime) {
		if strings.HasPrefix(m.name, "leaf") || m.name == "deep-leaf" {
			leaves = append(leaves, m.name)
		}
	}
	leaf := one(d, leaves...)
	path, root := pathOf(leaf)
	if d.often() {
		c.Server.Chain = append([]string{leaf}, path...)
	} else {
		c.Server.Chain = []string{leaf}
	}
	c.Camera.CAs = []string{root}
	for range d.IntN(3) {
		d.disturb(&c, leaf)
	}
	c.Server.Suite, c.Server.Algorithm = d.suiteFor(c.Server.Chain)
	return c
}

// disturb changes one thing of a chain or of what is trusted.
func (d *dice) disturb(c *Call, leaf string) {
	middles := []string{
		"middle", "middle-cross", "middle-expired", "middle-future", "middle-no-ca", "middle-no-sign", "middle-short", "middle-sha1",
		"middle-rsa", "lower", "lower-p384",
	}
	roots := []string{
		"root", "root-rsa", "root-p384", "root-p521", "root-rsa1024", "root-p224", "root-expired", "root-future", "root-other-key",
		"root-upper", "deep-root",
	}
	switch d.IntN(9) {
	case 0:
		c.Camera.CAs = append(c.Camera.CAs, one(d, roots...))
	case 1:
		c.Camera.CAs = append([]string{one(d, roots...)}, c.Camera.CAs...)
	case 2:
		c.Camera.CAs = []string{one(d, middles...)}
	case 3:
		c.Camera.CAs = append(c.Camera.CAs, leaf)
	case 4:
		c.Camera.CAs = nil
	case 5:
		c.Server.Chain = append(c.Server.Chain, one(d, slices.Concat(middles, roots)...))
	case 6:
		c.Server.Chain = slices.Insert(c.Server.Chain, min(1, len(c.Server.Chain)), one(d, middles...))
	case 7:
		if len(c.Server.Chain) > 1 {
			slices.Reverse(c.Server.Chain[1:])
		}
	case 8:
		if i := slices.Index(c.Server.Chain, "middle"); i >= 0 {
			c.Server.Chain[i] = one(d, middles[1:8]...)
		}
	}
}

// pathOf returns the intermediates of a leaf, from its issuer on, and its root.
func pathOf(leaf string) (path []string, root string) {
	issuers := map[string]string{}
	for _, m := range moulds(anyTime) {
		issuers[m.name] = m.issuer
	}
	for name := leaf; ; name = issuers[name] {
		if issuers[name] == "" {
			return path, name
		}
		if name != leaf {
			path = append(path, name)
		}
	}
}

// suiteFor returns a suite and an algorithm for a chain's key, and now and then others.
func (d *dice) suiteFor(chain []string) (suite, algorithm uint16) {
	algorithm = one[uint16](d, 4, 5, 6) << 8
	if len(chain) > 0 && isRSA(chain[0]) {
		suite, algorithm = one(d, slices.Concat(rsaSuites, oldSuites)...), algorithm|1
	} else {
		suite, algorithm = one(d, ecSuites...), algorithm|3
	}
	if d.IntN(12) == 0 {
		suite = one(d, slices.Concat(ecSuites, rsaSuites, oldSuites)...)
	}
	return suite, algorithm
}

func isRSA(name string) bool {
	all := map[string]string{}
	for _, m := range moulds(anyTime) {
		all[m.name] = m.key
	}
	key := all[name]
	for strings.HasPrefix(key, "=") {
		key = all[key[1:]]
	}
	return strings.HasPrefix(key, "rsa")
}

// name varies server_hostname and the names in the certificate.
func (d *dice) name() Call {
	c := d.sound()
	leaves := []string{"leaf"}
	for _, m := range moulds(anyTime) {
		if strings.HasPrefix(m.name, "named") {
			leaves = append(leaves, m.name)
		}
	}
	c.Camera.CAs, c.Camera.Verify = []string{"root"}, one(d, 2, 2, 2, 1, 0)
	c.Server.Chain = []string{one(d, leaves...), "middle"}
	c.Server.Suite, c.Server.Algorithm = d.suiteFor(c.Server.Chain)
	names := []string{
		ServerName, ServerName, ServerName, "other.example", "SERVER.EXAMPLE", "deep.server.example", "example", "server.example.", "*.example",
		"192.0.2.1", "192.0.2.01", "192.0.2.2", "2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:db8::2", "::ffff:192.0.2.1",
		"https://server.example",
		"urn:camera", "", ".example", "a.example", strings.Repeat("a", 251) + ".example", strings.Repeat("b", 255), "s\u00e9rver.example",
		"x\x00y",
	}
	if d.IntN(12) == 0 {
		c.Camera.Hostname = nil
		return c
	}
	c.Camera.Hostname = hostname(one(d, names...))
	return c
}

// hello varies the ServerHello.
func (d *dice) hello() Call {
	c := d.sound()
	step := &c.Server.Steps[atHello]
	const random, idLen, suite, compression, extensions = 6, 38, 71, 73, 74
	extension := func(typ uint16, body []byte) []byte {
		return append([]byte{byte(typ >> 8), byte(typ), byte(len(body) >> 8), byte(len(body))}, body...)
	}
	block := func(list ...[]byte) []Edit {
		all := slices.Concat(list...)
		return []Edit{{At: extensions, Cut: 99, Insert: append([]byte{byte(len(all) >> 8), byte(len(all))}, all...)}}
	}
	sound := extension(0xff01, []byte{0})
	switch d.IntN(14) {
	case 0:
		step.Edits = []Edit{{At: 4, Cut: 2, Insert: d.pick("0302 0301 0304 0300 0200 0403 fefd")}}
	case 1:
		step.Edits = []Edit{{At: suite, Cut: 2, Insert: one(d,
			d.pick("0000 1301 0033 c02f 00ff cca9 008c 008d 00a8 00a9 00ae 00af 002f"), d.octets(2))}}
	case 2:
		step.Edits = []Edit{{At: compression, Cut: 1, Insert: d.pick("01 40 ff")}}
	case 3:
		n := one(d, 0, 1, 16, 31, 33, 64, 255)
		step.Edits = []Edit{{At: idLen, Cut: 33, Insert: append([]byte{byte(n)}, d.octets(n)...)}}
	case 4:
		step.Edits = []Edit{{At: extensions, Cut: 99}} // no block at all
	case 5:
		step.Edits = []Edit{{At: extensions, Cut: 99, Insert: d.pick("00 0000 0001 000100 0003000000 000400000000 000500000001 000400000001")}}
	case 6:
		step.Edits = block(extension(0xff01, d.pick("- 01 0000 0c0102")))
	case 7:
		step.Edits = block(sound, extension(11, d.pick("- 00 01 0100 0101 0102 020201 03010002 03000102 020709 0200")))
	case 8:
		typ := one[uint16](d, 0, 1, 5, 10, 13, 15, 16, 18, 21, 22, 23, 35, 43, 51, 0x3374, 0xfafa, uint16(d.Uint32()))
		step.Edits = block(sound, extension(typ, d.octets(one(d, 0, 0, 1, 2, 5, 40))))
	case 9:
		step.Edits = block(sound, sound, extension(11, []byte{1, 0}), sound)
	case 10:
		step.Edits = block(sound, []byte{0, 11, 0, 2, 1, 0}, d.octets(1+d.IntN(3)))
	case 11:
		step.Edits = []Edit{{At: -1 - d.IntN(80), Cut: 99}}
	case 12:
		step.Edits = []Edit{{At: 200, Insert: d.octets(1 + d.IntN(5))}}
	case 13:
		step.Edits = []Edit{{At: one(d, 0, 1, 3, random, idLen, suite, compression, extensions, d.IntN(85)), Flip: d.flip()}}
		step.Length = true
	}
	return c
}

// certificate varies the Certificate message, and what is in it.
func (d *dice) certificate() Call {
	c := d.sound()
	c.Camera.Verify = one(d, 2, 2, 1, 0)
	step := &c.Server.Steps[atCertificate]
	switch d.IntN(10) {
	case 0:
		*step = Step{Do: Message, Body: []byte{11, 0, 0, 3, 0, 0, 0}}
	case 1:
		n := d.IntN(6)
		*step = Step{Do: Message, Body: append([]byte{11, 0, 0, byte(n)}, d.octets(n)...)}
	case 2:
		step.Edits = []Edit{{At: 4 + d.IntN(3), Cut: 1, Insert: d.octets(1)}} // length of the list
	case 3:
		step.Edits = []Edit{{At: 7 + d.IntN(3), Cut: 1, Insert: d.octets(1)}} // length of the leaf
	case 4:
		step.Edits = []Edit{{At: -1 - d.IntN(40), Cut: 99}}
	case 5:
		step.Edits = []Edit{{At: 99999, Insert: d.octets(1 + d.IntN(4))}}
	case 6:
		n := one(d, 0, 1, 100, 127, 128, 200)
		body := append([]byte{11, 0, 0, byte(n + 6), 0, 0, byte(n + 3), 0, 0, byte(n)}, d.octets(n)...)
		*step = Step{Do: Message, Body: body}
	default: // an octet of the leaf, in its first part
		step.Edits = []Edit{{At: 10 + d.IntN(one(d, 30, 120, 400)), Cut: 1, Insert: d.octets(1)}}
	}
	return c
}

// exchange varies the ServerKeyExchange.
func (d *dice) exchange() Call {
	c := d.sound()
	for c.Server.Suite < 0xc000 {
		c = d.sound()
	}
	step := &c.Server.Steps[atExchange]
	kind := c.Server.Algorithm & 0xff
	switch d.IntN(12) {
	case 0:
		c.Server.Algorithm = uint16(d.IntN(8))<<8 | kind
	case 1:
		c.Server.Algorithm = uint16(d.IntN(8))<<8 | one[uint16](d, 0, 1, 2, 3, 4)
	case 2:
		c.Server.Algorithm = one[uint16](d, 0x0804, 0x0805, 0x0806, 0x0807, 0x0401, 0x0403, uint16(d.Uint32()))
	case 3:
		step.Params = []Edit{{At: 1, Cut: 2, Insert: d.pick("001d 0012 0013 0015 0016 001a 0100 0000 0017 0018 0019")}}
	case 4:
		step.Params = []Edit{{Cut: 1, Insert: d.pick("00 01 02 04")}}
	case 5:
		step.Params = []Edit{{At: 3, Cut: 1, Insert: d.pick("00 01 40 42 ff")}}
	case 6:
		step.Params = []Edit{{At: 4, Cut: 1, Insert: d.pick("00 02 03 05 06 07")}}
	case 7:
		step.Params = []Edit{{At: 5 + d.IntN(60), Flip: d.flip()}} // off the curve
	case 8: // a point in compressed form, on the curve or not, or at infinity
		sizes := map[uint16]int{23: 32, 24: 48, 25: 66}
		n := sizes[c.Server.Group]
		step.Params = []Edit{{At: 3, Cut: 999, Insert: one(d,
			append([]byte{byte(n + 1), byte(2 + d.IntN(2))}, d.octets(n)...), []byte{1, 0}, []byte{0})}}
	case 9:
		step.Edits = []Edit{{At: -1 - d.IntN(24), Flip: d.flip()}} // the signature
	case 10:
		step.Edits = []Edit{{At: -1 - d.IntN(130), Cut: 999}}
	case 11:
		step.Edits = []Edit{{At: 9999, Insert: d.octets(1 + d.IntN(3))}}
	}
	return c
}

// request asks for the camera's certificate.
func (d *dice) request() Call {
	c := d.sound()
	c.Camera.Own = one(d, "", "leaf", "leaf-rsa", "leaf-p384", "leaf-p521", "leaf-rsa1024", "leaf-p224", "leaf-client")
	step := Step{Do: Request}
	body := func(types, algorithms, names []byte) []byte {
		b := append([]byte{byte(len(types))}, types...)
		b = append(append(b, byte(len(algorithms)>>8), byte(len(algorithms))), algorithms...)
		b = append(append(b, byte(len(names)>>8), byte(len(names))), names...)
		return append([]byte{13, 0, byte(len(b) >> 8), byte(len(b))}, b...)
	}
	switch d.IntN(8) {
	case 0:
		step.Do, step.Body = Message, body(nil, []byte{4, 3}, nil)
	case 1:
		step.Do, step.Body = Message, body([]byte{1}, nil, nil)
	case 2:
		step.Do, step.Body = Message, body([]byte{1, 64}, []byte{4}, []byte{0, 9, 0x30})
	case 3:
		step.Do, step.Body = Message, body([]byte{1, 64}, []byte{8, 4, 2, 1}, d.octets(300))
	case 4:
		step.Edits = []Edit{{At: 4 + d.IntN(9), Cut: 1, Insert: d.octets(1)}}
	case 5:
		step.Edits = []Edit{{At: -1 - d.IntN(10), Cut: 99}}
	case 6:
		step.Edits = []Edit{{At: 99, Insert: d.octets(1 + d.IntN(3))}}
	}
	c.Server.Steps = slices.Insert(c.Server.Steps, atDone, step)
	return c
}

// strangers are messages that do not belong into a handshake, or not where they come.
func (d *dice) stranger() Step {
	return one(d,
		Step{Do: Message, Body: []byte{0, 0, 0, 0}},                            // HelloRequest
		Step{Do: Message, Body: []byte{0, 0, 0, 1, 0}},                         // a longer one
		Step{Do: Message, Body: []byte{22, 0, 0, 4, 1, 0, 0, 0}},               // CertificateStatus
		Step{Do: Message, Body: []byte{4, 0, 0, 8, 0, 0, 1, 0, 0, 2, 1, 2}},    // NewSessionTicket
		Step{Do: Message, Body: []byte{3, 0, 0, 3, 254, 253, 0}},               // HelloVerifyRequest
		Step{Do: Message, Body: append([]byte{99, 0, 0, 5}, d.octets(5)...)},   // unknown
		Step{Do: Message, Body: append([]byte{20, 0, 0, 12}, d.octets(12)...)}, // a Finished
		Step{Do: ServerHello}, Step{Do: Certificate}, Step{Do: KeyExchange}, Step{Do: HelloDone}, Step{Do: Request},
		Step{Do: Record, Type: 20, Body: []byte{1}},
		Step{Do: Record, Type: 21, Body: []byte{1, byte(d.IntN(120))}},
		Step{Do: Record, Type: 21, Body: []byte{2, byte(d.IntN(120))}},
		Step{Do: Record, Type: 21, Body: []byte{1, 0}},
		Step{Do: Record, Type: 23, Body: []byte("early")},
	)
}

// order leaves messages out, repeats and exchanges them, and puts others between them.
func (d *dice) order() Call {
	c := d.sound()
	steps := c.Server.Steps
	at := one(d, 1, 2, 3, 4, 6, 7)
	switch d.IntN(5) {
	case 0:
		c.Server.Steps = slices.Delete(steps, at, at+1)
	case 1:
		c.Server.Steps = slices.Insert(steps, at, steps[at])
	case 2:
		other := one(d, 1, 2, 3, 4)
		steps[at], steps[other] = steps[other], steps[at]
	default:
		c.Server.Steps = slices.Insert(steps, at, d.stranger())
	}
	return c
}

// record varies how messages lie in records.
func (d *dice) record() Call {
	c := d.sound()
	steps := c.Server.Steps
	at := one(d, atHello, atCertificate, atExchange, atDone, atFinished)
	step := &steps[at]
	switch d.IntN(10) {
	case 0:
		step.Split = []int{1 + d.IntN(60)}
	case 1:
		step.Split = []int{1 + d.IntN(4), 1 + d.IntN(4), 1 + d.IntN(50)}
	case 2:
		for i := atHello; i < atDone; i++ {
			steps[i].Held = true // the flight in one record
		}
	case 3:
		at = one(d, atHello, atCertificate, atExchange)
		steps[at].Held = true
	case 4:
		step.Version = one[uint16](d, 0x0301, 0x0302, 0x0300, 0x0304, 0x0000, 0x0400, 0xffff)
	case 5:
		empty := Step{Do: Record, Type: one[uint8](d, 20, 21, 22, 23)}
		c.Server.Steps = slices.Insert(steps, at, empty)
	case 6:
		junk := one(d,
			[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), []byte("SSH-2.0-OpenSSH_9.6\r\n"), []byte{0x80, 0x2e, 1}, d.octets(20), d.octets(3),
			[]byte{22, 3, 3, 0x41, 1}, []byte{22, 3, 3, 0x40, 1}, []byte{22, 3, 3, 0x50, 0})
		c.Server.Steps = append(slices.Clone(steps[:at]), Step{Do: Raw, Body: junk})
	case 7:
		c.Server.Steps = steps[:at+d.IntN(2)]
	case 8:
		c.Server.Steps = slices.Insert(steps, at, Step{Do: Record, Type: one[uint8](d, 0, 19, 24, 99), Body: d.octets(4)})
	case 9:
		c.Server.Steps = slices.Insert(steps, at, Step{Do: Record, Type: 21, Body: d.octets(one(d, 1, 2, 3, 4))})
	}
	return c
}

// finish varies ChangeCipherSpec and Finished.
func (d *dice) finish() Call {
	c := d.sound()
	steps := c.Server.Steps
	switch d.IntN(9) {
	case 0:
		steps[atCipher].Body = d.pick("00 0101 02 -")
	case 1:
		steps[atFinished].Edits = []Edit{{At: 4 + d.IntN(12), Flip: d.flip()}}
	case 2:
		steps[atFinished].Edits = []Edit{{At: -1 - d.IntN(12), Cut: 99}}
	case 3:
		steps[atFinished].Edits = []Edit{{At: 99, Insert: d.octets(1 + d.IntN(3))}}
	case 4:
		steps[atFinished].Plain = true
	case 5:
		steps[atFinished].Spoil = true
	case 6:
		steps[atFinished].Edits = []Edit{{Cut: 1, Insert: d.pick("00 01 04 0e")}}
	case 7:
		c.Server.Steps = slices.Insert(steps, atFinished, d.stranger())
	case 8:
		c.Server.Steps = slices.Insert(steps, atCipher, d.stranger())
	}
	return c
}

// data varies what comes after the handshake.
func (d *dice) data() Call {
	c := d.sound()
	steps := c.Server.Steps
	page := Step{Do: Record, Type: 23, Body: []byte("answer")}
	empty := Step{Do: Record, Type: 23}
	var extra []Step
	switch d.IntN(12) {
	case 0:
		extra = []Step{{Do: Message, Body: []byte{0, 0, 0, 0}}}
	case 1:
		extra = []Step{{Do: Message, Body: d.pick("0000000107 01000000 04000006000000000000 63000000")}}
	case 2:
		extra = []Step{{Do: Record, Type: 21, Body: d.pick("0100 015a 0164 0129 0300 0000")}}
	case 3:
		extra = []Step{{Do: Record, Type: 21, Body: []byte{2, byte(d.IntN(120))}}}
	case 4:
		for range 1 + d.IntN(5) {
			extra = append(extra, empty)
		}
	case 5:
		extra = []Step{{Do: Record, Type: one[uint8](d, 20, 22, 21), Body: d.octets(d.IntN(6))}}
	case 6:
		bad := page
		bad.Spoil = true
		extra = []Step{bad}
	case 7:
		bad := page
		bad.Plain = true
		extra = []Step{bad}
	case 8:
		bad := page
		bad.Version = one[uint16](d, 0x0301, 0x0302, 0x0304, 0x0300)
		extra = []Step{bad}
	case 9:
		extra = []Step{{Do: Raw, Body: one(d, []byte{23, 3, 3, 0, 0}, []byte{23, 3, 3, 0x50, 1}, []byte{23, 3, 3}, d.octets(12))}}
	case 10:
		extra = []Step{{Do: Record, Type: 23, Body: d.octets(one(d, 1, 255, 4096, 4097))}, page}
	case 11:
		c.Server.Steps = steps[:atData] // neither answer nor close_notify
		return c
	}
	c.Server.Steps = slices.Insert(steps, atData, extra...)
	return c
}

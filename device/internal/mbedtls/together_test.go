package mbedtls

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

const testTogether = 16 << 10

// cutTransport takes so many octets, fails once as a deadline does, and then takes everything.
type cutTransport struct {
	transcriptConn
	room   int
	writes int
}

func (c *cutTransport) Write(p []byte) (int, error) {
	c.writes++
	n := min(len(p), c.room)
	c.out.Write(p[:n])
	if c.room -= n; n < len(p) {
		c.room = 1 << 30
		return n, os.ErrDeadlineExceeded
	}
	return n, nil
}

// writerOf returns a connection that has shaken hands, as far as writing is concerned, and what opens its records.
func writerOf(t *testing.T, suite *Suite, transport *cutTransport, together int) (c *Conn, open *Protection) {
	ks := NewKeySchedule(suite, make([]byte, preMasterLen), new([32]byte), new([32]byte))
	_, open, err := ks.Protections()
	require.NoError(t, err)
	c = Server(transport, &Config{Profile: testProfile(t), WriteTogether: together}, nil)
	_, c.protect, err = ks.Protections()
	require.NoError(t, err)
	return c, open
}

// opened returns the contents of records.
func opened(t *testing.T, open *Protection, records []byte) (contents [][]byte) {
	for len(records) > 0 {
		end := recordHeaderLen + int(binary.BigEndian.Uint16(records[3:]))
		content, err := open.Open(records[0], versionTLS12, records[recordHeaderLen:end])
		require.NoError(t, err)
		contents = append(contents, content)
		records = records[end:]
	}
	return contents
}

func someData(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i ^ i>>8)
	}
	return data
}

// TestRecordsTogether: what is sent does not depend on how many records share a write.
func TestRecordsTogether(t *testing.T) {
	for _, tc := range []struct {
		size, together int
		writes         int
		records        []int
	}{
		{0, testTogether, 0, nil},
		{1, testTogether, 1, []int{1}},
		{4096, testTogether, 1, []int{4096}},
		{4097, testTogether, 2, []int{4096, 1}},
		{4097, 0, 2, []int{4096, 1}},
		{20480, testTogether, 2, []int{4096, 4096, 4096, 4096, 4096}},
		{20481, testTogether, 3, []int{4096, 4096, 4096, 4096, 4096, 1}},
		{16385, 8191, 5, []int{4096, 4096, 4096, 4096, 1}},
		{16385, 8192, 3, []int{4096, 4096, 4096, 4096, 1}},
	} {
		t.Run(fmt.Sprintf("%d octets, %d together", tc.size, tc.together), func(t *testing.T) {
			transport := &cutTransport{room: 1 << 30}
			c, open := writerOf(t, SuiteByID(0xc02c), transport, tc.together)
			data := someData(tc.size)
			n, err := c.Write(data)
			require.NoError(t, err)
			require.Equal(t, tc.size, n)
			require.Equal(t, tc.writes, transport.writes)
			contents := opened(t, open, transport.out.Bytes())
			var sizes []int
			for _, content := range contents {
				sizes = append(sizes, len(content))
			}
			require.Equal(t, tc.records, sizes)
			require.Equal(t, string(data), string(bytes.Join(contents, nil)))
		})
	}
}

// TestDeadlineAmongRecords: wherever a deadline cuts, it leaves the same as if each record had a write of its
// own, and writing goes on there.
func TestDeadlineAmongRecords(t *testing.T) {
	const size = 7*4096 + 100
	for _, id := range []uint16{0xc02c, 0xc014} { // GCM, CBC
		suite := SuiteByID(id)
		whole := &cutTransport{room: 1 << 30}
		c, _ := writerOf(t, suite, whole, 0)
		_, err := c.Write(someData(4096))
		require.NoError(t, err)
		each := whole.out.Len()
		for name, cut := range map[string]int{
			"nothing was sent":                  0,
			"in the header":                     3,
			"in the first record":               each / 2,
			"but for an octet of the first":     each - 1,
			"between records":                   each,
			"an octet of the second was sent":   each + 1,
			"in the third record":               2*each + each/2,
			"between the writes of several":     5 * each,
			"in the sixth record":               5*each + 5,
			"before the last record":            7 * each,
			"in the last record, a shorter one": 7*each + 20,
		} {
			t.Run(suite.Name+", "+name, func(t *testing.T) {
				data := someData(size)
				type outcome struct {
					n    int
					sent int
				}
				var outcomes []outcome
				for _, together := range []int{0, testTogether} {
					transport := &cutTransport{room: cut}
					c, open := writerOf(t, suite, transport, together)
					n, err := c.Write(data)
					require.ErrorIs(t, err, os.ErrDeadlineExceeded)
					outcomes = append(outcomes, outcome{n, transport.out.Len()})
					_, err = c.Write(append(data[n:], "more"...))
					require.NoError(t, err)
					require.Equal(t, string(data)+"more", string(bytes.Join(opened(t, open, transport.out.Bytes()), nil)))
				}
				require.Equal(t, outcomes[0], outcomes[1])
			})
		}
	}
}

// TestAlertBehindACutRecord: what a deadline left is sent before an alert, under the numbers that are due.
func TestAlertBehindACutRecord(t *testing.T) {
	transport := &cutTransport{room: 5000}
	c, open := writerOf(t, SuiteByID(0xc02c), transport, testTogether)
	n, err := c.Write(someData(4 * 4096))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Equal(t, 2*4096, n, "a record that was begun counts")
	c.sendAlert(AlertWarning, alertNoRenegotiation)
	contents := opened(t, open, transport.out.Bytes())
	require.Len(t, contents, 3)
	require.Equal(t, []byte{AlertWarning, alertNoRenegotiation}, contents[2])
}

package hostsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crowd is some quick clients, some slow ones, and some that share what is built.
func crowd() (list []*Client) {
	for n := range 40 {
		c := &Client{Name: fmt.Sprintf("client-%d", n)}
		switch n % 8 {
		case 0:
			c.Known.Browser = true
		case 1:
			c.BuildGroup = "shared"
		case 2:
			c.Needs.System = "plan9"
		}
		list = append(list, c)
	}
	return list
}

func namesOf(clients []*Client) (names []string) {
	for _, c := range clients {
		names = append(names, c.Name)
	}
	return names
}

// TestParts: each client is in one part, whatever their order; the parts take about the same time.
func TestParts(t *testing.T) {
	for _, of := range []int{1, 2, 5, 7} {
		var whole []string
		least, most := 1<<30, 0
		for index := 1; index <= of; index++ {
			part, err := Runner{Clients: crowd()}.Part(index, of)
			require.NoError(t, err)
			weight := 0
			for _, c := range part.Clients {
				weight += c.weight()
			}
			least, most = min(least, weight), max(most, weight)
			names := namesOf(part.Clients)
			whole = append(whole, names...)

			shuffled := crowd()
			rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			same, err := Runner{Clients: shuffled}.Part(index, of)
			require.NoError(t, err)
			require.ElementsMatch(t, names, namesOf(same.Clients))

			shared := slices.ContainsFunc(part.Clients, func(c *Client) bool { return c.BuildGroup != "" })
			require.Equal(t, shared, slices.Contains(names, "client-1") && slices.Contains(names, "client-33"), "what is built is built once")
		}
		require.ElementsMatch(t, namesOf(crowd()), whole)
		require.LessOrEqual(t, most-least, (&Client{Known: Known{Browser: true}}).weight(), "%d parts", of)
	}
}

// TestMorePartsThanClients: a part without a client is a matrix without a row.
func TestMorePartsThanClients(t *testing.T) {
	var parts []Part
	for index := 1; index <= 3; index++ {
		nobody := &Client{Name: "nobody", Title: "nobody", Needs: Needs{Programs: []string{"no-such-program"}}}
		r, err := Runner{Clients: []*Client{nobody}}.Part(index, 3)
		require.NoError(t, err)
		m, err := r.Run(t.Context())
		require.NoError(t, err)
		require.Len(t, m.Rows, len(r.Clients))
		parts = append(parts, Part{fmt.Sprint(index), reread(t, m)})
	}
	m, err := Merge(parts)
	require.NoError(t, err)
	require.Len(t, m.Rows, 1)
	_, err = Runner{}.Run(t.Context())
	require.ErrorContains(t, err, "no client to run")
}

// reread is a matrix as a file has it.
func reread(t *testing.T, m *Matrix) *Matrix {
	text, err := json.Marshal(m)
	require.NoError(t, err)
	read, err := ReadMatrix(bytes.NewReader(text))
	require.NoError(t, err)
	return read
}

func TestParseShard(t *testing.T) {
	index, of, err := ParseShard("2/5")
	require.NoError(t, err)
	require.Equal(t, []int{2, 5}, []int{index, of})
	for _, wrong := range []string{"", "2", "/", "2/", "/5", "0/5", "6/5", "-1/5", "1/0", "a/b", "1/5/5", "1/100000"} {
		_, _, err := ParseShard(wrong)
		require.ErrorIs(t, err, ErrShard, wrong)
	}
}

// threeParts are those of a run with four clients.
func threeParts() (parts []Part) {
	clients := []string{"a", "b", "c", "d"}
	started := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for n, rows := range [][]string{{"d", "a"}, {"c"}, {"b"}} {
		m := &Matrix{
			Format: MatrixFormat, Started: started.Add(time.Duration(3-n) * time.Minute), Seconds: float64(10 + n), Host: "cam.example.com",
			Firmware: "openmv-5.0", Isolation: "namespaces", Scenarios: []Scenario{ScenarioLeafOnly()},
			Shard: &Shard{Index: n + 1, Of: 3, Clients: clients, Run: Setting{Leaf: "aa", Chain: []string{"bb"}, Root: "cc"}},
		}
		for _, client := range rows {
			m.Rows = append(m.Rows, Row{Client: client, Installed: true, Seconds: float64(n), Cells: []Cell{{Scenario: "leaf-only"}}})
		}
		parts = append(parts, Part{fmt.Sprintf("%d.json", n+1), m})
	}
	return parts
}

// TestMerge: the parts in any order are one matrix, as if one run had made it.
func TestMerge(t *testing.T) {
	parts := threeParts()
	parts[1].Matrix.Isolation = "another machine's"
	slices.Reverse(parts)
	m, err := Merge(parts)
	require.NoError(t, err)
	var clients []string
	for _, row := range m.Rows {
		clients = append(clients, row.Client)
	}
	require.Equal(t, []string{"a", "b", "c", "d"}, clients)
	require.InDelta(t, 1, m.Row("c").Seconds, 0)
	require.Nil(t, m.Shard)
	require.InDelta(t, 12, m.Seconds, 0)
	require.Equal(t, time.Date(2026, 1, 2, 3, 5, 5, 0, time.UTC), m.Started)
	require.Equal(t, "namespaces; another machine's", m.Isolation)
	require.NotNil(t, parts[0].Matrix.Shard, "the parts are as they were")
}

// TestPartsThatAreNoRun: which parts are missing, or there twice, is said with the names of the files.
func TestPartsThatAreNoRun(t *testing.T) {
	p := threeParts()
	for _, tc := range []struct {
		name  string
		parts []Part
		err   error
		says  string
	}{
		{"none", nil, ErrPartMissing, ""},
		{"one twice", append(threeParts(), Part{"again.json", p[1].Matrix}), ErrPartTwice, "2.json and again.json are both part 2 of 3"},
		{"one missing", p[:2], ErrPartMissing, "a part is missing: 3/3"},
		{"two missing", p[1:2], ErrPartMissing, "a part is missing: 1/3, 3/3"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Merge(tc.parts)
			require.ErrorIs(t, err, tc.err)
			require.ErrorContains(t, err, tc.says)
		})
	}
}

// TestPartsOfDifferentRuns: what keeps the second part from being of one run with the others is said.
func TestPartsOfDifferentRuns(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(m *Matrix)
		err    error
		says   string
	}{
		{"a whole matrix", func(m *Matrix) { m.Shard = nil }, ErrNoPart, "2.json: it is no part of a run"},
		{"an impossible part", func(m *Matrix) { m.Shard.Index = 4 }, ErrNoPart, "no part 4 of 3"},
		{"another number", func(m *Matrix) { m.Shard.Of = 4 }, ErrOtherRun, "the number of parts is 3 in the one and 4"},
		{
			"another host", func(m *Matrix) { m.Host = "x.example" }, ErrOtherRun,
			"1.json and 2.json are parts of different runs: the host is cam.example.com in the one and x.example in the other",
		},
		{"another firmware", func(m *Matrix) { m.Firmware = "x" }, ErrOtherRun, "the firmware is openmv-5.0 in the one and x"},
		{"other scenarios", func(m *Matrix) { m.Scenarios = StandardSet() }, ErrOtherRun, "the scenarios are [leaf-only] in the one"},
		{"another role", func(m *Matrix) { m.Scenarios[0].Role = RolePositive }, ErrOtherRun, "the scenarios are made of"},
		{"another leaf", func(m *Matrix) { m.Shard.Run.Leaf = "dd" }, ErrOtherRun, "the leaf has the fingerprint aa in the one and dd"},
		{"a test PKI", func(m *Matrix) { m.Shard.Run.Leaf = "" }, ErrOtherRun, "the fingerprint aa in the one and of a test PKI"},
		{"another chain", func(m *Matrix) { m.Shard.Run.Chain = nil }, ErrOtherRun, "the chain has the fingerprints [bb]"},
		{"another root", func(m *Matrix) { m.Shard.Run.Root = "ee" }, ErrOtherRun, "the root has the fingerprint cc"},
		{"another key type", func(m *Matrix) { m.Shard.Run.KeyType = "rsa-2048" }, ErrOtherRun, "the key type is"},
		{"online", func(m *Matrix) { m.Shard.Run.Online = true }, ErrOtherRun, "going online is false"},
		{"other clients", func(m *Matrix) { m.Shard.Clients = []string{"a"} }, ErrOtherRun, "the clients are [a b c d]"},
		{
			"a client twice", func(m *Matrix) { m.Shard.Clients = []string{"a", "b", "a", "c", "d"} }, ErrNoPart,
			"2.json: it is no part of a run: the client a is twice in that run",
		},
		{"a client too many", func(m *Matrix) { m.Rows[0].Client = "z" }, ErrOtherRun, "its client z"},
		{"a cell too many", func(m *Matrix) { m.Rows[0].Cells = make([]Cell, 2) }, ErrNoPart, "the cells of c"},
		{"a client in two", func(m *Matrix) { m.Rows[0].Client = "b" }, ErrPartTwice, "the client b is in 2.json and in 3.json"},
		{"a client in none", func(m *Matrix) { m.Rows = nil }, ErrPartMissing, "the client c is in none"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			parts := threeParts()
			tc.change(parts[1].Matrix)
			_, err := Merge(parts)
			require.ErrorIs(t, err, tc.err)
			require.ErrorContains(t, err, tc.says)
		})
	}
}

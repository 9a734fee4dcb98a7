package calls_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leafcam/leafcam/device/wire"
	"github.com/leafcam/leafcam/device/wire/calls"
)

func TestTheSameSeedMakesTheSameCalls(t *testing.T) {
	first, err := calls.Generate(3, 200)
	require.NoError(t, err)
	second, err := calls.Generate(3, 200)
	require.NoError(t, err)
	require.Equal(t, first, second)
	other, err := calls.Generate(4, 200)
	require.NoError(t, err)
	require.NotEqual(t, first, other)
}

func TestCallsAreTheSameWhenTheyWereWritten(t *testing.T) {
	list, err := calls.Generate(5, 400)
	require.NoError(t, err)
	for _, c := range list {
		written, err := json.Marshal(c)
		require.NoError(t, err)
		var read calls.Call
		require.NoError(t, json.Unmarshal(written, &read))
		again, err := json.Marshal(read)
		require.NoError(t, err)
		require.JSONEq(t, string(written), string(again))
		require.Equal(t, c.Server.Steps, read.Server.Steps)
	}
}

func TestKindsThatThereAreNot(t *testing.T) {
	_, err := calls.Generate(1, 1, "chain", "weather")
	require.ErrorContains(t, err, `no kind of calls "weather"; there are certificate, chain, data`)
}

func TestBehavioursThatCannotBe(t *testing.T) {
	pairs, err := calls.NewPairs(time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	head := calls.Head{Pairs: pairs}
	for _, test := range []struct {
		name      string
		behaviour calls.Behaviour
		says      string
	}{
		{"an unknown suite", calls.Behaviour{Suite: 0x1301}, "suite 1301 is none of the camera's"},
		{"an unknown certificate", calls.Behaviour{Suite: 0xc02b, Chain: []string{"nobody"}}, `no certificate "nobody"`},
		{"an unknown group", calls.Behaviour{Suite: 0xc02b, Group: 29, Steps: []calls.Step{{Do: calls.KeyExchange}}}, "no group 29"},
		{"an unknown step", calls.Behaviour{Suite: 0xc02b, Steps: []calls.Step{{Do: "dance"}}}, `no step "dance"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, server := wire.Pipe()
			client.Close()
			_, err := calls.Serve(server, head, test.behaviour, time.Second)
			require.ErrorContains(t, err, test.says)
		})
	}
}

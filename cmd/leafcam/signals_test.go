package main

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// told returns a context that has ended, with signals whose critical sections may take so long.
func told(within time.Duration) context.Context {
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), signalsKey{}, &signals{within: within}))
	cancel()
	return ctx
}

// TestCriticalSectionIsNotEnded when a command was told to end: what it says then is said, too.
func TestCriticalSectionIsNotEnded(t *testing.T) {
	ctx := told(time.Hour)
	over, finished := critical(ctx), false
	status := untilSignal(ctx, io.Discard, func() int {
		time.Sleep(2 * endsWithin) // a slow drive
		finished = true
		over()
		return exitEnvironment
	})
	require.True(t, finished)
	require.Equal(t, exitEnvironment, status)
}

// TestCriticalSectionEndsAtLast on a drive that does not answer.
func TestCriticalSectionEndsAtLast(t *testing.T) {
	ctx := told(time.Millisecond)
	never := make(chan struct{})
	defer close(never)
	over := critical(ctx)
	defer over()
	require.Equal(t, exitInterrupted, untilSignal(ctx, io.Discard, func() int {
		<-never
		return exitFine
	}))
}

// TestNoCriticalSectionBegins when the command is being ended.
func TestNoCriticalSectionBegins(t *testing.T) {
	s := told(time.Hour).Value(signalsKey{}).(*signals)
	<-s.forcedEnd()
	require.False(t, s.critical.TryRLock())
}

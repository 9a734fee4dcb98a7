package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/leafcam/leafcam/hostsim/gateway"
)

// looksWithin is how long ago the gateway may have looked at its files: it looks every two seconds, and does
// not when it hangs.
const looksWithin = 20 * time.Second

// serviceManager tells systemd, where that started the command, how the gateway is (sd_notify(3)).
type serviceManager struct {
	gateway *gateway.Gateway
	log     *slog.Logger
	hangups <-chan struct{} // each asks for a reload
}

// start says that the gateway is ready, and follows it until the context ends. The function that it
// returns waits for that.
func (m *serviceManager) start(ctx context.Context) (wait func()) {
	ctx, cancel := context.WithCancel(ctx)
	m.tell(daemon.SdNotifyReady)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		m.follow(ctx)
		m.tell(daemon.SdNotifyStopping)
	}()
	return func() {
		cancel()
		<-ended
	}
}

func (m *serviceManager) follow(ctx context.Context) {
	var watchdog <-chan time.Time
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		m.log.Warn("no watchdog", "error", err.Error())
	}
	if interval > 0 {
		ticker := time.NewTicker(interval / 2)
		defer ticker.Stop()
		watchdog = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.hangups:
			m.tell(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
			m.log.Info("reload")
			_ = m.gateway.Reload() // it is in the log
			m.tell(daemon.SdNotifyReady)
		case <-watchdog:
			if time.Since(m.gateway.Figures().Looked) < looksWithin {
				m.tell(daemon.SdNotifyWatchdog)
			}
		}
	}
}

// tell does nothing without a service manager.
func (m *serviceManager) tell(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		m.log.Warn("the service manager was not told", "error", err.Error())
	}
}

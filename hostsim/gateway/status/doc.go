// Package status tells how a gateway is: /healthz for whoever restarts or balances it, /metrics for
// Prometheus. Start with [Handler].
package status

//go:build !unix

package gateway

var systemTroubles []trouble

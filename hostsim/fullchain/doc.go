// Package fullchain puts Go's crypto/tls in the place of the camera: a server that sends the whole
// chain and reports its connections as the camera does. Start with [Start].
package fullchain

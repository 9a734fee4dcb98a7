// Package wire holds recorded exchanges with the real camera stack and replays
// them against a server: the emulation, or a camera on the network.
//
// Start with [ReadVectors] and [Replay]. A vector is what a client sent, segment by
// segment, and what it received; device/wire/VECTORS.md describes the format. [Client] is a
// TLS 1.2 client that takes one step at a time, for exchanges that cannot be replayed
// octet by octet. [Pipe] is an in-memory connection that behaves like TCP.
package wire

// Package record records what a camera's TLS server does, and compares a server with the emulation.
//
// Both ask a [Subject]: a [Real] one, which is any MicroPython that runs [Script], or an [Emulated] one. [Vectors],
// [Loads], [Scenarios] and [Visits] record it in the forms of device/wire/VECTORS.md. [Generate] makes exchanges from a seed,
// [GenerateVisits] visits with client certificates and [GenerateLoads] files to load; [Differ], [DifferVisits] and
// [DifferLoads] put the same ones to two subjects and shrink those that are answered differently.
package record

// Package record records what a camera's TLS server does, and compares a server with the emulation.
//
// Both ask a [Subject]: a [Real] one, which is any MicroPython that runs [Script], or an [Emulated] one. [Vectors],
// [Loads] and [Scenarios] record it in the forms of device/wire/VECTORS.md; [Generate] makes exchanges from a seed;
// [Differ] puts the same exchanges to two subjects and shrinks those that are answered differently.
package record

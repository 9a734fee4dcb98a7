// Package preflight tells before flashing whether a key and a certificate will work on the
// camera, for whom they will not, and what to do about it. Start with [Check].
//
// The camera itself decides what loads: the emulation of package device is asked. What real
// clients do is taken from package hostsim/policy. CHECK.md lists the findings and describes the
// JSON form.
package preflight

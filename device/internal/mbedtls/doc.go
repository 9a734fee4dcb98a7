// Package mbedtls is the TLS 1.2 server of the camera: it answers on the wire
// as Mbed TLS does when it is configured as on OpenMV's boards, and returns the
// errors that Mbed TLS returns.
//
// Start with [Build.Profile], which says what is compiled in, [Profile.ParseKey] and
// [Profile.ParseCertificate], which load exactly what the real parsers load, put the result into a
// [Config] and pass it with a connection to [Server]. The package knows nothing of MicroPython: how an
// error is printed, that it is latched, or that an end of file reads as an empty bytes object is the
// business of package device.
//
// What is emulated, and from where it is known, is written down section by
// section in device/CAMERA.md; the comments here name those sections.
package mbedtls

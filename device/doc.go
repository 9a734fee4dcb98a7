// Package device is the camera: an emulation of an OpenMV camera's TLS server,
// which is MicroPython's ssl module over Mbed TLS.
//
// For a test, start with [Start]: one call gives a running camera with a URL. For
// the API that a script on the camera sees, start with [NewSSLContext], load a key
// and a certificate with [SSLContext.LoadCertChain] and serve connections with
// [SSLContext.WrapSocket]. A [Camera] runs a [Script] on a listener and reports an
// [trace.Event] for every connection.
//
// Errors are MicroPython's exceptions, of package device/micropython: the text of one is the last line
// of the traceback, character for character. What is emulated, and how it is known, is written down in
// device/CAMERA.md.
package device

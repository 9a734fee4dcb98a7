// Package asclient is about the camera as a TLS client: whether it accepts a server, why not, and which anchor to flash so
// that it does, for how long. An anchor is the CA certificate that is flashed and given to load_verify_locations.
//
// Start with [Connect], which visits a server with the camera's own client, and [Check], which judges what a server sends
// and ranks the possible anchors. Whether a server is accepted is decided by the emulated camera alone (package device):
// it is asked for each anchor, at each date on which the answer can change. ASCLIENT.md lists the findings and describes
// the JSON form.
package asclient

// Package calls has servers for a camera that is the client: servers that do as a behaviour says, odd and hostile ones
// included, and the recorded calls of real cameras to them. It is how the client's side of the emulation is known to be
// true (CAMERA.md section 11).
package calls

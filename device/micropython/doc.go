// Package micropython holds the exceptions that MicroPython raises on the camera, with the texts that
// it prints. Start with [OSError] and [ValueError]; [Raised] turns an error of the engine or of a
// socket into one.
package micropython

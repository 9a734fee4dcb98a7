// Package printable makes what strangers sent fit for a terminal.
package printable

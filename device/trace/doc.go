// Package trace says what happened on a connection of a server, in the form in which a camera tells
// it. Start with [Event].
package trace

package device

// A looker is a connection that looks at what has come before it takes it.
type looker interface {
	// giveBack leaves unread what nobody has read yet, for those who read the connection by other ways.
	giveBack()
}

package hostsim

// Slow are the names of clients that parts are balanced by.
func Slow() (names []string) {
	for name := range slow {
		names = append(names, name)
	}
	return names
}

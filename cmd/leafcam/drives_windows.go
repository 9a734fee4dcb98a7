package main

// mountedDrives returns the drives that are not the system's.
func mountedDrives() (list []string) {
	for letter := 'D'; letter <= 'Z'; letter++ {
		list = append(list, string(letter)+`:\`)
	}
	return list
}

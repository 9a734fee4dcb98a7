package clients

import (
	"net"
	"os"
	"strconv"

	"github.com/leafcam/leafcam/hostsim"
)

// Clients that are servers themselves, or are driven through one, listen on a port of their own.

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// pickPort picks a free port when a cell is prepared; pickedPort tells it to the cell's command.
func pickPort(v *hostsim.Visit) (string, error) {
	port, err := freePort()
	if err != nil {
		return "", err
	}
	text := strconv.Itoa(port)
	return text, os.WriteFile(v.File("listen"), []byte(text), 0o644)
}

func pickedPort(v *hostsim.Visit) string {
	port, _ := os.ReadFile(v.File("listen")) // pickPort has written it
	return string(port)
}

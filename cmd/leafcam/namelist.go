package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/leafcam/leafcam/hostsim"
	"github.com/leafcam/leafcam/hostsim/clients"
	"github.com/leafcam/leafcam/internal/printable"
)

// A nameList is the value of a flag with names and commas between them. An empty name is a mistake: most often a
// variable of a script that is not set.
type nameList []string

var errEmptyName = errors.New("an empty name")

func (l *nameList) String() string { return strings.Join(*l, ",") }
func (l *nameList) Type() string   { return "names" }

func (l *nameList) Set(value string) error {
	for name := range strings.SplitSeq(value, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			return errEmptyName
		}
		*l = append(*l, name)
	}
	return nil
}

// namedClients returns the clients that names stand for, or others where there are none.
func namedClients(names nameList, others []*hostsim.Client) ([]*hostsim.Client, []clients.Named, error) {
	if len(names) == 0 {
		return others, nil, nil
	}
	list, meant, err := clients.ByName(names)
	if err != nil {
		return nil, nil, usage(err)
	}
	return list, meant, nil
}

// showMeant says what stands behind aliases and groups.
func showMeant(messages io.Writer, meant []clients.Named) {
	for _, m := range meant {
		if !m.Group {
			continue
		}
		var names []string
		for _, c := range m.Clients {
			names = append(names, c.Name)
		}
		wrap(messages, fmt.Sprintf("%s: %s", printable.Visible(m.Name), strings.Join(names, ", ")))
	}
}

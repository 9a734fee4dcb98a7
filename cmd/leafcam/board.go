package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/internal/grid"
)

func newBoard() *cobra.Command {
	firmware := device.Firmwares()[0].Name
	asJSON := false
	cmd := &cobra.Command{
		Use:   "board",
		Short: "list the boards, and how many TLS connections each can hold",
		Long: `    $ leafcam board
    $ leafcam serve --board OPENMV4 --cert server.der --key server.key.der

Lists the boards that can be emulated: their heap in areas, their network, and how many TLS
connections fit at a time with three kinds of keys. What the memory allows beyond the sockets of
the network is in brackets; 0 means that not even one handshake has the memory that it needs.
The sizes were measured on a 32-bit build, the boards' figures are those of their sources.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			fw, err := device.FirmwareByName(firmware)
			if err != nil {
				return usage(err)
			}
			return listBoards(cmd.OutOrStdout(), fw, asJSON)
		},
	}
	cmd.Flags().StringVar(&firmware, "firmware", firmware, "firmware `PROFILE` to emulate, see leafcam firmware")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// connections is how many fit with one kind of key.
type connections struct {
	Memory int `json:"memory"` // that the heap can hold
	Usable int `json:"usable"` // that the network has sockets for, too
}

// String shows the heap's number only where it is not the limit.
func (c connections) String() string {
	if c.Memory == c.Usable {
		return fmt.Sprint(c.Usable)
	}
	return fmt.Sprintf("%d (%d)", c.Usable, c.Memory)
}

func listBoards(out io.Writer, fw *device.Firmware, asJSON bool) error {
	type row struct {
		Name      string                 `json:"name"`
		Processor string                 `json:"processor"`
		MHz       int                    `json:"mhz"`
		Heap      []int                  `json:"heap"`
		Network   string                 `json:"network"`
		Sockets   int                    `json:"sockets"`
		Fit       map[string]connections `json:"connections"`
	}
	keys := []struct {
		name string
		size device.KeySize
	}{
		{"P-256", device.KeySize{Bits: 256}},
		{"RSA-2048", device.KeySize{RSA: true, Bits: 2048}},
		{"RSA-4096", device.KeySize{RSA: true, Bits: 4096}},
	}
	var list []row
	t := grid.New("board", "processor", "heap", "network", keys[0].name, keys[1].name, keys[2].name)
	t.Drop = []int{1, 3}
	for _, b := range device.Boards() {
		r := row{b.Name, b.Processor, b.MHz, b.Heap, b.Network.Name, b.Network.Connections, map[string]connections{}}
		line := []any{
			b.Name, fmt.Sprintf("%s, %d MHz", b.Processor, b.MHz), describeHeap(b.Heap),
			fmt.Sprintf("%s, %d sockets", b.Network.Name, b.Network.Connections),
		}
		for _, key := range keys {
			memory := b.Fit(fw, key.size)
			fit := connections{memory, min(memory, b.Network.Connections)}
			r.Fit[key.name] = fit
			line = append(line, fit)
		}
		list = append(list, r)
		t.Append(line...)
	}
	return render(out, asJSON, struct {
		Format int   `json:"format"`
		Boards []row `json:"boards"`
	}{outputFormat, list}, t)
}

// describeHeap returns the areas, such as "64K + 264K".
func describeHeap(areas []int) string {
	var parts []string
	for _, size := range areas {
		if size >= 1<<20 && size%(1<<20) == 0 {
			parts = append(parts, fmt.Sprintf("%dM", size>>20))
		} else {
			parts = append(parts, fmt.Sprintf("%dK", size>>10))
		}
	}
	return strings.Join(parts, " + ")
}

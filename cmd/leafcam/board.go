package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/internal/grid"
)

func newBoard() *cobra.Command {
	firmware := ""
	asJSON := false
	cmd := &cobra.Command{
		Use:     "board",
		Aliases: []string{"boards"},
		Short:   "list the boards, and how many TLS connections each can hold",
		Long: `    $ leafcam board
    $ leafcam serve --board openmv-h7 --cert server.der --key server.key.der

Lists the boards that can be emulated: their heap in areas, their network, and how many TLS
connections fit at a time with three kinds of keys. What the memory allows beyond the sockets of
the network is in brackets; 0 means that not even one handshake has the memory that it needs, and ? that the
memory is not modelled. The sizes were measured on a 32-bit build, the boards' figures are those of their sources.
--board also takes the names of builds, such as OPENMV4 or RPI_PICO_W, and what people call a
board, such as "Pico W", in upper or lower case.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, fw, err := boardAndFirmware("", firmware)
			if err != nil {
				return usage(err)
			}
			return listBoards(cmd.OutOrStdout(), fw, asJSON)
		},
	}
	cmd.Flags().StringVar(&firmware, "firmware", firmware, "firmware `PROFILE` to emulate on all boards, see leafcam firmware")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// boardAndFirmware returns what two flags name: "" is no board, and the board's own firmware.
func boardAndFirmware(board, firmware string) (*device.Board, *device.Firmware, error) {
	var b *device.Board
	if board != "" {
		var err error
		if b, err = device.BoardByName(board); err != nil {
			return nil, nil, fmt.Errorf("%w (leafcam board lists them)", err)
		}
	}
	switch {
	case firmware != "":
	case b == nil:
		return nil, device.Firmwares()[0], nil
	default:
		firmware = b.Firmware
	}
	fw, err := device.FirmwareByName(firmware)
	if other, known := device.BoardByName(firmware); err != nil && known == nil {
		return nil, nil, fmt.Errorf("%q is a board: name it with --board", other.Title)
	}
	return b, fw, err
}

// connections is how many fit with one kind of key.
type connections struct {
	Memory int `json:"memory"` // that the heap can hold; -1 where that is not modelled
	Usable int `json:"usable"` // that the network has sockets for, too
}

// String shows the heap's number only where it is not the limit.
func (c connections) String() string {
	switch c.Memory {
	case c.Usable:
		return fmt.Sprint(c.Usable)
	case -1:
		return fmt.Sprintf("%d (?)", c.Usable)
	}
	return fmt.Sprintf("%d (%d)", c.Usable, c.Memory)
}

// boardKeys are those whose connections are counted.
var boardKeys = []struct {
	name string
	size device.KeySize
}{
	{"P-256", device.KeySize{Bits: 256}},
	{"RSA-2048", device.KeySize{RSA: true, Bits: 2048}},
	{"RSA-4096", device.KeySize{RSA: true, Bits: 4096}},
}

// boardRow is a board in a list.
type boardRow struct {
	Called    string                 `json:"-"`
	Name      string                 `json:"name"`
	Title     string                 `json:"title"`
	Aliases   []string               `json:"aliases"`
	Project   device.Project         `json:"project"`
	Firmware  string                 `json:"firmware"` // its default; "" where none is recorded
	Processor string                 `json:"processor"`
	MHz       int                    `json:"mhz"`
	Heap      []int                  `json:"heap"` // null where it is not modelled
	Network   string                 `json:"network"`
	Link      string                 `json:"link,omitempty"`
	Sockets   int                    `json:"sockets"`
	Fit       map[string]connections `json:"connections"`
}

func newBoardRow(b *device.Board, fw *device.Firmware) boardRow {
	r := boardRow{
		calledBoard(b), b.Name, b.Title, slices.Concat([]string{}, b.Aliases), b.Project, b.Firmware, b.Processor, b.MHz, b.Heap,
		b.Network.Name, b.Network.Link, b.Network.Connections, map[string]connections{},
	}
	for _, key := range boardKeys {
		fit := connections{Memory: b.Fit(fw, key.size), Usable: b.Network.Connections}
		if fit.Memory >= 0 {
			fit.Usable = min(fit.Usable, fit.Memory)
		}
		r.Fit[key.name] = fit
	}
	return r
}

// calledBoard returns the name of a board that is easiest to type.
func calledBoard(b *device.Board) string {
	if len(b.Aliases) > 0 {
		return b.Aliases[0]
	}
	return strings.ToLower(strings.ReplaceAll(b.Name, "_", "-"))
}

// listBoards prints a table for each project.
func listBoards(out io.Writer, fw *device.Firmware, asJSON bool) error {
	var list []boardRow
	for _, b := range device.Boards() {
		list = append(list, newBoardRow(b, fw))
	}
	if asJSON {
		return writeJSON(out, struct {
			Format int        `json:"format"`
			Boards []boardRow `json:"boards"`
		}{outputFormat, list})
	}
	for i, project := range projects {
		t := grid.New("board", "build", "processor", "heap", "network", boardKeys[0].name, boardKeys[1].name, boardKeys[2].name)
		const heap = 16
		t.Drop, t.Widest = []int{2, 4, 1}, []int{0, 0, 0, heap}
		for _, r := range list {
			if r.Project == project {
				t.Append(r.cells()...)
			}
		}
		if err := writeGroup(out, i, fmt.Sprintf("with firmware of %s:", project), t); err != nil {
			return err
		}
	}
	return nil
}

// cells are the row as it is printed.
func (r boardRow) cells() []any {
	network := device.Network{Name: r.Network, Link: r.Link}
	cells := []any{
		r.Called, r.Name, fmt.Sprintf("%s, %d MHz", r.Processor, r.MHz), describeHeap(r.Heap), fmt.Sprintf("%s, %d sockets", &network, r.Sockets),
	}
	for _, key := range boardKeys {
		cells = append(cells, r.Fit[key.name])
	}
	return cells
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
	return cmp.Or(strings.Join(parts, " + "), "not modelled")
}

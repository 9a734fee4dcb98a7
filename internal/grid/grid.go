// Package grid writes tables that fit a terminal: what is too wide for a table is written as a list, of which nothing
// is left out.
package grid

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// A Grid is a table under way.
type Grid struct {
	heads []string
	rows  [][]string
	// Widest are the columns that cells of a column have at most; a cell with more is wrapped. Nil has no limits.
	Widest []int
	// Separate draws a line between rows.
	Separate bool
	// Drop are the numbers, from 0, of columns that a narrow terminal may go without, the first one first. Nil are none.
	Drop []int
}

// New returns a grid with these heads.
func New(heads ...string) *Grid { return &Grid{heads: heads} }

// Append adds a row: a cell for each head.
func (g *Grid) Append(cells ...any) {
	var row []string
	for _, c := range cells {
		row = append(row, fmt.Sprint(c))
	}
	g.rows = append(g.rows, row)
}

// Write writes the grid for a terminal with so many columns; 0 has no limit.
func (g *Grid) Write(w io.Writer, width int) error {
	drawn := g.table(nil)
	for n := 1; width > 0 && n <= len(g.Drop) && widest(drawn) > width; n++ {
		drawn = g.table(g.Drop[:n])
	}
	if width > 0 && widest(drawn) > width {
		drawn = g.list(width)
	}
	_, err := fmt.Fprintln(w, drawn)
	return err
}

func widest(drawn string) (columns int) {
	for line := range strings.SplitSeq(drawn, "\n") {
		columns = max(columns, text.StringWidthWithoutEscSequences(line))
	}
	return columns
}

// table draws the grid without some of its columns.
func (g *Grid) table(without []int) string {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.Style().Options.SeparateRows = g.Separate
	var columns []table.ColumnConfig
	for i, width := range g.Widest {
		if !slices.Contains(without, i) {
			columns = append(columns, table.ColumnConfig{Number: len(columns) + 1, WidthMax: width, WidthMaxEnforcer: text.WrapSoft})
		}
	}
	t.SetColumnConfigs(columns)
	row := func(cells []string) (list table.Row) {
		for i, c := range cells {
			if !slices.Contains(without, i) {
				list = append(list, c)
			}
		}
		return list
	}
	t.AppendHeader(row(g.heads))
	for _, cells := range g.rows {
		t.AppendRow(row(cells))
	}
	return t.Render()
}

// list writes each row as its first cell, with the others below it behind their heads.
func (g *Grid) list(width int) string {
	label := 0
	for _, head := range g.heads[1:] {
		label = max(label, text.StringWidthWithoutEscSequences(head))
	}
	label = min(label, width/3)
	var out []string
	for i, cells := range g.rows {
		if i > 0 {
			out = append(out, "")
		}
		out = append(out, Hanging("", "  ", cells[0], width))
		for n, cell := range cells[1:] {
			if cell == "" {
				continue
			}
			head := g.heads[n+1]
			if text.StringWidthWithoutEscSequences(head) > label {
				head = text.Trim(head, label-1) + "…"
			}
			out = append(out, Hanging("  "+text.Pad(head, label, ' ')+"  ", strings.Repeat(" ", label+4), cell, width))
		}
	}
	return strings.Join(out, "\n")
}

// Hanging wraps a text at a width, behind a first prefix and with another one before the lines that follow.
func Hanging(first, then, said string, width int) string {
	lines := strings.Split(text.WrapSoft(said, max(1, width-len(then))), "\n")
	for i, line := range lines {
		prefix := then
		if i == 0 {
			prefix = first
		}
		lines[i] = strings.TrimRight(prefix+strings.TrimRight(line, " "), " ")
	}
	return strings.Join(lines, "\n")
}

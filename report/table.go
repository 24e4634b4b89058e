package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
)

// Style is how a table is written. Its zero value is for a pipe.
type Style struct {
	IsShort   bool // 12.3M in place of 12,345,678
	HasColour bool
	Width     int // of the terminal, in columns; 0: without a bound
}

// WriteTable writes the report for people: what was used, what it cost, and the
// coverage.
func (r *Report) WriteTable(w io.Writer, s Style) error {
	b := bufio.NewWriter(w)
	if len(r.Rows) == 0 {
		fmt.Fprintln(b, "no records in this time")
	} else {
		r.writeLines(b, s)
	}
	fmt.Fprintln(b)
	for _, line := range r.Remarks() {
		fmt.Fprintln(b, line)
	}
	return b.Flush()
}

// Remarks are what stands below the table: where the cost comes from, what is
// unpriced, and the coverage.
func (r *Report) Remarks() []string { return append(r.Total.Cost.lines(), r.Coverage.String()) }

func (r *Report) writeLines(b io.Writer, s Style) {
	g := r.grid(s)
	dropped := g.fit(s.Width, dispensable)
	widths := g.widths()
	for i, cells := range g.cells {
		g.write(b, cells, widths, s.paint(i == 0, i == len(g.cells)-1 && len(r.By) > 0))
	}
	if r.Hidden > 0 {
		fmt.Fprintf(b, "%s more, in the total\n", map[bool]string{true: "1 row", false: thousands(int64(r.Hidden)) + " rows"}[r.Hidden == 1])
	}
	noRoom(b, dropped)
}

func noRoom(w io.Writer, dropped []string) {
	if len(dropped) > 0 {
		fmt.Fprintf(w, "no room for: %s\n", strings.Join(dropped, ", "))
	}
}

// grid is the table as text. The first cells stand to the left, the others to the
// right.
type grid struct {
	cells [][]string // the titles first
	left  int
}

func (r *Report) grid(s Style) *grid {
	g := &grid{left: len(r.By)}
	titles := slices.Clone(r.By)
	for _, c := range columns {
		if c.title != "" {
			titles = append(titles, c.title)
		}
	}
	g.cells = append(g.cells, titles)
	for _, row := range r.Rows {
		var cells []string
		for i, group := range row.Group {
			cells = append(cells, cell(r.By[i], group))
		}
		g.add(cells, row, s)
		for _, m := range row.Models {
			g.add(indented(cell(modelName, m.Group[0]), len(r.By)), m, s)
		}
	}
	if len(r.By) > 0 {
		g.add(append([]string{"total"}, make([]string, len(r.By)-1)...), r.Total, s)
	}
	return g
}

// indented is a line below a row.
func indented(model string, cells int) []string {
	line := make([]string, cells)
	if cells > 0 {
		line[0] = "  " + model
	}
	return line
}

func (g *grid) add(cells []string, row Row, s Style) {
	for _, c := range columns {
		if c.title != "" {
			cells = append(cells, c.forPeople(row, !s.IsShort))
		}
	}
	g.cells = append(g.cells, cells)
}

// dispensable are the columns of a report that a narrow terminal does without, in
// this order.
var dispensable = []string{"reasoning", "cache write", "cache hit", "cache read", "input", "output"}

// narrowest is how narrow a group's column gets.
const narrowest = 12

// fit leaves out columns, which are in this order dispensable, and then cuts groups,
// the widest first, until a line fits into width; 0 is any.
func (g *grid) fit(width int, dispensable []string) (dropped []string) {
	if width <= 0 {
		return nil
	}
	for _, title := range dispensable {
		if g.width() <= width {
			return dropped
		}
		at := slices.Index(g.cells[0], title)
		for i, cells := range g.cells {
			g.cells[i] = slices.Delete(cells, at, at+1)
		}
		if at < g.left {
			g.left--
		}
		dropped = append(dropped, title)
	}
	for range g.left {
		over, widths := g.width()-width, g.widths()[:g.left]
		w := slices.Max(widths)
		if over <= 0 || w <= narrowest {
			break
		}
		i := slices.Index(widths, w)
		for _, cells := range g.cells {
			cells[i] = runewidth.Truncate(cells[i], max(w-over, narrowest), "…")
		}
	}
	return dropped
}

const between = 2 // spaces

func (g *grid) width() int {
	total := -between
	for _, w := range g.widths() {
		total += w + between
	}
	return total
}

func (g *grid) widths() []int {
	widths := make([]int, len(g.cells[0]))
	for _, cells := range g.cells {
		for i, c := range cells {
			widths[i] = max(widths[i], runewidth.StringWidth(c))
		}
	}
	return widths
}

// writeAll writes a table that has no total.
func (g *grid) writeAll(w io.Writer, s Style) {
	widths := g.widths()
	for i, cells := range g.cells {
		g.write(w, cells, widths, s.paint(i == 0, false))
	}
}

func (g *grid) write(w io.Writer, cells []string, widths []int, paint func(string) string) {
	var line []string
	for i, width := range widths {
		space := strings.Repeat(" ", width-runewidth.StringWidth(cells[i]))
		if i < g.left {
			line = append(line, cells[i]+space)
		} else {
			line = append(line, space+cells[i])
		}
	}
	fmt.Fprintln(w, paint(strings.TrimRight(strings.Join(line, strings.Repeat(" ", between)), " ")))
}

// paint is for the titles, and for the total.
func (s Style) paint(isTitle, isTotal bool) func(string) string {
	switch {
	case s.HasColour && isTitle:
		return func(line string) string { return "\x1b[2m" + line + "\x1b[0m" } // dim
	case s.HasColour && isTotal:
		return func(line string) string { return "\x1b[1m" + line + "\x1b[0m" } // bold
	}
	return func(line string) string { return line }
}

// cell is a group for people.
func cell(by, group string) string {
	if group == "" && slices.Contains(maybeNone, by) {
		return "-"
	}
	return name(group)
}

package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// columns are the numbers of a row, under their names in JSON and CSV.
var columns = []struct {
	name string
	of   func(Row) *int64
}{
	{"requests", func(r Row) *int64 { return &r.Requests }},
	{"input", func(r Row) *int64 { return r.Tokens.Input }},
	{"cache_read", func(r Row) *int64 { return r.Tokens.CacheRead }},
	{"cache_write", Row.CacheWrite},
	{"output", func(r Row) *int64 { return r.Tokens.Output }},
	{"reasoning", func(r Row) *int64 { return r.Tokens.Reasoning }},
	{"total", Row.All},
}

// WriteTable writes the report for people, and its coverage.
func (r *Report) WriteTable(w io.Writer) error {
	b := bufio.NewWriter(w)
	if len(r.Rows) == 0 {
		fmt.Fprintln(b, "no records in this time")
	} else {
		r.writeLines(b)
	}
	fmt.Fprintf(b, "\n%v\n", r.Coverage)
	return b.Flush()
}

func (r *Report) writeLines(w io.Writer) {
	lines := [][]string{r.header()}
	for _, row := range r.Rows {
		var cells []string
		for i, g := range row.Group {
			cells = append(cells, cell(r.By[i], g))
		}
		lines = append(lines, append(cells, numbers(row)...))
	}
	if len(r.By) > 0 {
		total := make([]string, len(r.By))
		total[0] = "total"
		lines = append(lines, append(total, numbers(r.Total)...))
	}
	widths := make([]int, len(lines[0]))
	for _, cells := range lines {
		for i, c := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	for _, cells := range lines {
		writeLine(w, cells, widths, len(r.By))
	}
}

// cell is a group for people. A record may well have no reason and no run.
func cell(by, group string) string {
	if group == "" && (by == "reason" || by == "run") {
		return "-"
	}
	return name(group)
}

func (r *Report) header() []string {
	cells := append([]string(nil), r.By...)
	for _, c := range columns {
		cells = append(cells, strings.ReplaceAll(c.name, "_", " "))
	}
	return cells
}

func numbers(row Row) (cells []string) {
	for _, c := range columns {
		cells = append(cells, number(c.of(row)))
	}
	return cells
}

// writeLine puts the first cells to the left and the others to the right.
func writeLine(w io.Writer, cells []string, widths []int, left int) {
	var line []string
	for i, c := range cells {
		space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
		if i < left {
			line = append(line, c+space)
		} else {
			line = append(line, space+c)
		}
	}
	fmt.Fprintln(w, strings.TrimRight(strings.Join(line, "  "), " "))
}

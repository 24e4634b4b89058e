package prices

import (
	"bufio"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed tables
var tables embed.FS

// embedded is read once.
var embedded = sync.OnceValue(func() *Table {
	var lines []Line
	var aliases []Alias
	files, err := fs.Glob(tables, "tables/*.tsv")
	for _, file := range files {
		var text []byte
		if text, err = tables.ReadFile(file); err == nil {
			var l []Line
			var a []Alias
			l, a, err = Parse(path.Base(file), strings.NewReader(string(text)))
			lines, aliases = append(lines, l...), append(aliases, a...)
		}
		if err != nil {
			break
		}
	}
	t, tableErr := NewTable(Embedded, lines, aliases)
	if err != nil || tableErr != nil {
		panic(fmt.Sprint("the embedded prices: ", err, tableErr)) // a test reads them
	}
	return t
})

// EmbeddedTable is the table in this program.
func EmbeddedTable() *Table { return embedded() }

// columns of a table's text.
const columns = 6 + counts + 2

// Parse reads the text of a table: lines of cells with a tab between, of provider,
// model, condition, first day, first day that is too late, factor, the prices in
// the order of Count, who published them and when it was read there. "-" is no
// value. A line of provider, alias, "=" and model gives a model another name; one
// that begins with # is a remark. An error names the file and the line.
func Parse(file string, r io.Reader) (lines []Line, aliases []Alias, err error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	n := 0
	for row := range strings.Lines(string(text)) {
		n++
		row = strings.TrimRight(row, "\r\n")
		if row == "" || row[0] == '#' {
			continue
		}
		cells := strings.Split(row, "\t")
		if len(cells) == 4 && cells[2] == "=" {
			aliases = append(aliases, Alias{cells[0], cells[1], cells[3]})
			continue
		}
		line, err := parseLine(cells)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: line %d: %w", file, n, err)
		}
		lines = append(lines, line)
	}
	return lines, aliases, nil
}

func parseLine(cells []string) (l Line, err error) {
	if len(cells) != columns {
		return l, fmt.Errorf("expected %d cells with a tab between, got %d", columns, len(cells))
	}
	for i, c := range cells {
		if c == "-" {
			cells[i] = ""
		}
	}
	l = Line{Provider: cells[0], Model: cells[1], Origin: cells[columns-2], Checked: cells[columns-1]}
	if l.When, err = ParseCondition(cells[2]); err != nil {
		return l, err
	}
	if l.From, err = ParseDay(cells[3]); err != nil {
		return l, err
	}
	if l.Until, err = ParseDay(cells[4]); err != nil {
		return l, err
	}
	if cells[5] != "" {
		if l.Factor, err = ParseFactor(cells[5]); err != nil {
			return l, err
		}
	}
	l.Rates = NoRates()
	for c := range counts {
		if cells[6+c] == "" {
			continue
		}
		if l.Rates[c], err = ParsePrice(cells[6+c]); err != nil {
			return l, fmt.Errorf("%v: %w", Count(c), err)
		}
	}
	return l, nil
}

// ParseDay reads 2026-01-31 as its first instant in UTC; "" is the zero time.
func ParseDay(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fmt.Errorf("expected a day such as 2026-01-31, got %q", text)
	}
	return t, nil
}

// Write writes lines so that Parse reads the same. Names and origins must hold no
// tab and no end of a line.
func Write(w io.Writer, lines []Line) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "# "+strings.Join(slices.Concat([]string{"provider", "model", "when", "from", "until", "factor"}, countNames[:], []string{"origin", "checked"}), "\t"))
	for _, l := range lines {
		cells := []string{l.Provider, l.Model, l.When.String(), dayOf(l.From), dayOf(l.Until), "", l.Origin, l.Checked}
		if l.Factor != 0 {
			cells[5] = l.Factor.String()
		}
		cells = slices.Insert(cells, 6, l.Rates.cells()...)
		for i, c := range cells {
			if c == "" {
				cells[i] = "-"
			}
		}
		fmt.Fprintln(b, strings.Join(cells, "\t"))
	}
	return b.Flush()
}

func (r Rates) cells() []string {
	cells := make([]string, counts)
	for c, p := range r {
		if p != none {
			cells[c] = p.String()
		}
	}
	return cells
}

func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

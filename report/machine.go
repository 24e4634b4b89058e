package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"
)

// WriteJSON writes the report as one JSON object: by, since, until, rows, total,
// coverage. What is unknown is null, and so is a bound that was not asked for.
func (r *Report) WriteJSON(w io.Writer) error {
	rows := make([]object, 0, len(r.Rows))
	for _, row := range r.Rows {
		rows = append(rows, r.object(row))
	}
	by := r.By
	if by == nil {
		by = []string{}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(object{
		{"by", by}, {"since", bound(r.Since)}, {"until", bound(r.Until)},
		{"rows", rows}, {"total", r.object(r.Total)}, {"coverage", r.Coverage},
	})
}

// WriteCSV writes the rows, without the total and the coverage, which are not
// of their kind. What is unknown is an empty field.
func (r *Report) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	header := append([]string(nil), r.By...)
	for _, column := range columns {
		header = append(header, column.name)
	}
	lines := [][]string{header}
	for _, row := range r.Rows {
		line := append([]string(nil), row.Group...)
		for _, column := range columns {
			v := ""
			if n := column.of(row); n != nil {
				v = strconv.FormatInt(*n, 10)
			}
			line = append(line, v)
		}
		lines = append(lines, line)
	}
	return c.WriteAll(lines)
}

func (r *Report) object(row Row) object {
	var o object
	for i, g := range row.Group {
		o = append(o, member{r.By[i], known(g)})
	}
	for _, c := range columns {
		o = append(o, member{c.name, c.of(row)})
	}
	return o
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i, m := range o {
		b.WriteByte("{,"[min(i, 1)])
		if err := e.Encode(m.name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := e.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// known is nil for what is not.
func known[S ~string](s S) *S {
	if s == "" {
		return nil
	}
	return &s
}

func bound(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return known(t.Format(time.RFC3339))
}

package report

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/wiremeter/wiremeter/prices"
)

// WriteJSON writes the report as one JSON object: by, since, until, rows, hidden,
// total, coverage. What is unknown is null, and so is a bound that was not asked
// for.
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
		{"rows", rows}, {"hidden", r.Hidden}, {"total", r.object(r.Total)}, {"coverage", r.Coverage},
	})
}

// WriteCSV writes the rows, without the total and the coverage, which are not
// of their kind; where rows have models, those in place of the rows. What is
// unknown is an empty field.
func (r *Report) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	header := append([]string(nil), r.By...)
	if r.hasBreakdown {
		header = append(header, modelName)
	}
	for _, column := range columns {
		header = append(header, column.name)
	}
	lines := [][]string{header}
	for _, row := range r.Rows {
		if !r.hasBreakdown {
			lines = append(lines, fields(row.Group, row))
		}
		for _, m := range row.Models {
			lines = append(lines, fields(append(slices.Clone(row.Group), m.Group...), m))
		}
	}
	return c.WriteAll(lines)
}

func fields(group []string, row Row) []string {
	line := slices.Clone(group)
	for _, column := range columns {
		v := ""
		if n := column.forMachines(row); n != nil {
			v = n.String()
		}
		line = append(line, v)
	}
	return line
}

func (r *Report) object(row Row) object {
	o := objectOf(r.By, row)
	if r.hasBreakdown && row.Group != nil {
		models := make([]object, 0, len(row.Models))
		for _, m := range row.Models {
			models = append(models, objectOf([]string{modelName}, m))
		}
		o = append(o, member{"models", models})
	}
	return o
}

func objectOf(by []string, row Row) object {
	var o object
	for i, g := range row.Group {
		o = append(o, member{by[i], known(g)})
	}
	for _, c := range columns {
		o = append(o, member{c.name, c.forMachines(row)})
	}
	return append(o, member{"cost", row.Cost.object()})
}

// object says what the amount is made of. Amounts are in dollars.
func (c Cost) object() object {
	by := object{}
	for _, s := range slices.SortedFunc(slices.Values(c.By), func(a, b Share) int { return cmp.Compare(a.Source, b.Source) }) {
		by = append(by, member{string(s.Source), json.Number(exactDollars(s.Amount))})
	}
	models := c.Models
	if models == nil {
		models = map[string]prices.Reason{}
	}
	var subscription *json.Number
	if c.Subscription != nil {
		subscription = new(json.Number(exactDollars(*c.Subscription)))
	}
	return object{
		{"by_source", by}, {"subscription_usd", subscription}, {"at_least", c.AtLeast},
		{"unpriced", c.Unpriced}, {"unpriced_parts", c.Parts}, {"unpriced_models", models},
	}
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
	if len(o) == 0 {
		b.WriteByte('{')
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

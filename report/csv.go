package report

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/usage"
)

// ExportCSV writes what Export does as CSV (RFC 4180), a header first: the same
// fields in the same order. What is unknown is an empty field; an object or array
// is its JSON.
func ExportCSV(ctx context.Context, w io.Writer, r *sqlite.Reader, q Query) error {
	filter, err := q.Filter()
	if err != nil {
		return err
	}
	c := csv.NewWriter(w)
	var header []string
	for _, m := range line(&usage.Record{}, nil) {
		header = append(header, m.name)
	}
	if err := c.Write(header); err != nil {
		return err
	}
	for record, err := range r.Records(ctx, filter) {
		if err != nil {
			return err
		}
		fields, err := fieldsOf(line(&record, q.Prices))
		if err == nil {
			err = c.Write(fields)
		}
		if err != nil {
			return fmt.Errorf("write record %s: %w", record.ID, err)
		}
	}
	c.Flush()
	return c.Error()
}

func fieldsOf(o object) (fields []string, err error) {
	for _, m := range o {
		field, err := fieldOf(m.value)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	return fields, nil
}

// fieldOf is a value as text: a string as it is, all else as in JSON.
func fieldOf(value any) (string, error) {
	v := reflect.ValueOf(value)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() == reflect.String {
		return v.String(), nil
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return "", err
	}
	if text := strings.TrimSuffix(b.String(), "\n"); text != "null" {
		return text, nil
	}
	return "", nil
}

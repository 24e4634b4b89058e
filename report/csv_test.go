package report

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

// TestExportCSV: each field says what that of the JSON line says.
func TestExportCSV(t *testing.T) {
	r := filled(t, []usage.Record{
		*fullRecord(),
		with(everything(), func(r *usage.Record) { r.Reason, r.UserAgent = "a,b", "say \"hi\"\nagain" }),
		{ID: "0", StartedAt: at("2026-11-24T00:00:00Z"), Outcome: usage.Failed},
	})
	text := written(t, func(w io.Writer) error { return ExportCSV(t.Context(), w, r, Query{}) })
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v:\n%s", len(rows), err, text)
	}
	if want := namesOf(line(&usage.Record{}, nil)); !slices.Equal(rows[0], want) {
		t.Errorf("the header is %v, want %v", rows[0], want)
	}
	var lines []string
	for l := range strings.Lines(exported(t, r, Query{})) {
		lines = append(lines, l)
	}
	for i, row := range rows[1:] {
		var values map[string]json.RawMessage
		if err := json.Unmarshal([]byte(lines[i]), &values); err != nil {
			t.Fatal(err)
		}
		for j, name := range rows[0] {
			want := string(values[name])
			if want == "null" {
				want = ""
			} else if want[0] == '"' {
				if err := json.Unmarshal(values[name], &want); err != nil {
					t.Fatal(err)
				}
			}
			if row[j] != want {
				t.Errorf("row %d: %s is %q, want %q", i+1, name, row[j], want)
			}
		}
	}
}

func TestAnExportToCSVThatFails(t *testing.T) {
	r := filled(t, []usage.Record{everything()})
	full := narrow(0)
	if err := ExportCSV(t.Context(), &full, r, Query{}); !errors.Is(err, errNoRoom) {
		t.Errorf("without room: %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := ExportCSV(gone, io.Discard, r, Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

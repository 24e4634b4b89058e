package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wiremeter/wiremeter/report"
	"github.com/wiremeter/wiremeter/store/sqlite"
	"github.com/wiremeter/wiremeter/transcript"
	"github.com/wiremeter/wiremeter/usage"
)

type exportFlags struct {
	window window
	format string
	out    string
}

const transcripts = "transcript"

// exports write records, each to one file.
var exports = map[string]func(*cobra.Command, io.Writer, *sqlite.Reader, report.Query) error{
	"jsonl": func(c *cobra.Command, w io.Writer, r *sqlite.Reader, of report.Query) error {
		return report.Export(c.Context(), w, r, of)
	},
	"csv": func(c *cobra.Command, w io.Writer, r *sqlite.Reader, of report.Query) error {
		return report.ExportCSV(c.Context(), w, r, of)
	},
}

func newExport(open func() (*house, error)) *cobra.Command {
	f := exportFlags{format: "jsonl"}
	c := &cobra.Command{
		Use:   "export",
		Short: "Print every record as a line of JSON, oldest first, or as CSV or transcripts",
		Long: `Print every record as a line of JSON, oldest first. The fields are a contract:
docs/export.md. What is unknown is null. As CSV they are the same, below a header.

As transcripts, in the layout of Claude Code's, they go into a folder (--out):
docs/transcripts.md. What is there already is not written again.`,
		Example: "  wiremeter export --since 7d >usage.jsonl\n  wiremeter export --format csv --out usage.csv\n  wiremeter export --format transcript --out ~/usage/projects",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if _, ok := exports[f.format]; !ok && f.format != transcripts {
				known := append(slices.Sorted(maps.Keys(exports)), transcripts)
				return fmt.Errorf("--format %q: expected one of %s", f.format, strings.Join(known, ", "))
			}
			if f.format == transcripts && f.out == "" {
				return errors.New("--format transcript: expected --out DIR, the folder that they go into")
			}
			return withReader(open, func(h *house, r *sqlite.Reader) error { return export(c, h, r, f) })
		},
	}
	c.Flags().StringVar(&f.format, "format", f.format, "jsonl, csv or transcript")
	c.Flags().StringVar(&f.out, "out", "", "write to this `FILE`, which is there when all is in it; of transcripts: the folder")
	f.window.register(c.Flags())
	complete(c, open)
	completeFlag(c, "format", cobra.FixedCompletions(append(slices.Sorted(maps.Keys(exports)), transcripts), cobra.ShellCompDirectiveNoFileComp))
	return c
}

func export(c *cobra.Command, h *house, r *sqlite.Reader, f exportFlags) error {
	of, err := f.window.query()
	if err != nil {
		return err
	}
	if of.Prices, err = h.book(); err != nil {
		return err
	}
	if err := f.window.check(c.Context(), c.ErrOrStderr(), r); err != nil {
		return err
	}
	if f.format == transcripts {
		filter, err := of.Filter()
		if err != nil {
			return err
		}
		return exportTranscripts(c, r, f.out, filter)
	}
	if f.out == "" {
		return exports[f.format](c, c.OutOrStdout(), r, of)
	}
	return writeWhole(f.out, func(w io.Writer) error { return exports[f.format](c, w, r, of) })
}

// writeWhole makes a file that is whole as soon as it has its name.
func writeWhole(path string, write func(io.Writer) error) error {
	if at, err := os.Stat(path); err == nil && !at.Mode().IsRegular() {
		return fmt.Errorf("--out %s: expected a file, and not a folder or a device", path) // which the file would replace
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return fmt.Errorf("--out %s: %w", path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("--out %s: %w", path, err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return fmt.Errorf("--out %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("--out %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// exportTranscripts adds to a folder in the order of time. What is not settled is
// there the next time.
func exportTranscripts(c *cobra.Command, r *sqlite.Reader, dir string, of sqlite.Filter) (err error) {
	folder, err := transcript.Open(dir)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	const batch = 1000
	var records []usage.Record
	for record, err := range r.Records(c.Context(), of) {
		if err != nil {
			return err
		}
		if transcript.IsSettled(&record, time.Now()) {
			records = append(records, record)
		}
		if len(records) < batch {
			continue
		}
		if err := folder.Add(records); err != nil {
			return err
		}
		records = records[:0]
	}
	return folder.Add(records)
}

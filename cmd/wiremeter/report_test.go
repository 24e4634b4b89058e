package main

import (
	"context"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Only what is wrong with --by may be said of it.
func TestAnErrorOfAReportNamesTheFlagThatIsWrong(t *testing.T) {
	stage := &house{dir: t.TempDir()}
	r, err := stage.reader()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for by, test := range map[string]struct {
		c    context.Context
		want bool
	}{"model": {over, false}, "colour": {t.Context(), true}, "model,model": {t.Context(), true}} {
		c := &cobra.Command{}
		c.SetContext(test.c)
		err := showReport(c, stage, r, reportFlags{by: strings.Split(by, ",")})
		if err == nil || strings.HasPrefix(err.Error(), "--by: ") != test.want {
			t.Errorf("--by %s: %v", by, err)
		}
	}
}

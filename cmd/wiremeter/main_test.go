package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"wiremeter": main})
}

func TestBadInput(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Files: []string{"testdata/script/bad_input.txtar"},
		Setup: func(e *testscript.Env) error {
			e.Setenv("WIREMETER_HOME", e.WorkDir+"/home")
			return nil
		},
	})
}

var _ = context.Background
var _ = os.Args

package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	recorder "github.com/wiremeter/wiremeter/store"
	"github.com/wiremeter/wiremeter/usage"
)

// The test binary is also the other processes of these tests.
func TestMain(m *testing.M) {
	role := map[string]func(path, name string) error{"": nil, "acknowledge": acknowledge, "fetch": fetch, "obey": obey}[os.Getenv("WIREMETER_TEST_ROLE")]
	if role == nil {
		os.Exit(m.Run())
	}
	if err := role(os.Getenv("WIREMETER_TEST_PATH"), os.Getenv("WIREMETER_TEST_NAME")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func process(t *testing.T, role, path, name string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "WIREMETER_TEST_ROLE="+role, "WIREMETER_TEST_PATH="+path, "WIREMETER_TEST_NAME="+name)
	c.Stderr = os.Stderr
	return c
}

// acknowledge records without end, and prints the number of each record that a
// Flush has confirmed.
func acknowledge(path, _ string) error {
	d, err := Open(path)
	if err != nil {
		return err
	}
	rec := recorder.NewRecorder(d, zerolog.New(os.Stderr))
	c := context.Background()
	for i := 0; ; i += 10 {
		for j := range 10 {
			rec.Record(numbered(i + j))
			rec.Tally(usage.Tally{At: full().StartedAt, Outcome: usage.Tunnelled, Count: 1})
		}
		if err := rec.Flush(c); err != nil {
			return err
		}
		fmt.Println(i + 10)
	}
}

func TestAKilledProcessLosesNothingThatWasFlushed(t *testing.T) {
	for round := range 5 {
		path := filepath.Join(t.TempDir(), "w.db")
		acked := killAfter(t, process(t, "acknowledge", path, ""), 30+50*round)
		r := openReader(t, path)
		a := ask(t, r, Question{})
		stored, _ := total(a, usage.Metered)
		tallied, _ := total(a, usage.Tunnelled)
		if stored < int64(acked) || tallied < int64(acked) {
			t.Errorf("flushed %d, found %d records and %d tallied", acked, stored, tallied)
		}
		for i, record := range records(t, r, Filter{}) {
			if record.ID != fmt.Sprintf("r%06d", i) {
				t.Fatalf("record %d is %s: a hole", i, record.ID)
			}
		}
		shut(t, r)
		d, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		var verdict string
		if err := d.sql.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
			t.Errorf("integrity: %q, %v", verdict, err)
		}
		shut(t, d)
	}
}

// killAfter kills the process, with a signal that it cannot see, once it has
// acknowledged so many lines, and returns the last that it printed.
func killAfter(t *testing.T, c *exec.Cmd, lines int) (last int) {
	t.Helper()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(out)
	for n := 0; s.Scan(); n++ {
		if n == lines {
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := fmt.Sscan(s.Text(), &last); err != nil {
			t.Fatalf("%q: %v", s.Text(), err)
		}
	}
	if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") || last == 0 {
		t.Fatalf("ended with %v after %d", err, last)
	}
	return last
}

const fetched = 300

// fetch records what every other process records too: the same responses,
// shown again.
func fetch(path, name string) error {
	d, err := Open(path)
	if err != nil {
		return err
	}
	rec := recorder.NewRecorder(d, zerolog.New(os.Stderr))
	for i := range fetched {
		r := full()
		r.ID, r.Response.ID, r.IsFetch = fmt.Sprintf("%s-%d", name, i), fmt.Sprintf("resp_%d", i), true
		rec.Record(r)
		if i%7 == 0 {
			if err := rec.Flush(context.Background()); err != nil {
				return err
			}
		}
	}
	if err := rec.Close(context.Background()); err != nil {
		return err
	}
	return d.Close()
}

func TestProcessesThatShareADatabaseCountOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.db")
	var all []*exec.Cmd
	for i := range 3 {
		c := process(t, "fetch", path, fmt.Sprint(i))
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	for _, c := range all {
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
	a := ask(t, openReader(t, path), Question{})
	stored, _ := total(a, usage.Metered)
	again, _ := total(a, usage.NotBillable)
	if stored != fetched || again != 2*fetched {
		t.Errorf("stored %d, tallied %d: %+v", stored, again, a)
	}
}

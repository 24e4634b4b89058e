package main

import (
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/certs"
	"github.com/wiremeter/wiremeter/parsers"
)

// TestAnOldAuthorityLacksDomains: `ca show` lists them as a person would.
func TestAnOldAuthorityLacksDomains(t *testing.T) {
	h := &house{dir: t.TempDir()}
	domains := parsers.BuiltIn().Domains()
	if _, err := certs.OpenAuthority(h.authority(), domains[2:]); err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"ca", "show", "--home", h.dir}, nil, &out, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	if want := "lacks        " + strings.Join(domains[:2], ", ") + ": run `wiremeter ca renew`\n"; !strings.Contains(out.String(), want) {
		t.Errorf("got\n%swant %s", out.String(), want)
	}
}

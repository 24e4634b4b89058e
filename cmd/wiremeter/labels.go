package main

import (
	"fmt"
	"maps"
	"net/url"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/net/http/httpproxy"

	"github.com/wiremeter/wiremeter/capture"
	"github.com/wiremeter/wiremeter/usage"
)

// labels are said by hand, for all requests of a run or a shell. They are a
// flag's value that may be given many times.
type labels map[usage.Dimension]string

func (l *labels) register(f *pflag.FlagSet) {
	*l = make(labels)
	f.Var(l, "label", "whose this is, as `NAME=VALUE` (names: "+strings.Join(labelNames(), ", ")+"); may be repeated")
}

func labelNames() (names []string) {
	for _, d := range capture.Labels {
		names = append(names, string(d))
	}
	return names
}

// Set is pflag's.
func (l *labels) Set(text string) error {
	d, value, err := capture.ParseLabel(text)
	if err != nil {
		return err
	}
	if had := (*l)[d]; had != "" && had != value {
		return fmt.Errorf("label %s: expected one value, got %q and %q", d, had, value)
	}
	(*l)[d] = value
	return nil
}

// String is pflag's.
func (l *labels) String() string { return capture.JoinLabels(*l) }

// Type is pflag's.
func (l *labels) Type() string { return "label" }

// withOuter adds those of the run or the shell that this process is part of.
func (l *labels) withOuter() labels {
	all := make(labels)
	for part := range strings.SplitSeq(outerUser().password, ",") {
		if u, err := url.PathUnescape(part); err == nil {
			part = u
		}
		if d, value, err := capture.ParseLabel(part); err == nil {
			all[d] = value
		}
	}
	maps.Copy(all, *l)
	return all
}

// credentials are those of a proxy's URL.
type credentials struct{ name, password string }

// outerUser are the credentials that another wiremeter has put into this
// process's environment.
func outerUser() credentials {
	value := httpproxy.FromEnvironment().HTTPSProxy
	if value == "" || value != getenv(madeProxy) {
		return credentials{}
	}
	u, err := url.Parse(value)
	if err != nil {
		return credentials{}
	}
	password, _ := u.User.Password()
	return credentials{u.User.Username(), password}
}

package main

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/net/http/httpproxy"

	"github.com/wiremeter/wiremeter/certs"
)

// environment are the variables by which every agent known finds the proxy and
// trusts its authority. The bundle holds the system's roots too: most of these
// replace an agent's roots, and its children inherit them.
func environment(proxyURL, bundle, noProxy string) []string {
	env := []string{"NODE_USE_ENV_PROXY=1"}
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"} {
		env = append(env, name+"="+proxyURL)
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		env = append(env, name+"="+noProxy)
	}
	for _, name := range certs.BundleVariables {
		env = append(env, name+"="+bundle)
	}
	return env
}

// proxyURL carries the run's name as its user, and the labels as its password:
// agents send both with every connection. The scheme must be http, which is all
// that some agents take.
func proxyURL(addr, run string, l labels) string {
	u := url.URL{Scheme: "http", Host: addr}
	if run != "" || len(l) > 0 {
		u.User = url.UserPassword(cmp.Or(run, "labels"), cmp.Or(l.String(), "run"))
	}
	return u.String()
}

// localHosts never go through a proxy.
var localHosts = []string{"localhost", "127.0.0.1", "::1"}

// noProxy adds the local hosts to the user's own exceptions.
func noProxy(getenv func(string) string) string {
	own := getenv("NO_PROXY")
	if own == "" {
		own = getenv("no_proxy")
	}
	hosts := strings.FieldsFunc(own, func(r rune) bool { return r == ',' || r == ' ' })
	seen := make(map[string]bool)
	for _, h := range hosts {
		seen[h] = true
	}
	for _, h := range localHosts {
		if !seen[h] {
			hosts = append(hosts, h)
		}
	}
	return strings.Join(hosts, ",")
}

func newEnv(open func() (*house, error)) *cobra.Command {
	var listen string
	var unset bool
	var l labels
	c := &cobra.Command{
		Use:   "env",
		Short: "Print the shell exports that send a shell's agents through `wiremeter serve`",
		Long: `Print the shell exports that send a shell's agents through a running
` + "`wiremeter serve`" + `. Use it as:  eval "$(wiremeter env)"

A shell that is set up needs the server: while none runs, nothing in it reaches the
network by HTTP. Take it back with:  eval "$(wiremeter env --unset)"
That also unsets what these variables held before.

A label says whose the shell's requests are, for every agent in it.`,
		Example: "  eval \"$(wiremeter env)\"\n  eval \"$(wiremeter env --label team=payments)\"",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if unset {
				return printUnset(c.OutOrStdout())
			}
			h, err := open()
			if err != nil {
				return err
			}
			addr, said := h.listenAddr(listen)
			if _, err := (endpoint{addr: addr, said: said}).host(); err != nil {
				return err
			}
			if listen == "" {
				if s, ok := h.running(c.Context()); ok {
					addr = s.Addr
				} else {
					fmt.Fprintf(c.ErrOrStderr(), "wiremeter: no `wiremeter serve` runs on %s yet; start it before an agent\n", h.dir)
				}
			}
			bundle, err := h.bundle()
			if err != nil {
				return err
			}
			via := proxyURL(addr, "", l.withOuter())
			for _, v := range append(environment(via, bundle, noProxy(getenv)), handedDown(via, h.userProxies(c.Context(), addr))...) {
				name, value, _ := strings.Cut(v, "=")
				fmt.Fprintf(c.OutOrStdout(), "export %s=%s\n", name, shellQuote(value))
			}
			return nil
		},
	}
	c.Flags().StringVar(&listen, "listen", "", "the proxy's `ADDR`ess (default: the one that runs, else "+defaultListen+")")
	l.register(c.Flags())
	c.Flags().BoolVar(&unset, "unset", false, "print what takes the exports back")
	return c
}

func printUnset(out io.Writer) error {
	var names []string
	for _, v := range append(environment("", "", ""), handedDown("", new(httpproxy.Config))...) {
		name, _, _ := strings.Cut(v, "=")
		names = append(names, name)
	}
	_, err := fmt.Fprintln(out, "unset", strings.Join(names, " "))
	return err
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

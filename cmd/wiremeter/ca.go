package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wiremeter/wiremeter/certs"
)

// openAuthority makes the authority at first use.
func (h *house) openAuthority() (*certs.Authority, error) {
	return certs.OpenAuthority(h.authority(), h.known().Domains())
}

// bundle writes the certificate bundle and returns its path.
func (h *house) bundle() (string, error) {
	a, err := h.openAuthority()
	if err != nil {
		return "", err
	}
	return certs.WriteBundle(h.dir, a)
}

func newCA(open func() (*house, error)) *cobra.Command {
	c := &cobra.Command{
		Use:   "ca",
		Short: "Show, export, install, remove or renew wiremeter's certificate authority",
		Long: `wiremeter's own certificate authority lets it read the traffic with model
providers, and with nobody else: its certificates carry name constraints for
the providers' domains, and the key of its root does not exist any more.

` + "`wiremeter run`" + ` needs none of these commands: it tells the agent itself. Install the
authority for agents that only believe the system's trust store.`,
	}
	with := func(use, short string, do func(c *cobra.Command, h *house, a *certs.Authority) error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: noArguments, RunE: func(c *cobra.Command, _ []string) error {
			h, err := open()
			if err != nil {
				return err
			}
			a, err := h.openAuthority()
			if err != nil {
				return err
			}
			return do(c, h, a)
		}}
	}
	onlyCommands(c)
	c.AddCommand(
		with("show", "Show the authority: validity, fingerprint, domains", showCA),
		with("export", "Print the root certificate (PEM)", exportCA),
		with("install", "Add the root certificate to the system's trust store", installCA),
		with("remove", "Remove the root certificate from the system's trust store", removeCA),
		newCARenew(open),
	)
	return c
}

func showCA(c *cobra.Command, h *house, a *certs.Authority) error {
	out := c.OutOrStdout()
	fmt.Fprintf(out, "authority    %s\n", h.authority())
	fmt.Fprintf(out, "fingerprint  %s (SHA-256 of the root)\n", a.Fingerprint())
	fmt.Fprintf(out, "valid until  %s\n", a.NotAfter().Format(time.DateOnly))
	installed, err := certs.IsInstalled(a)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "installed    %s\n", map[bool]string{true: "yes, in the system's trust store", false: "no"}[installed])
	for i, d := range a.Domains() {
		fmt.Fprintf(out, "%-12s %s\n", map[bool]string{true: "permits"}[i == 0], d)
	}
	if missing := a.Missing(h.known().Domains()); len(missing) > 0 {
		fmt.Fprintf(out, "lacks        %s: run `wiremeter ca renew`\n", some(missing))
	}
	return nil
}

func exportCA(c *cobra.Command, _ *house, a *certs.Authority) error {
	_, err := c.OutOrStdout().Write(a.RootPEM())
	return err
}

func installCA(c *cobra.Command, _ *house, a *certs.Authority) error {
	if err := certs.Install(a); err != nil {
		return err
	}
	fmt.Fprintln(c.ErrOrStderr(), "wiremeter: the root certificate is in the system's trust store; programs that run already must be restarted")
	return nil
}

func removeCA(c *cobra.Command, _ *house, a *certs.Authority) error {
	installed, err := certs.IsInstalled(a)
	if err == nil && !installed {
		fmt.Fprintln(c.ErrOrStderr(), "wiremeter: the root certificate was not in the system's trust store")
		return nil
	}
	if err := certs.Remove(a); err != nil {
		return err
	}
	fmt.Fprintln(c.ErrOrStderr(), "wiremeter: the root certificate is no longer in the system's trust store")
	return nil
}

// newCARenew stands apart: it must work when the authority cannot be opened.
func newCARenew(open func() (*house, error)) *cobra.Command {
	return &cobra.Command{
		Use:   "renew",
		Short: "Make a new authority, for all domains known to this version",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			h, err := open()
			if err != nil {
				return err
			}
			if s, ok := h.running(c.Context()); ok {
				return fmt.Errorf("`wiremeter serve` on %s uses the authority: stop it first", s.Addr)
			}
			old, _ := h.openAuthority() // a broken one is a reason to renew
			a, err := certs.Renew(h.authority(), h.known().Domains())
			if err != nil {
				return err
			}
			_, err = certs.WriteBundle(h.dir, a)
			fmt.Fprintf(c.ErrOrStderr(), "wiremeter: new authority %s; agents that trusted the old one must be given this one\n", a.Fingerprint())
			return errors.Join(err, moveTrust(c, old, a))
		},
	}
}

// moveTrust installs the new root where the old one was installed.
func moveTrust(c *cobra.Command, old, renewed *certs.Authority) error {
	if old == nil {
		return nil
	}
	installed, err := certs.IsInstalled(old)
	if err != nil || !installed {
		return err
	}
	if err := errors.Join(certs.Remove(old), certs.Install(renewed)); err != nil {
		return err
	}
	fmt.Fprintln(c.ErrOrStderr(), "wiremeter: replaced in the system's trust store")
	return nil
}

// some names a few of many hosts.
func some(hosts []string) string {
	const few = 3
	if len(hosts) <= few {
		return strings.Join(hosts, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(hosts[:few], ", "), len(hosts)-few)
}

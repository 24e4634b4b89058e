package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // for --timezone where the system has none

	"github.com/spf13/pflag"

	"github.com/wiremeter/wiremeter/report"
	"github.com/wiremeter/wiremeter/store/sqlite"
)

// timeFlag is a bound of a report's time. It is read once the zone is known.
type timeFlag struct{ text string }

func (f *timeFlag) String() string { return f.text }
func (f *timeFlag) Type() string   { return "TIME" }

func (f *timeFlag) Set(text string) error {
	f.text = text
	_, err := f.at(time.Local)
	return err
}

func (f *timeFlag) at(zone *time.Location) (time.Time, error) {
	if f.text == "" {
		return time.Time{}, nil
	}
	return report.ParseTime(f.text, time.Now().In(zone))
}

// zoneFlag is a time zone by its name.
type zoneFlag struct{ zone *time.Location }

func (f *zoneFlag) Type() string { return "ZONE" }

func (f *zoneFlag) String() string {
	if f.zone == nil {
		return ""
	}
	return f.zone.String()
}

func (f *zoneFlag) Set(text string) (err error) {
	if f.zone, err = time.LoadLocation(text); err != nil || text == "" {
		return fmt.Errorf("%q: expected the name of a time zone, such as UTC, Local or Europe/Vienna", text)
	}
	return nil
}

// window is what to show: a time, and of whom.
type window struct {
	since, until timeFlag
	zone         zoneFlag
	where        map[string]*[]string // by dimension
	flags        *pflag.FlagSet
}

func (w *window) register(flags *pflag.FlagSet) {
	flags.Var(&w.since, "since", "from this time on: today, yesterday, 2026-01-31, 2026-01-31T15:04 (all local time), 2026-01-31T15:04:05Z, or how long ago: 90m, 24h, 1.5d, 2w")
	flags.Var(&w.until, "until", "up to this time, not included; given alike")
	flags.Var(&w.zone, "timezone", "where a day begins, and what local time is: UTC, Europe/Vienna (default: here)")
	w.registerFilters(flags)
}

// registerFilters leaves out the times.
func (w *window) registerFilters(flags *pflag.FlagSet) {
	w.where, w.flags = make(map[string]*[]string), flags
	for _, name := range report.Filters() {
		w.where[name] = flags.StringSlice(flagOf(name), nil, only[name])
	}
}

// flagOf is the flag that filters by a dimension.
func flagOf(dimension string) string { return strings.ReplaceAll(dimension, "_", "-") }

// only are the filters' words of help.
var only = map[string]string{
	"model": "only of these models, as they are called exactly; \"unknown\" is one that nobody named, here and below",
	"agent": "only of these agents", "agent_version": "only of these versions of agents", "session": "only of these sessions",
	"parent": "only of sessions that these started", "subagent": "only of these sub-agents", "turn": "only of these turns",
	"purpose": "only what agents wanted for this: main, subagent, title …", "provider": "only of these providers", "host": "only of these hosts",
	"project": "only of these projects", "repository": "only of these repositories", "branch": "only of these branches",
	"commit": "only of these commits", "dir": "only of these working directories", "user": "only of these users", "team": "only of these teams",
	"machine": "only of these machines", "plan": "only paid for so: api, subscription", "tier": "only of these service tiers",
	"outcome": "only with these outcomes", "reason": "only with these reasons", "kind": "only of these kinds: model, prewarm, compact …",
	"hop": "only of these hops: gateway", "front": "only by these fronts: forward, reverse, hook", "run": "only what these runs asked for, by their names",
}

// query has the window's time and filters.
func (w *window) query() (q report.Query, err error) {
	zone := w.zone.zone
	if zone == nil {
		zone = time.Local
	}
	q = report.Query{Location: zone, Where: make(map[string][]string)}
	if q.Since, err = w.since.at(zone); err != nil {
		return q, fmt.Errorf("--since: %w", err)
	}
	if q.Until, err = w.until.at(zone); err != nil {
		return q, fmt.Errorf("--until: %w", err)
	}
	if !q.Since.IsZero() && !q.Until.IsZero() && !q.Since.Before(q.Until) {
		return q, fmt.Errorf("--since %s --until %s: expected the first to be before the second", w.since.text, w.until.text)
	}
	for name, values := range w.where {
		flag := flagOf(name)
		if slices.Contains(*values, "") || len(*values) == 0 && w.flags.Changed(flag) { // a shell's empty variable would choose all
			return q, fmt.Errorf("--%s: expected a value; %q is what nobody said", flag, report.UnknownWord)
		}
		if len(*values) > 0 {
			q.Where[name] = *values
		}
	}
	return q, nil
}

// check says so when a filter chooses what never was: a mistyped name looks like
// one that used nothing.
func (w *window) check(ctx context.Context, errs io.Writer, r *sqlite.Reader) error {
	for _, name := range slices.Sorted(maps.Keys(w.where)) {
		values := *w.where[name]
		if len(values) == 0 {
			continue
		}
		known, err := report.Values(ctx, r, name)
		if err != nil {
			return err
		}
		for _, v := range values {
			if slices.Contains(known, v) || v == report.UnknownWord {
				continue
			}
			if name == "run" {
				isKnown, err := r.KnowsRun(ctx, v)
				if err != nil {
					return err
				}
				if isKnown {
					continue
				}
			}
			fmt.Fprintf(errs, "wiremeter: nothing is recorded of %s %s named %q%s\n", article(name), strings.ReplaceAll(name, "_", " "), v, choices(known))
		}
	}
	return nil
}

// choices name what there is, where that is little.
func choices(known []string) string {
	if len(known) == 0 || len(known) > 12 {
		return ""
	}
	var quoted []string
	for _, v := range known {
		quoted = append(quoted, fmt.Sprintf("%q", v))
	}
	return "; there is " + strings.Join(quoted, ", ")
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) && noun != "user" {
		return "an"
	}
	return "a"
}

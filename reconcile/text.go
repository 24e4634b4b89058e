package reconcile

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/wiremeter/wiremeter/usage"
)

// WriteJSON writes the result as one object. What is unknown is null, or "".
func (r *Result) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// maxShown is how many calls of a group are shown to people.
const maxShown = 20

// nameWidth is that of the longest name of a line: they stand at the left.
const nameWidth = len("differing, as on the wire")

// WriteText writes it for people, in times of this place.
func (r *Result) WriteText(w io.Writer, place *time.Location) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, strings.Repeat(" ", nameWidth)+"\tcalls\tinput\tcache read\tcache write\toutput\treasoning\t")
	for _, line := range []struct {
		name string
		sum  Sum
		has  bool
	}{
		{"equal", r.Equal, true},
		{"differing, as on the wire", r.Differing.Sum, true},
		{"only on the wire", r.OnlyOnWire.Sum, true},
		{"only in the log", r.OnlyInLog.Sum, true},
		{"on the wire twice", r.Twice.Sum, r.Twice.Calls > 0},
		{"again in the log", r.Repeated, r.Repeated.Calls > 0},
		{"prewarm, in no total", r.Prewarm, r.Prewarm.Calls > 0},
	} {
		if line.has {
			fmt.Fprintf(t, "%-*s\t%d\t%s\t\n", nameWidth, line.name, line.sum.Calls, cells(line.sum.Tokens))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, g := range []struct {
		name  string
		group Group
	}{{"differing", r.Differing}, {"only on the wire", r.OnlyOnWire}, {"only in the log", r.OnlyInLog}, {"on the wire twice", r.Twice}} {
		g.group.write(&b, g.name, place)
	}
	b.WriteString("\n" + r.coverage(place) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func cells(t usage.Tokens) string {
	var all []string
	for _, c := range counted {
		all = append(all, number(c.of(t)))
	}
	return strings.Join(all, "\t")
}

// number is "-" for what is unknown.
func number(n *int64) string {
	if n == nil {
		return "-"
	}
	s := strconv.FormatInt(*n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (g *Group) write(b *strings.Builder, name string, place *time.Location) {
	if len(g.Items) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", name)
	for n, i := range g.Items {
		if n == maxShown {
			fmt.Fprintf(b, "  … and %d more (--json has all)\n", len(g.Items)-maxShown)
			return
		}
		fmt.Fprintf(b, "  %s\n", i.line(place))
	}
}

// line is a call in words: of one that differs, how.
func (i *Item) line(place *time.Location) string {
	words := []string{i.At.In(place).Format(time.DateTime), shown(i.Model)}
	for _, w := range []string{i.For, i.ID} {
		if w != "" {
			words = append(words, shown(w))
		}
	}
	if i.Outcome != "" && i.Outcome != usage.Metered {
		words = append(words, string(i.Outcome))
	}
	t := i.Wire
	if t == nil {
		t = i.Log
	}
	for _, c := range counted {
		switch isIn := slices.Contains(i.Differs, c.name); {
		case isIn:
			words = append(words, fmt.Sprintf("%s %s, in the log %s", spaced(c.name), number(c.of(*i.Wire)), number(c.of(*i.Log))))
		case len(i.Differs) == 0 && c.of(*t) != nil && c.name != "reasoning":
			words = append(words, spaced(c.name)+" "+number(c.of(*t)))
		}
	}
	return strings.Join(words, "  ")
}

func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

// shown is a name for people: it is another's, and a terminal obeys control
// characters.
func shown(s string) string {
	const longest = 64
	if s == "" {
		return "unknown"
	}
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return s
}

// coverage says how much of the log was joined, and how.
func (r *Result) coverage(place *time.Location) string {
	if a, err := AgentOf(r.Agent); err == nil && a.isStated() {
		return r.stated(place)
	}
	if r.Since.IsZero() {
		return fmt.Sprintf("%s: nothing is recorded; its log has %s in %s", r.Agent, many(r.Before, "call"), many(r.Files, "file"))
	}
	joined := r.ByID + r.ByNearness
	var b strings.Builder
	fmt.Fprintf(&b, "%s, since %s: %d of %s of the log (%s) joined", r.Agent, r.Since.In(place).Format(time.DateTime),
		joined, many(joined+r.OnlyInLog.Calls, "call"), many(r.Files, "file"))
	switch {
	case r.ID == "":
		b.WriteString(" by session, model, counts and time: its log has no id that is on the wire")
	case r.ByNearness > 0:
		fmt.Fprintf(&b, ": %d by %s, %d without one by session, model, counts and time", r.ByID, r.ID, r.ByNearness)
	default:
		b.WriteString(" by " + r.ID)
	}
	for _, besides := range []struct {
		n    int
		what string
	}{
		{r.NoCounts, "on the wire without counts (refused, or stated none)"}, {r.Before, "in the log from before the first record"}, {r.Unreadable, "lines of the log could not be read"},
	} {
		if besides.n > 0 {
			fmt.Fprintf(&b, "; %d %s", besides.n, besides.what)
		}
	}
	return b.String()
}

// stated is coverage where the provider's statements stand in the place of a log.
func (r *Result) stated(place *time.Location) string {
	n := r.ByNearness + r.OnlyInLog.Calls
	switch {
	case r.Since.IsZero():
		return fmt.Sprintf("%s: nothing is recorded; its provider has stated %s", r.Agent, many(r.Before, "turn"))
	case n+r.Before == 0:
		return fmt.Sprintf("%s: its provider has stated nothing in this time: its list of usage did not come by", r.Agent)
	}
	text := fmt.Sprintf("%s, since %s: %d of %s that its provider states (in place of a log) joined by session, model, counts and time",
		r.Agent, r.Since.In(place).Format(time.DateTime), r.ByNearness, many(n, "turn"))
	if r.NoCounts > 0 {
		text += fmt.Sprintf("; %d on the wire without counts", r.NoCounts)
	}
	if r.Before > 0 {
		text += fmt.Sprintf("; %d stated from before the first record", r.Before)
	}
	return text
}

func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

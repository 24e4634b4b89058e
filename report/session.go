package report

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/store/sqlite"
)

// Sessions lists agents' sessions, those that asked last first.
type Sessions struct {
	All      []Session
	Coverage Coverage // of theirs

	location *time.Location
}

// Session is one of them, and what it used in the query's time.
type Session struct {
	sqlite.Session
	Agents   []string // as a rule one; none: unknown
	Projects []string
	Row      // with its models
}

// AskSessions answers with as many sessions as q.Limit says; 0: all. Of q, By,
// Breakdown and Sort mean nothing.
func AskSessions(ctx context.Context, r *sqlite.Reader, q Query) (*Sessions, error) {
	filter, err := q.Filter()
	if err != nil {
		return nil, err
	}
	found, err := r.Sessions(ctx, filter, q.Limit)
	if err != nil {
		return nil, err
	}
	s := &Sessions{location: q.Location}
	ids, q := q.of(found)
	q.CountsSessions, q.CountsTurns = true, true
	used, err := Ask(ctx, r, q)
	if err != nil {
		return nil, err
	}
	q.By, q.Breakdown = []string{"session", "agent", "project"}, false
	known, err := Ask(ctx, r, q)
	if err != nil {
		return nil, err
	}
	s.Coverage = used.Coverage
	for i := range ids {
		line := Session{Session: found[i], Row: used.rowOf(ids[i])}
		for _, row := range known.Rows {
			if row.Group[0] == ids[i] {
				line.Agents, line.Projects = withKnown(line.Agents, row.Group[1]), withKnown(line.Projects, row.Group[2])
			}
		}
		s.All = append(s.All, line)
	}
	return s, nil
}

// of asks what these sessions used. Where the query has no bound, their first
// request is one: what is older need not be read.
func (q Query) of(sessions []sqlite.Session) (ids []string, _ Query) {
	var first time.Time
	for _, s := range sessions {
		ids = append(ids, s.ID)
		if first.IsZero() || s.Began.Before(first) {
			first = s.Began
		}
	}
	if q.Since.IsZero() {
		q.Since = first
	}
	q.Where = narrowed(q.Where, "session", ids)
	if len(ids) == 0 {
		q.Until = q.Since // nothing
	}
	q.By, q.Breakdown, q.Sort, q.Limit = []string{"session"}, true, "", 0
	return ids, q
}

func withKnown(all []string, word string) []string {
	if word == "" || slices.Contains(all, word) {
		return all
	}
	return append(all, word)
}

// sessionColumns are the numbers of a session in a table.
var sessionColumns = []struct{ name, title string }{
	{"requests", "requests"}, {"turns", "turns"}, {"total", "tokens"}, {"cache_hit_rate", "cache hit"}, {"cost_usd", "cost"},
}

// WriteTable writes the sessions for people.
func (s *Sessions) WriteTable(w io.Writer, style Style) error {
	g := &grid{left: 5, cells: [][]string{{"last request", "session", "agent", "project", "models"}}}
	for _, c := range sessionColumns {
		g.cells[0] = append(g.cells[0], c.title)
	}
	for i := range s.All {
		g.cells = append(g.cells, s.All[i].cells(s.location, style))
	}
	b := bufio.NewWriter(w)
	if len(s.All) == 0 {
		fmt.Fprintln(b, "no sessions in this time")
	} else {
		dropped := g.fit(style.Width, []string{"turns", "cache hit", "requests", "project"})
		g.writeAll(b, style)
		noRoom(b, dropped)
	}
	fmt.Fprintf(b, "\n%v\n", s.Coverage)
	return b.Flush()
}

func (s *Session) cells(at *time.Location, style Style) []string {
	cells := []string{
		s.Ended.In(at).Format("2006-01-02 15:04"), name(s.ID),
		orUnknown(s.Agents), orUnknown(s.Projects), orUnknown(s.models()),
	}
	for _, c := range sessionColumns {
		at := slices.IndexFunc(columns, func(known column) bool { return known.name == c.name })
		cells = append(cells, columns[at].forPeople(s.Row, !style.IsShort))
	}
	return cells
}

func (s *Session) models() (all []string) {
	for _, m := range s.Models {
		all = withKnown(all, m.Group[0])
	}
	return all
}

func orUnknown(all []string) string {
	if len(all) == 0 {
		return name("")
	}
	return strings.Join(names(all), ", ")
}

// WriteJSON writes the sessions as lines of JSON: session, began, ended, agents,
// projects, models, and the numbers of a report. What is unknown is null.
func (s *Sessions) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i := range s.All {
		one := &s.All[i]
		o := object{
			{"session", one.ID}, {"began", one.Began.Format(millis)}, {"ended", one.Ended.Format(millis)},
			{"agents", neverNull(one.Agents)}, {"projects", neverNull(one.Projects)}, {"models", neverNull(one.models())},
		}
		if err := e.Encode(append(o, objectOf(nil, Row{
			Requests: one.Requests, Tokens: one.Tokens, Cost: one.Cost, Sessions: one.Sessions, Turns: one.Turns, Counts: one.Counts,
		})...)); err != nil {
			return err
		}
	}
	return nil
}

// neverNull is an empty list for none.
func neverNull(all []string) []string { return append([]string{}, all...) }

package report

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/store/sqlite"
)

// StatusLine says in a line for people, without its end, what a session used and
// what was used today, at the place of now. Without a session it is of today.
func StatusLine(ctx context.Context, r *sqlite.Reader, book *prices.Book, session string, now time.Time) (string, error) {
	year, month, day := now.Date()
	today, err := Ask(ctx, r, Query{Since: firstInstant(time.Date(year, month, day, 0, 0, 0, 0, now.Location()), now.Format(time.DateOnly)), Location: now.Location(), Prices: book})
	if err != nil {
		return "", err
	}
	if session == "" {
		return "today " + today.Total.glance(), nil
	}
	all, err := AskSessions(ctx, r, Query{Where: map[string][]string{"session": {session}}, Limit: 1, Location: now.Location(), Prices: book})
	if err != nil {
		return "", err
	}
	own := Row{}
	if len(all.All) > 0 {
		own = all.All[0].Row
	}
	return own.glance() + " · today " + today.Total.glance(), nil
}

// glance is a row at a glance: tokens, how many of the prompts' were cached, cost.
func (r Row) glance() string {
	if r.Requests == 0 {
		return "no requests"
	}
	all := r.All()
	if all == nil {
		return requests(r.Requests) + " without known tokens"
	}
	parts := []string{short(*all) + " tokens"}
	if hits := cacheHits(r); hits != nil {
		parts = append(parts, fmt.Sprintf("%d %% cached", *hits/1000))
	}
	if c := r.Cost; c.Amount != nil {
		parts = append(parts, map[bool]string{true: "at least "}[c.Unpriced+c.Parts+c.AtLeast > 0]+c.money(*c.Amount))
	}
	return strings.Join(parts, ", ")
}

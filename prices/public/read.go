package public

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/wiremeter/wiremeter/prices"
)

// Table is what was read.
type Table struct {
	Format  string // litellm or models.dev
	Lines   []prices.Line
	Skipped map[string]int // models that were left out, by the reason
}

// Read reads either format. Checked is the day on which it was published or
// fetched, for the lines. It fails where nothing can be made of the text, or no
// model in it has a price.
func Read(text []byte, checked string) (*Table, error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(text, &top); err != nil {
		return nil, fmt.Errorf("expected a JSON object: %w", err)
	}
	t := &Table{Skipped: make(map[string]int)}
	var read func(name string, value json.RawMessage, b *builder)
	switch {
	case isModelsDev(top):
		t.Format, read = "models.dev", readProvider
	case isLiteLLM(top):
		t.Format, read = "litellm", readEntry
	default:
		return nil, errors.New("expected a table in the format of LiteLLM or of models.dev")
	}
	b := &builder{table: t, checked: checked, models: make(map[string][]prices.Line)}
	for _, name := range slices.Sorted(maps.Keys(top)) {
		read(name, top[name], b)
	}
	if b.finish(); len(t.Lines) == 0 {
		return nil, errors.New("no model in it has a price")
	}
	return t, nil
}

// builder gathers models.
type builder struct {
	table   *Table
	checked string
	models  map[string][]prices.Line // by provider and comparable name; nil: several
}

func (b *builder) skip(reason string) { b.table.Skipped[reason]++ }

// The reasons for which models are left out.
const (
	noProvider = "of a provider that wiremeter does not know"
	noPrice    = "without a price for tokens"
	notSaid    = "with a price that depends on what is not recorded"
	noSize     = "with a prompt size that no band begins at"
	contrary   = "under one name with different prices"
)

// add takes the lines of one model. Two models of one name with different prices
// are both left out.
func (b *builder) add(lines []prices.Line) {
	for i := range lines {
		lines[i].Origin, lines[i].Checked = b.table.Format, b.checked
	}
	key := lines[0].Provider + " " + strings.ReplaceAll(strings.ToLower(lines[0].Model), ".", "-")
	before, isDouble := b.models[key]
	switch {
	case !isDouble:
		b.models[key] = lines
	case !slices.EqualFunc(before, lines, samePrice):
		b.skip(contrary)
		if before != nil {
			b.skip(contrary)
		}
		b.models[key] = nil
	}
}

func samePrice(a, b prices.Line) bool {
	return a.When == b.When && a.Rates == b.Rates && a.Factor == b.Factor
}

func (b *builder) finish() {
	for _, key := range slices.Sorted(maps.Keys(b.models)) {
		b.table.Lines = append(b.table.Lines, b.models[key]...)
	}
}

// perMillion turns dollars for one into a price; ok is false for what is none.
func perMillion(dollars float64) (p prices.Price, ok bool) {
	v := math.Round(dollars * 1e15)
	return prices.Price(v), v >= 0 && v <= 1e15
}

// isClaude: Anthropic's unnamed cache writes are those of five minutes.
func isClaude(model string) bool { return strings.Contains(strings.ToLower(model), "claude") }

// atSize is the first prompt size of a tier; ok is false where no band begins
// there. xAI's tiers begin at the size itself, all others above it.
func atSize(provider string, size int64) (from int64, ok bool) {
	from = size + 1
	if provider == "xai" {
		from = size
	}
	return from, slices.Contains(prices.Bounds(), from)
}

// order of lines: the ordinary first, so that what is written reads well.
func order(a, b prices.Line) int { return cmp.Compare(a.When.String(), b.When.String()) }

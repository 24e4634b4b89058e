package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/wiremeter/wiremeter/prices"
)

// priceConfig is [prices] of config.toml.
type priceConfig struct {
	File     string  `toml:"file"`     // the company's own prices; a relative name is below the home
	Currency string  `toml:"currency"` // in which costs are shown
	Rate     float64 `toml:"rate"`     // of it for a dollar
}

// priceFile is the company's own price file.
type priceFile struct {
	Prices []companyPrice `toml:"price"`
}

// companyPrice is a prices.Line, as the file writes it.
type companyPrice struct {
	Provider string          `toml:"provider"`
	Model    string          `toml:"model"`
	Aliases  []string        `toml:"aliases"`
	When     string          `toml:"when"`
	From     *toml.LocalDate `toml:"from"`
	Until    *toml.LocalDate `toml:"until"`
	Factor   *float64        `toml:"factor"`

	Input           *float64 `toml:"input"`
	CacheRead       *float64 `toml:"cache_read"`
	CacheWrite5m    *float64 `toml:"cache_write_5m"`
	CacheWrite1h    *float64 `toml:"cache_write_1h"`
	CacheWriteOther *float64 `toml:"cache_write_other"`
	Output          *float64 `toml:"output"`
	WebSearch       *float64 `toml:"web_search"`
}

// begin is the first instant of a day in UTC; the zero time for none.
func begin(day *toml.LocalDate) time.Time {
	if day == nil {
		return time.Time{}
	}
	return day.AsTime(time.UTC)
}

func (p *companyPrice) line() (l prices.Line, err error) {
	l = prices.Line{Provider: p.Provider, Model: p.Model, From: begin(p.From), Until: begin(p.Until), Origin: "company"}
	if l.When, err = prices.ParseCondition(p.When); err != nil {
		return l, fmt.Errorf("when: %w", err)
	}
	if p.Factor != nil {
		if l.Factor, err = prices.ParseFactor(decimal(*p.Factor)); err != nil {
			return l, fmt.Errorf("factor: %w", err)
		}
	}
	if l.Rates, err = p.rates(); err != nil {
		return l, err
	}
	if (l.Rates == prices.NoRates()) == (l.Factor == 0) {
		return l, fmt.Errorf("%s %s: expected either prices or a factor", p.Provider, p.Model)
	}
	return l, nil
}

func (p *companyPrice) rates() (prices.Rates, error) {
	r := prices.NoRates()
	// In the order of prices.Count.
	for i, dollars := range []*float64{p.Input, p.CacheRead, p.CacheWrite5m, p.CacheWrite1h, p.CacheWriteOther, p.Output, p.WebSearch} {
		if dollars == nil {
			continue
		}
		var err error
		if r[i], err = prices.ParsePrice(decimal(*dollars)); err != nil {
			return r, fmt.Errorf("%v: %w", prices.Count(i), err)
		}
	}
	return r, nil
}

// decimal is a number as it was written: the shortest that reads the same.
func decimal(number float64) string { return strconv.FormatFloat(number, 'f', -1, 64) }

// readPriceFile reads the company's prices. An error says the file and the line.
func readPriceFile(path string) (*prices.Table, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the company's prices: %w", err)
	}
	var f priceFile
	if err := decodeConfig(text, &f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var lines []prices.Line
	var aliases []prices.Alias
	for i := range f.Prices {
		p := &f.Prices[i]
		l, err := p.line()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, atPrice(text, i, err))
		}
		lines = append(lines, l)
		for _, a := range p.Aliases {
			aliases = append(aliases, prices.Alias{Provider: p.Provider, Name: a, Model: p.Model})
		}
	}
	t, err := prices.NewTable(prices.ByCompany, lines, aliases)
	if wrong, ok := errors.AsType[*prices.LineError](err); ok {
		err = atPrice(text, wrong.Line, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// priceHeader begins a price in the file.
var priceHeader = regexp.MustCompile(`^\s*\[\[\s*price\s*\]\]`)

// atPrice tells the line of the file at which the nth price begins.
func atPrice(text []byte, n int, err error) error {
	row := 0
	for line := range strings.Lines(string(text)) {
		row++
		if !priceHeader.MatchString(line) {
			continue
		}
		if n == 0 {
			return fmt.Errorf("line %d: %w", row, err)
		}
		n--
	}
	return err // prices in one line, as an array
}

// book has the prices that costs are worked out with, and the currency in which
// they are shown.
func (h *house) book() (*prices.Book, error) {
	code := h.config.Prices.Currency
	rate, err := prices.ParseFactor(decimal(h.config.Prices.Rate))
	if err != nil || (code == "") != (rate == 0) {
		return nil, fmt.Errorf("%s expected a currency and its rate for a dollar, such as currency = \"EUR\" and rate = 0.92", h.said("[prices]"))
	}
	company, err := h.companyPrices()
	if err != nil {
		return nil, err
	}
	refreshed, err := h.refreshedPrices()
	if err != nil {
		return nil, err
	}
	return prices.NewBook(company, refreshed, prices.EmbeddedTable()).In(prices.Currency{Code: code, Rate: rate}), nil
}

func (h *house) companyPrices() (*prices.Table, error) {
	file := h.config.Prices.File
	if file == "" {
		return nil, nil
	}
	if !filepath.IsAbs(file) {
		file = h.path(file)
	}
	t, err := readPriceFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s %w", h.said("prices.file"), err)
	}
	return t, nil
}

// refreshedFile is what `prices update` has read.
const refreshedFile = "prices.tsv"

func (h *house) refreshedPrices() (*prices.Table, error) {
	path := h.path(refreshedFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the refreshed prices: %w", err)
	}
	defer f.Close()
	lines, aliases, err := prices.Parse(path, f)
	t, tableErr := prices.NewTable(prices.Refreshed, lines, aliases)
	if err = cmp.Or(err, tableErr); err != nil {
		return nil, fmt.Errorf("read the refreshed prices: %w; make them anew with `wiremeter prices update`, or remove %s", err, path)
	}
	return t, nil
}

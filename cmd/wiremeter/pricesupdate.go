package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wiremeter/wiremeter/prices"
	"github.com/wiremeter/wiremeter/prices/public"
)

const (
	maxTable = 64 << 20 // bytes; the public ones have less than two million
	patience = time.Minute
)

func newPricesUpdate(open func() (*house, error)) *cobra.Command {
	var from string
	c := &cobra.Command{
		Use:   "update --from URL|FILE",
		Short: "Read a public price table, in the format of LiteLLM or of models.dev",
		Long: `Read a public price table, in the format of LiteLLM's
model_prices_and_context_window.json or of models.dev's api.json, and use it above
the embedded one from now on. This is the only request that wiremeter makes of its
own, and it makes it only here. After an error the old table stays as it was.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if from == "" {
				return errors.New("--from: expected a URL or a file, such as https://models.dev/api.json")
			}
			h, err := open()
			if err != nil {
				return err
			}
			return h.updatePrices(c, from)
		},
	}
	c.Flags().StringVar(&from, "from", "", "`URL|FILE` of the table")
	return c
}

func (h *house) updatePrices(c *cobra.Command, from string) error {
	text, err := h.fetch(c.Context(), from)
	if err != nil {
		return err
	}
	read, err := public.Read(text, time.Now().UTC().Format(time.DateOnly))
	if err != nil {
		return fmt.Errorf("--from %s: %w", from, err)
	}
	table, err := prices.NewTable(prices.Refreshed, read.Lines, nil)
	if err != nil {
		return fmt.Errorf("--from %s: %w", from, err)
	}
	if err := writePrices(h.path(refreshedFile), read.Lines); err != nil {
		return fmt.Errorf("store the prices: %w", err)
	}
	fmt.Fprintf(c.OutOrStdout(), "%s of %s, in the format of %s\n", many(len(read.Lines), "price"), many(len(table.Models()), "model"), read.Format)
	for _, reason := range slices.Sorted(maps.Keys(read.Skipped)) {
		fmt.Fprintf(c.OutOrStdout(), "%d left out: %s\n", read.Skipped[reason], reason)
	}
	return nil
}

// fetch reads a URL, on the same way as providers are reached, or a file.
func (h *house) fetch(ctx context.Context, from string) ([]byte, error) {
	if !strings.HasPrefix(from, "http://") && !strings.HasPrefix(from, "https://") {
		if strings.Contains(from, "://") {
			return nil, fmt.Errorf("--from %q: expected http:// or https://, or a file", from)
		}
		f, err := os.Open(from)
		if err != nil {
			return nil, fmt.Errorf("--from: %w", err)
		}
		defer f.Close()
		return readWhole(from, f)
	}
	u, err := upstreamFlags{}.fill(h).upstream(ctx, h, "")
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: u.Roots}, ForceAttemptHTTP2: true}
	if u.Proxy != nil {
		transport.Proxy = func(r *http.Request) (*url.URL, error) { return u.Proxy(r.URL) }
	}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, fmt.Errorf("--from: %w", err)
	}
	client := &http.Client{Timeout: patience, Transport: transport}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("--from: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("--from %s: expected a table, got %s", from, response.Status)
	}
	return readWhole(from, response.Body)
}

func readWhole(from string, r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxTable+1))
	if err != nil {
		return nil, fmt.Errorf("--from %s: %w", from, err)
	}
	if len(text) > maxTable {
		return nil, fmt.Errorf("--from %s: expected a table of at most %d bytes", from, maxTable)
	}
	return text, nil
}

// writePrices puts a whole file in the place of the old one, or leaves that.
func writePrices(path string, lines []prices.Line) (err error) {
	var b bytes.Buffer
	if err := prices.Write(&b, lines); err != nil {
		return err
	}
	if _, _, err := prices.Parse(path, bytes.NewReader(b.Bytes())); err != nil {
		return err // a name with a tab in it
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".prices-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(b.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

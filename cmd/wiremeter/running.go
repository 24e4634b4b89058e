package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"time"
)

// runningFile says where `wiremeter serve` serves this house.
const runningFile = "serve.json"

// announce leaves word that this house is served at addr, unless another server
// has, and lives: then it returns that one's address. The function that it
// returns takes the word back.
func (h *house) announce(ctx context.Context, addr string) (retract func() error, other string, err error) {
	// A word of this very address was left by one that crashed.
	if s, ok := h.running(ctx); ok && s.Addr != addr {
		return func() error { return nil }, s.Addr, nil
	}
	text, err := json.Marshal(status{Addr: addr, Home: h.dir})
	if err != nil {
		return nil, "", fmt.Errorf("announce the server: %w", err)
	}
	if err := os.WriteFile(h.path(runningFile), text, 0o600); err != nil {
		return nil, "", fmt.Errorf("announce the server: %w", err)
	}
	return func() error { return h.retract(addr) }, "", nil
}

// retract takes back the word of the server at addr, not that of another.
func (h *house) retract(addr string) error {
	if h.announced().Addr != addr {
		return nil
	}
	if err := os.Remove(h.path(runningFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take back the word of this server: %w", err)
	}
	return nil
}

// announced is the word that was left, or empty.
func (h *house) announced() status {
	var s status
	text, err := os.ReadFile(h.path(runningFile))
	if err != nil || json.Unmarshal(text, &s) != nil {
		return status{}
	}
	return s
}

// running asks whether a server serves this house. A word left by one that
// crashed does not count, nor a stranger at its address.
func (h *house) running(ctx context.Context) (status, bool) {
	s := h.announced()
	return s, s.Addr != "" && h.isServedAt(ctx, s.Addr)
}

// isServedAt asks whether a server of this house is at addr.
func (h *house) isServedAt(ctx context.Context, addr string) bool {
	home := homeServedAt(ctx, addr)
	return home != "" && (home == h.dir || isSameFile(home, h.dir))
}

// homeServedAt asks which house the wiremeter at addr serves; "": there is none.
func homeServedAt(ctx context.Context, addr string) string {
	var s status
	body, err := ask(ctx, http.MethodGet, addr, statusPath)
	if err != nil || json.Unmarshal(body, &s) != nil {
		return ""
	}
	return s.Home
}

// isSameFile sees through links.
func isSameFile(a, b string) bool {
	x, err := os.Stat(a)
	y, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(x, y)
}

// ask sends a request to a running wiremeter, past every proxy.
func ask(ctx context.Context, method, addr, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+addr+path, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("wiremeter at %s answered %s: %s", addr, resp.Status, body)
	}
	return body, err
}

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

// announce leaves word of where this house is served. The function that it
// returns takes it back.
func (h *house) announce(addr string) (func() error, error) {
	text, err := json.Marshal(status{Addr: addr, Home: h.dir})
	if err != nil {
		return nil, fmt.Errorf("announce the server: %w", err)
	}
	if err := os.WriteFile(h.path(runningFile), text, 0o600); err != nil {
		return nil, fmt.Errorf("announce the server: %w", err)
	}
	return func() error { return os.Remove(h.path(runningFile)) }, nil
}

// running asks whether a server serves this house. A word left by one that
// crashed does not count, nor a stranger at its address.
func (h *house) running(ctx context.Context) (status, bool) {
	var s status
	text, err := os.ReadFile(h.path(runningFile))
	if errors.Is(err, fs.ErrNotExist) || json.Unmarshal(text, &s) != nil {
		return s, false
	}
	body, err := ask(ctx, http.MethodGet, s.Addr, statusPath)
	if err != nil || json.Unmarshal(body, &s) != nil {
		return s, false
	}
	return s, s.Home == h.dir
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

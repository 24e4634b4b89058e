package main

import (
	"fmt"
	"io"
	"time"
)

// goals are the ratios that wiremeter is to keep, in one run.
type goal struct {
	name  string
	ratio float64
	limit float64
}

func (f *field) print(w io.Writer) {
	tunnel := f.paths["tunnel"]
	direct := f.paths["direct"]
	fmt.Fprintf(w, "medians of %d interleaved rounds; × is the ratio to the blind tunnel\n\n", f.rounds)
	fmt.Fprintln(w, "| | JSON req/s × | CPU/req × | events/s × | CPU/event × | paced CPU/event × | added delay/event | added first byte | new conn/s × | KB/idle stream |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, name := range contestants {
		p := f.paths[name]
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", titles[name],
			times(p.jsonRate, tunnel.jsonRate), times(p.jsonCPU, tunnel.jsonCPU),
			times(p.eventRate, tunnel.eventRate), times(p.eventCPU, tunnel.eventCPU), times(p.paceCPU, tunnel.paceCPU),
			added(p.delay, direct.delay), added(p.first, direct.first),
			times(p.connRate, tunnel.connRate), kilobytes(p.perIdle))
	}
	f.printStreams(w)
	on, off, goproxy := f.paths["on"], f.paths["off"], f.paths["goproxy"]
	fmt.Fprintln(w, "\n| goal | measured | at most | |\n|---|--:|--:|---|")
	for _, g := range []goal{
		{"CPU per event, flat out, to the tunnel's", ratio(on.eventCPU, tunnel.eventCPU), 1.15},
		{"CPU per JSON request, to the tunnel's", ratio(on.jsonCPU, tunnel.jsonCPU), 1.6},
		{"CPU per JSON request, to tuned goproxy's", ratio(on.jsonCPU, goproxy.jsonCPU), 0.77},
		{"CPU per JSON request, recording on to off", ratio(on.jsonCPU, off.jsonCPU), 1.05},
		{"CPU per event, recording on to off", ratio(on.eventCPU, off.eventCPU), 1.05},
		{"CPU per message on a WebSocket, recording on to off", ratio(on.messageCPU, off.messageCPU), 1.1},
		{"CPU per envelope of Connect, recording on to off", ratio(on.envelopeCPU, off.envelopeCPU), 1.1},
		{"KB per idle HTTP/1.1 stream", float64(on.perIdle) / 1024, 60},
	} {
		verdict := "met"
		if g.ratio > g.limit {
			verdict = "**not met**"
		}
		fmt.Fprintf(w, "| %s | %.2f | %.2f | %s |\n", g.name, g.ratio, g.limit, verdict)
	}
}

// printStreams prints what is no server-sent events.
func (f *field) printStreams(w io.Writer) {
	tunnel := f.paths["tunnel"]
	fmt.Fprintln(w, "\n| | WebSocket messages/s × | CPU/message × | Connect envelopes/s × | CPU/envelope × |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|")
	for _, name := range contestants {
		p := f.paths[name]
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", titles[name],
			times(p.messageRate, tunnel.messageRate), times(p.messageCPU, tunnel.messageCPU),
			times(p.envelopeRate, tunnel.envelopeRate), times(p.envelopeCPU, tunnel.envelopeCPU))
	}
}

// ratio is the median over the rounds of the ratio within a round: what slowed
// both down in a round does not count.
func ratio(a, b []float64) float64 {
	var r []float64
	for i := range min(len(a), len(b)) {
		r = append(r, a[i]/b[i])
	}
	return median(r)
}

func times(a, b []float64) string {
	r := ratio(a, b)
	if r == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", r)
}

func added(a, b []time.Duration) string {
	d := median(a) - median(b)
	if d == 0 {
		return "–"
	}
	return fmt.Sprintf("%d µs", d.Microseconds())
}

func kilobytes(n int64) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("%d", n>>10)
}

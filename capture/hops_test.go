package capture

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/usage"
)

// hopStage plays exchanges that are open at the same time. A second passes with
// each that begins or ends.
type hopStage struct {
	t *testing.T
	c *Capture
	s *shelf
}

const vendorHost = "api.openai.com"

func (g *hopStage) begin(host string) *Exchange {
	time.Sleep(time.Second)
	return g.c.Begin(usage.Exchange{StartedAt: time.Now(), Front: usage.Forward, Method: "POST", Host: host, Path: "/v1/chat/completions"})
}

func (g *hopStage) end(e *Exchange, id, model string, input, output int) {
	time.Sleep(time.Second)
	e.Response(200, usage.Header{"Content-Type": {"application/json"}})
	e.Body(fmt.Appendf(nil, `{"id":%q,"model":%q,"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":%d}}`, id, model, input, output))
	e.End(nil)
}

// hops are those of the records, in their order: * for a way to a gateway.
func (g *hopStage) hops() string {
	time.Sleep(2 * hopPatience)
	synctest.Wait()
	var all []string
	for _, r := range g.s.records {
		mark := ""
		if r.Hop == usage.Gateway {
			mark = "*"
		}
		all = append(all, r.Host+mark)
	}
	return strings.Join(all, " ")
}

// TestHops: of one answer that passes twice the way to the gateway is told by
// what both say, and nothing else is.
func TestHops(t *testing.T) {
	const gateway, other = "127.0.0.1", "localhost"
	for name, test := range map[string]struct {
		play func(g *hopStage)
		want string
	}{
		"the same id": {func(g *hopStage) {
			a := g.begin(gateway)
			c := g.begin(vendorHost)
			g.end(c, "c1", "gpt-5.6", 10, 2)
			g.end(a, "c1", "alias", 10, 2)
		}, "api.openai.com 127.0.0.1*"},
		"the same counts and model": {func(g *hopStage) {
			a := g.begin(gateway)
			c := g.begin(vendorHost)
			g.end(c, "c1", "gpt-5.6", 10, 2)
			g.end(a, "x1", "openai/GPT-5.6", 10, 2)
		}, "api.openai.com 127.0.0.1*"},
		"the provider's end is heard last": {func(g *hopStage) {
			a := g.begin(gateway)
			c := g.begin(vendorHost)
			go g.end(a, "c1", "gpt-5.6", 10, 2)
			time.Sleep(hopPatience / 2)
			g.end(c, "c1", "gpt-5.6", 10, 2)
		}, "api.openai.com 127.0.0.1*"},
		"another model": {func(g *hopStage) {
			a := g.begin(gateway)
			c := g.begin(vendorHost)
			g.end(c, "c1", "gpt-5.6", 10, 2)
			g.end(a, "x1", "llama", 10, 2)
		}, "api.openai.com 127.0.0.1"},
		"other counts": {func(g *hopStage) {
			a := g.begin(gateway)
			c := g.begin(vendorHost)
			g.end(c, "c1", "gpt-5.6", 10, 2)
			g.end(a, "x1", "gpt-5.6", 10, 3)
		}, "api.openai.com 127.0.0.1"},
		"no counts": {func(g *hopStage) {
			a := g.begin(gateway)
			c := g.begin(vendorHost)
			g.end(c, "c1", "gpt-5.6", 0, 0)
			g.end(a, "x1", "gpt-5.6", 0, 0)
		}, "api.openai.com 127.0.0.1"},
		"not within": {func(g *hopStage) {
			c := g.begin(vendorHost)
			a := g.begin(gateway)
			g.end(c, "c1", "gpt-5.6", 10, 2)
			g.end(a, "c1", "gpt-5.6", 10, 2)
		}, "api.openai.com 127.0.0.1"},
		"after": {func(g *hopStage) {
			a := g.begin(gateway)
			g.end(a, "c1", "gpt-5.6", 10, 2)
			c := g.begin(vendorHost)
			g.end(c, "c1", "gpt-5.6", 10, 2)
		}, "127.0.0.1 api.openai.com"},
		"two alike at one provider": {func(g *hopStage) {
			a := g.begin(vendorHost)
			c := g.begin(vendorHost)
			g.end(c, "c1", "gpt-5.6", 10, 2)
			g.end(a, "c2", "gpt-5.6", 10, 2)
		}, "api.openai.com api.openai.com"},
		"two alike at one gateway that asks nobody": {func(g *hopStage) {
			a := g.begin(gateway)
			b := g.begin(gateway)
			g.end(b, "c1", "gpt-5.6", 10, 2)
			g.end(a, "c2", "gpt-5.6", 10, 2)
		}, "127.0.0.1 127.0.0.1"},
		"one of two reached the provider": {func(g *hopStage) {
			a := g.begin(gateway)
			b := g.begin(gateway)
			c := g.begin(vendorHost)
			g.end(c, "c1", "gpt-5.6", 10, 2)
			g.end(a, "x1", "gpt-5.6", 10, 2)
			g.end(b, "x2", "gpt-5.6", 10, 2)
		}, "api.openai.com 127.0.0.1* 127.0.0.1"},
		"alike, one within the other": {func(g *hopStage) {
			a := g.begin(gateway)
			ac := g.begin(vendorHost)
			b := g.begin(gateway)
			bc := g.begin(vendorHost)
			g.end(bc, "c2", "gpt-5.6", 10, 2)
			g.end(b, "x2", "gpt-5.6", 10, 2)
			g.end(ac, "c1", "gpt-5.6", 10, 2)
			g.end(a, "x1", "gpt-5.6", 10, 2)
		}, "api.openai.com 127.0.0.1* api.openai.com 127.0.0.1*"},
		"alike, crossed": {func(g *hopStage) {
			a := g.begin(gateway)
			ac := g.begin(vendorHost)
			b := g.begin(gateway)
			bc := g.begin(vendorHost)
			g.end(ac, "c1", "gpt-5.6", 10, 2)
			g.end(bc, "c2", "gpt-5.6", 10, 2)
			g.end(a, "x1", "gpt-5.6", 10, 2)
			g.end(b, "x2", "gpt-5.6", 10, 2)
		}, "api.openai.com api.openai.com 127.0.0.1* 127.0.0.1*"},
		"a gateway behind a gateway": {func(g *hopStage) {
			a := g.begin(gateway)
			b := g.begin(other)
			c := g.begin(vendorHost)
			g.end(c, "c1", "gpt-5.6", 10, 2)
			g.end(b, "x1", "gpt-5.6", 10, 2)
			g.end(a, "x2", "gpt-5.6", 10, 2)
		}, "api.openai.com localhost* 127.0.0.1*"},
		"another that goes on": {func(g *hopStage) {
			a := g.begin(gateway)
			c := g.begin(vendorHost)
			d := g.begin(vendorHost)
			g.end(c, "c1", "gpt-5.6", 10, 2)
			g.end(a, "c1", "gpt-5.6", 10, 2)
			time.Sleep(2 * hopPatience)
			g.end(d, "c9", "gpt-5.6", 10, 2)
		}, "api.openai.com 127.0.0.1* api.openai.com"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &hopStage{t: t, s: new(shelf)}
				g.c = New(g.s, zerolog.Nop())
				test.play(g)
				if got := g.hops(); got != test.want {
					t.Errorf("got %s, want %s", got, test.want)
				}
				if h := &g.c.hops; len(h.open)+len(h.told) > 0 || h.ways.Load() != 0 {
					t.Errorf("left: %d open, %d told, %d ways", len(h.open), len(h.told), h.ways.Load())
				}
			})
		})
	}
}

// TestHopsAreForgotten: where some gateway is always being asked, what was said
// before does not pile up.
func TestHopsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := &shelf{}
		g := &hopStage{t, New(shelf, zerolog.Nop()), shelf}
		way := g.begin("127.0.0.1")
		most := 0
		for range 9 * fewTold {
			g.end(g.begin(vendorHost), "c", "gpt-5.6", 1, 1)
			next := g.begin("127.0.0.1")
			g.end(way, "x", "alias", 7, 7)
			way = next
			most = max(most, len(g.c.hops.told))
		}
		if most > fewTold {
			t.Errorf("%d were kept at a time, nearly all of which began before every way under way", most)
		}
		g.end(g.begin(vendorHost), "c", "gpt-5.6", 7, 7)
		g.end(way, "c", "alias", 7, 7)
		if last := shelf.records[len(shelf.records)-1]; last.Hop != usage.Gateway {
			t.Errorf("what was said of late was forgotten, too: %+v", last)
		}
		if n := len(g.c.hops.told); n != 0 {
			t.Errorf("%d are kept with no way under way", n)
		}
	})
}

// TestManyHopsAtOnce: where a gateway's answers end before those of its providers,
// each waits for its own and finds it.
func TestManyHopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 300
		shelf := &shelf{}
		c := New(&locked{Recorder: shelf}, zerolog.Nop())
		var ways, nexts []*Exchange
		for range many {
			begin := func(host string) *Exchange {
				return c.Begin(usage.Exchange{StartedAt: time.Now(), Front: usage.Forward, Method: "POST", Host: host, Path: "/v1/chat/completions"})
			}
			ways = append(ways, begin("127.0.0.1"))
			nexts = append(nexts, begin(vendorHost)) // a gateway asks when it is asked
			time.Sleep(time.Microsecond)
		}
		g := &hopStage{t: t}
		for _, all := range [][]*Exchange{ways, nexts} {
			for i, e := range all {
				go g.end(e, fmt.Sprint("c", i), "gpt-5.6", 1+i, 2)
			}
			time.Sleep(hopPatience / 2)
		}
		if err := c.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * hopPatience)
		if err := c.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		hops := 0
		for _, r := range shelf.records {
			if r.Hop == usage.Gateway {
				hops++
			}
		}
		if hops != many || len(shelf.records) != 2*many {
			t.Errorf("%d records, %d of hops, want %d of %d", len(shelf.records), hops, many, 2*many)
		}
		if h := &c.hops; len(h.open)+len(h.told) > 0 || h.ways.Load() != 0 {
			t.Errorf("left: %d open, %d told, %d ways", len(h.open), len(h.told), h.ways.Load())
		}
	})
}

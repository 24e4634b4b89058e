package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

func checkText(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s is\n%s\nwant\n%s", what, got, want)
	}
}

// written is what a rendering writes.
func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const twoDaysCoverage = "coverage: 3 of 5 billable exchanges metered (60.0 %): 1 failed (overloaded_error), 1 lost (queue_full); " +
	"besides 3 not billable, 2 tunnelled (1.5 MB; 1 refused our certificate); 1 prewarm kept out of the totals\n"

const twoDaysUnpriced = "unpriced: 2 requests (claude-opus-5: unknown model, gpt-5.6: unknown model)\n"

func TestTable(t *testing.T) {
	r := twoDays(t)
	checkText(t, "by day and model", written(t, ask(t, r, Query{By: []string{"day", "model"}}).table), `
day         model          requests  input  cache read  cache write  output  reasoning   total  cache hit  cost
2026-11-24  claude-opus-5         1  1,200      18,000          900     210         64  20,310     89.5 %     -
2026-11-24  gpt-5.6               1      -           -            -       -          -       -          -     -
2026-11-25  gpt-5.6               1    300           0            -       0          -     300      0.0 %     -
total                             3  1,500      18,000          900     210         64  20,610     88.2 %     -

`[1:]+twoDaysUnpriced+twoDaysCoverage)
	checkText(t, "the total", written(t, ask(t, r, Query{}).table), `
requests  input  cache read  cache write  output  reasoning   total  cache hit  cost
       3  1,500      18,000          900     210         64  20,610     88.2 %     -

`[1:]+twoDaysUnpriced+twoDaysCoverage)
	checkText(t, "by reason, run and agent", written(t, ask(t, r, Query{By: []string{"reason", "run", "agent"}}).table), `
reason            run    agent        requests  input  cache read  cache write  output  reasoning   total  cache hit  cost
overloaded_error  -      unknown             1      -           -            -       -          -       -          -     -
-                 run-1  codex               1    300           0            -       0          -     300      0.0 %     -
-                 -      claude-code         1  1,200      18,000          900     210         64  20,310     89.5 %     -
total                                        3  1,500      18,000          900     210         64  20,610     88.2 %     -

`[1:]+twoDaysUnpriced+twoDaysCoverage)
	checkText(t, "nothing", written(t, ask(t, filled(t, nil), Query{By: []string{"day"}}).table), `
no records in this time

coverage: no billable exchanges
`[1:])
}

func TestATableOfHostileNames(t *testing.T) {
	r := filled(t, []usage.Record{
		record("2026-11-24T10:00:00Z", "\x1b[2J\n", usage.Tokens{Input: n(1)}),
		record("2026-11-24T10:00:00Z", "größer", usage.Tokens{Input: n(22)}),
	})
	table, _, _ := strings.Cut(written(t, ask(t, r, Query{By: []string{"model"}}).table), "\n\n")
	checkText(t, "the table", table, strings.ReplaceAll(`
model   requests  input  cache read  cache write  output  reasoning  total  cache hit  cost
?[2J?          1      1           -            -       -          -      1          -     -
größer         1     22           -            -       -          -     22          -     -
total          2     23           -            -       -          -     23          -     -`[1:], "?", "\uFFFD"))
}

func TestCSV(t *testing.T) {
	r := twoDays(t)
	checkText(t, "by day and model", written(t, ask(t, r, Query{By: []string{"day", "model"}}).WriteCSV), `
day,model,requests,input,cache_read,cache_write,output,reasoning,total,cache_hit_rate,cost_usd,unpriced,sessions,turns,failed,ttft_ms,duration_ms
2026-11-24,claude-opus-5,1,1200,18000,900,210,64,20310,0.89552,,1,1,,0,,0
2026-11-24,gpt-5.6,1,,,,,,,,,0,,,1,,0
2026-11-25,gpt-5.6,1,300,0,,0,,300,0,,1,1,,0,,0
`[1:])
	checkText(t, "the total", written(t, ask(t, r, Query{}).WriteCSV), `
requests,input,cache_read,cache_write,output,reasoning,total,cache_hit_rate,cost_usd,unpriced,sessions,turns,failed,ttft_ms,duration_ms
3,1500,18000,900,210,64,20610,0.88235,,2,2,,1,,0
`[1:])
	odd := filled(t, []usage.Record{record("2026-11-24T10:00:00Z", "a, \"b\"\nc", usage.Tokens{})})
	checkText(t, "an odd name", written(t, ask(t, odd, Query{By: []string{"model"}}).WriteCSV), `
model,requests,input,cache_read,cache_write,output,reasoning,total,cache_hit_rate,cost_usd,unpriced,sessions,turns,failed,ttft_ms,duration_ms
"a, ""b""
c",1,,,,,,,,,0,1,,0,,0
`[1:])
}

func TestJSON(t *testing.T) {
	r := twoDays(t)
	q := Query{By: []string{"session"}, Since: at("2026-11-24T00:00:00+01:00"), Until: at("2026-11-25T12:00:00.5Z")}
	checkText(t, "by session", written(t, ask(t, r, q).WriteJSON), `
{
  "by": [
    "session"
  ],
  "since": "2026-11-24T00:00:00+01:00",
  "until": "2026-11-25T12:00:00Z",
  "rows": [
    {
      "session": "s1",
      "requests": 1,
      "input": 1200,
      "cache_read": 18000,
      "cache_write": 900,
      "output": 210,
      "reasoning": 64,
      "total": 20310,
      "cache_hit_rate": 0.89552,
      "cost_usd": null,
      "unpriced": 1,
      "sessions": 1,
      "turns": null,
      "failed": 0,
      "ttft_ms": null,
      "duration_ms": 0,
      "cost": {
        "by_source": {},
        "subscription_usd": null,
        "at_least": 0,
        "unpriced": 1,
        "unpriced_parts": 0,
        "unpriced_models": {
          "claude-opus-5": "unknown_model"
        }
      }
    },
    {
      "session": "s2",
      "requests": 1,
      "input": 300,
      "cache_read": 0,
      "cache_write": null,
      "output": 0,
      "reasoning": null,
      "total": 300,
      "cache_hit_rate": 0,
      "cost_usd": null,
      "unpriced": 1,
      "sessions": 1,
      "turns": null,
      "failed": 0,
      "ttft_ms": null,
      "duration_ms": 0,
      "cost": {
        "by_source": {},
        "subscription_usd": null,
        "at_least": 0,
        "unpriced": 1,
        "unpriced_parts": 0,
        "unpriced_models": {
          "gpt-5.6": "unknown_model"
        }
      }
    },
    {
      "session": null,
      "requests": 1,
      "input": null,
      "cache_read": null,
      "cache_write": null,
      "output": null,
      "reasoning": null,
      "total": null,
      "cache_hit_rate": null,
      "cost_usd": null,
      "unpriced": 0,
      "sessions": null,
      "turns": null,
      "failed": 1,
      "ttft_ms": null,
      "duration_ms": 0,
      "cost": {
        "by_source": {},
        "subscription_usd": null,
        "at_least": 0,
        "unpriced": 0,
        "unpriced_parts": 0,
        "unpriced_models": {}
      }
    }
  ],
  "hidden": 0,
  "total": {
    "requests": 3,
    "input": 1500,
    "cache_read": 18000,
    "cache_write": 900,
    "output": 210,
    "reasoning": 64,
    "total": 20610,
    "cache_hit_rate": 0.88235,
    "cost_usd": null,
    "unpriced": 2,
    "sessions": 2,
    "turns": null,
    "failed": 1,
    "ttft_ms": null,
    "duration_ms": 0,
    "cost": {
      "by_source": {},
      "subscription_usd": null,
      "at_least": 0,
      "unpriced": 2,
      "unpriced_parts": 0,
      "unpriced_models": {
        "claude-opus-5": "unknown_model",
        "gpt-5.6": "unknown_model"
      }
    }
  },
  "coverage": {
    "exchanges": 10,
    "billable": 5,
    "metered": 3,
    "interrupted": 0,
    "no_usage": 0,
    "unparsed": 0,
    "failed": 1,
    "lost": 1,
    "not_billable": 3,
    "tunnelled": 2,
    "tunnelled_bytes": 1500000,
    "certificate_refused": 1,
    "lost_reasons": {
      "queue_full": 1
    },
    "doubtful": 0,
    "prewarm": 1,
    "gateway": 0,
    "untold": null,
    "reasons": {
      "failed": {
        "overloaded_error": 1
      },
      "lost": {
        "queue_full": 1
      },
      "not_billable": {
        "count_tokens": 3
      },
      "tunnelled": {
        "certificate_refused": 1,
        "no_provider": 1
      }
    }
  }
}
`[1:])
}

func TestJSONOfNothing(t *testing.T) {
	got := written(t, ask(t, filled(t, nil), Query{}).WriteJSON)
	for _, want := range []string{`"by": [],`, `"since": null,`, `"until": null,`, `"rows": [],`, `"input": null,`, `"requests": 0,`, `"lost_reasons": {},`, `"reasons": {}`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func TestJSONKeepsNamesAsTheyAre(t *testing.T) {
	odd := filled(t, []usage.Record{record("2026-11-24T10:00:00Z", "<a&b> \x1b", usage.Tokens{})})
	if got := written(t, ask(t, odd, Query{By: []string{"model"}}).WriteJSON); !strings.Contains(got, `"model": "<a&b> \u001b"`) {
		t.Errorf("got %s", got)
	}
}

var errNoRoom = errors.New("no room")

// narrow has room for so many bytes.
type narrow int

func (w *narrow) Write(p []byte) (int, error) {
	if len(p) > int(*w) {
		return 0, errNoRoom
	}
	*w -= narrow(len(p))
	return len(p), nil
}

func TestWhatCannotBeWrittenIsSaid(t *testing.T) {
	a := ask(t, twoDays(t), Query{By: []string{"day"}})
	for i, write := range []func(io.Writer) error{a.table, a.WriteCSV, a.WriteJSON} {
		for _, room := range []narrow{0, 100} {
			if err := write(&room); !errors.Is(err, errNoRoom) {
				t.Error(fmt.Sprint(i, room), err)
			}
		}
	}
}

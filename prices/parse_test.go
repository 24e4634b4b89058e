package prices

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	lines, _, err := Parse("contrived", strings.NewReader(contrived+
		"p\thours\tgeo=us,days=mon-fri,utc=01-04\t-\t-\t-\t1\t-\t-\t-\t-\t-\t-\t-\t-\n"+
		"p\thours\ttier=flex,speed=fast,utc=06-10,prompt>=272000\t-\t-\t-\t1\t-\t-\t-\t-\t-\t-\t-\t-\n"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(&b, lines); err != nil {
		t.Fatal(err)
	}
	again, _, err := Parse("again", &b)
	if err != nil || !reflect.DeepEqual(lines, again) {
		t.Errorf("%v\n%+v\n%+v", err, lines, again)
	}
}

func TestErrorsOfATable(t *testing.T) {
	const rest = "\t-\t-\t-\t-\t-\t-\t-\t-\n"
	for text, want := range map[string]string{
		"p\tm\n":                              "t.tsv: line 1: expected 15 cells with a tab between, got 2",
		"# c\n\np\tm\tx=y\t-\t-\t-\t1" + rest: `t.tsv: line 3: expected tier=…, speed=…, geo=…, prompt>N, prompt>=N, utc=HH-HH or days=mon-fri, got "x=y"`,
		"p\tm\tprompt>5\t-\t-\t-\t1" + rest:   "t.tsv: line 1: prompt>5: expected one of the sizes 32000, 32768, ",
		"p\tm\tprompt>x\t-\t-\t-\t1" + rest:   `t.tsv: line 1: expected prompt>N or prompt>=N, got "prompt>x"`,
		"p\tm\tutc=02-04\t-\t-\t-\t1" + rest:  "t.tsv: line 1: utc=02-04: expected two hours of [0 1 4 6 10 24], such as utc=01-04",
		"p\tm\t-\t31.1.\t-\t-\t1" + rest:      `t.tsv: line 1: expected a day such as 2026-01-31, got "31.1."`,
		"p\tm\t-\t-\t-\tx\t1" + rest:          `t.tsv: line 1: expected a number such as 0.25, got "x"`,
		"p\tm\t-\t-\t-\t-\t-1" + rest:         `t.tsv: line 1: input: expected a number such as 0.25, got "-1"`,
	} {
		if _, _, err := Parse("t.tsv", strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestContradictionsInATable(t *testing.T) {
	line := func(model, when, from, until, factor, input string) string {
		return strings.Join([]string{"p", model, when, from, until, factor, input, "-", "-", "-", "-", "-", "-", "-", "-"}, "\t") + "\n"
	}
	for text, want := range map[string]string{
		line("m", "-", "-", "-", "-", "1") + line("M", "-", "2026-01-01", "-", "-", "2"):         "p M (-): two prices for the same time",
		line("m", "-", "-", "-", "0.5", "-"):                                                     "p m: a factor needs a line with prices to multiply",
		line("m", "-", "2026-01-01", "2026-01-01", "-", "1"):                                     "p m: it ends before it begins",
		line("", "-", "-", "-", "-", "1"):                                                        `expected a provider and a model, got "p" and ""`,
		line("m", "-", "-", "-", "-", "1") + "p\tn\t=\to\n":                                      "p n = o: no price stands under that name",
		line("m", "-", "-", "-", "-", "1") + line("n", "-", "-", "-", "-", "1") + "p\tn\t=\tm\n": "p n = m: that name has a price of its own",
	} {
		lines, aliases, err := Parse("t.tsv", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewTable(Embedded, lines, aliases); err == nil || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestPricesByTheHour(t *testing.T) {
	book := NewBook(EmbeddedTable())
	for at, want := range map[string]int64{
		"2026-08-16T02:00:00Z": 140_000_000, // before there were hours
		"2026-08-17T00:59:59Z": 220_000_000,
		"2026-08-17T01:00:00Z": 440_000_000,
		"2026-08-17T04:00:00Z": 220_000_000,
		"2026-08-22T06:00:00Z": 440_000_000, // a Saturday, before there were weekends
		"2026-08-23T06:00:00Z": 220_000_000, // a Sunday
		"2026-08-24T09:59:59Z": 440_000_000,
		"2026-08-24T10:00:00Z": 220_000_000,
	} {
		c := book.Cost(Item{Provider: "deepseek", Model: "deepseek-v4-flash", At: instant(t, at), Tokens: tokens(1_000_000, 0, 0, 0, 0)})
		if c.Amount.Nano() != want {
			t.Errorf("%s: %d, want %d (%s)", at, c.Amount.Nano(), want, c.Reason)
		}
	}
	for at, want := range map[string]string{"2026-08-24T09:59:59Z": "2026-08-24T06:00:00Z", "2026-08-24T23:00:00+02:00": "2026-08-24T10:00:00Z", "2026-08-24T00:30:00Z": "2026-08-24T00:00:00Z"} {
		if got := Period(instant(t, at)); got != instant(t, want) {
			t.Errorf("the period of %s begins at %v", at, got)
		}
	}
}

func TestEveryModelOfTheEmbeddedTableHasAPrice(t *testing.T) {
	book := NewBook(EmbeddedTable())
	models := EmbeddedTable().Models()
	if len(models) < 1000 {
		t.Errorf("%d models", len(models))
	}
	for _, m := range models {
		c := book.Cost(Item{Provider: m.Provider, Model: m.Model, At: day("2026-11-25"), Tokens: tokens(1000, 0, 0, 0, 0)})
		if !c.IsPriced() || c.Amount.Nano() == 0 {
			t.Errorf("%s %s: %s", m.Provider, m.Model, c.Reason)
		}
	}
	for _, l := range EmbeddedTable().lines {
		if l.Origin == "" || l.Checked == "" {
			t.Errorf("%s %s (%v): no word of where it is from, and when", l.Provider, l.Model, l.When)
		}
	}
}

//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/scripted"
	"github.com/wiremeter/wiremeter/usage"
)

// bedrocked is Claude Code with its models on AWS Bedrock, and keys that sign
// for nobody.
var bedrocked = func() agent {
	a := claude
	a.env = append([]string{"CLAUDE_CODE_USE_BEDROCK=1", "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIADUMMY", "AWS_SECRET_ACCESS_KEY=dummy",
		"AWS_EC2_METADATA_DISABLED=true"}, claude.env[1:]...)
	return a
}()

// TestBedrock: it first tries its models with small calls that are not streamed,
// which are billed too.
func TestBedrock(t *testing.T) {
	for name, o := range map[string]scripted.Options{
		"plain":         {},
		"in odd pieces": always(scripted.Script{Chop: 7}),
		"tool":          {Scenario: streamed(first(1, scripted.Script{Tool: &claude.tool}).Scenario)},
	} {
		t.Run(name, func(t *testing.T) {
			_, rows := ask(t, bedrocked, o)
			requireBedrock(t, rows)
			if name == "tool" && count(rows, true) < 2 {
				t.Errorf("a tool's use makes two calls: %s", show(rows))
			}
		})
	}
}

// TestBedrockGoesWrong: what fails or is cut is tried again, after an exception
// without a stream, and is a row.
func TestBedrockGoesWrong(t *testing.T) {
	for name, test := range map[string]struct {
		script scripted.Script
		want   usage.Outcome
	}{
		"cut":       {scripted.Script{CutAfter: 4}, usage.Interrupted},
		"exception": {scripted.Script{ErrorAfter: 2}, usage.Failed},
		"refused":   {scripted.Script{Refuse: 429}, usage.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			_, rows := ask(t, bedrocked, scripted.Options{Scenario: streamed(first(1, test.script).Scenario)})
			requireBedrock(t, rows)
			if !slices.ContainsFunc(rows, func(r row) bool { return r.Outcome == string(test.want) }) || rows[len(rows)-1].Outcome != string(usage.Metered) {
				t.Errorf("want one %s, and the last metered: %s", test.want, show(rows))
			}
		})
	}
}

// streamed plays a scenario for the streamed calls alone, which it counts.
func streamed(s scripted.Scenario) scripted.Scenario {
	n := 0
	return func(c scripted.Call) scripted.Script {
		if !c.IsStream {
			return scripted.Script{}
		}
		n++
		c.Number = n
		return s(c)
	}
}

func requireBedrock(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		if r.Provider != "bedrock" || r.Dialect != "invoke" || !strings.Contains(r.ModelRequested, "anthropic.claude") || r.Outcome == string(usage.Metered) && r.Model != r.ModelRequested {
			t.Errorf("%s", show(r))
		}
	}
	if count(rows, true) == 0 || count(rows, false) == 0 {
		t.Errorf("it makes streamed calls, and others: the agent changed: %s", show(rows))
	}
}

func count(rows []row, isStreamed bool) (n int) {
	for _, r := range rows {
		if strings.HasSuffix(r.Path, "-stream") == isStreamed {
			n++
		}
	}
	return n
}

package dialect

// GitHub Copilot's account of a response, copilot_usage: beside the usage
// object, or in a chunk of its own that follows it, whatever the dialect. Its
// token_details do not overlap, and are what is billed: on Copilot's chat
// prompt_tokens holds cache writes that its own details do not mention. Its
// total_nano_aiu is what the response costs: 1e9 of them are one of Copilot's
// credits, which is a cent.
//
// In responses it stands beside the response of the last event. The counts that
// it has in messages, whose own do not overlap either, are kept and not used.

import (
	"cmp"

	"github.com/tidwall/gjson"

	"github.com/wiremeter/wiremeter/usage"
)

// account is a copilot_usage: a part for each model.
type account struct {
	shares []usage.Part
	cost   *int64
	raw    []byte
}

// maxShares bounds the models of an account.
const maxShares = 16

func readAccount(u gjson.Result) (a account) {
	a.raw, a.cost = verbatim(u), money(last(u, "total_nano_aiu"), inNanoAIU)
	last(u, "token_details").ForEach(func(_, entry gjson.Result) bool {
		a.add(word(last(entry, "model")), last(entry, "token_type").Str, count(last(entry, "token_count")))
		return true
	})
	return a
}

func (a *account) add(model, kind string, n *int64) {
	t := a.share(model)
	if t == nil || n == nil {
		return
	}
	switch kind {
	case "input":
		t.Input = number(value(t.Input) + *n)
	case "cache_read":
		t.CacheRead = number(value(t.CacheRead) + *n)
	case "cache_write":
		t.CacheWriteOther = number(value(t.CacheWriteOther) + *n)
	case "output":
		t.Output = number(value(t.Output) + *n)
	}
}

func (a *account) share(model string) *usage.Tokens {
	for i := range a.shares {
		if a.shares[i].Model == model {
			return &a.shares[i].Tokens
		}
	}
	if len(a.shares) == maxShares {
		return nil
	}
	a.shares = append(a.shares, usage.Part{Role: "model", Model: model})
	return &a.shares[len(a.shares)-1].Tokens
}

func (a account) isSaid() bool { return a.raw != nil || a.shares != nil }

// apply puts the account in place of the response's own counts. The share of
// the response's model, or else the first, is the response's.
func (a account) apply(resp *usage.Response) {
	if !a.isSaid() {
		return
	}
	resp.Raw = object(member{"usage", resp.Raw}, member{"copilot_usage", a.raw})
	if a.cost != nil {
		resp.ReportedCost = a.cost
	}
	main := 0
	for i, s := range a.shares {
		if s.Model == resp.Model {
			main = i
		}
	}
	for i, s := range a.shares {
		if i == main {
			resp.IsDoubtful = len(a.shares) == 1 && contradicts(resp.Tokens, s.Tokens)
			resp.Tokens = replaced(resp.Tokens, s.Tokens)
		} else {
			resp.Parts = append(resp.Parts[:len(resp.Parts):len(resp.Parts)], s)
		}
	}
}

// replaced keeps of the old counts what the new ones do not overlap: zeros, and
// what is a part of another.
func replaced(old, now usage.Tokens) usage.Tokens {
	zeroOr := func(old, now *int64) *int64 {
		if old != nil && *old > 0 {
			old = nil
		}
		return cmp.Or(now, old)
	}
	return usage.Tokens{
		Input:           zeroOr(old.Input, now.Input),
		CacheRead:       zeroOr(old.CacheRead, now.CacheRead),
		CacheWriteOther: zeroOr(old.CacheWriteOther, now.CacheWriteOther),
		Output:          zeroOr(old.Output, now.Output),
		Reasoning:       old.Reasoning,
	}
}

// contradicts reports whether both state the input or the output, and not the
// same.
func contradicts(a, b usage.Tokens) bool {
	input := func(t usage.Tokens) int64 {
		return value(t.Input) + value(t.CacheRead) + value(t.CacheWrite5m) + value(t.CacheWrite1h) + value(t.CacheWriteOther)
	}
	return a.Input != nil && b.Input != nil && input(a) != input(b) || a.Output != nil && b.Output != nil && *a.Output != *b.Output
}

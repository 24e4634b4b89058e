package scripted

import (
	"net/http"
	"strings"

	"github.com/wiremeter/wiremeter/usage"
)

// known are the questions that cost nothing and are always answered alike, by the
// ends of their host and path; the first that fits. Their numbers must never be
// counted.
var known = []struct {
	host, path string
	answer     object
}{
	{"", "/messages/count_tokens", object{"input_tokens": 4711}},
	{"", "/count-tokens", object{"inputTokens": 4711}},
	{"", ":countTokens", object{"totalTokens": 4711}},
	{".githubcopilot.com", "/models", object{"object": "list", "data": copilotModels}},
	{"", "/models", object{"object": "list", "data": []any{}, "models": []any{}}},
	{"", "/wham/accounts/check", object{"accounts": []any{object{
		"id": "account-1", "workspace_backend_origin": "https://chatgpt.com", "account_routing_override": "us",
	}}}},
	{"", ":loadCodeAssist", object{"currentTier": object{"id": "standard-tier"}, "cloudaicompanionProject": "project-1"}},
	{"api.github.com", "/copilot_internal/user", object{
		"login": "someone", "copilot_plan": "individual_pro", "chat_enabled": true, "organization_list": []any{}, "organization_login_list": []any{},
		"endpoints": object{"api": "https://api.individual.githubcopilot.com"},
	}},
	{".api.augmentcode.com", "/get-models", object{
		"default_model": "m", "feature_flags": object{}, "languages": []any{},
		"models": []any{object{"name": "m", "suggested_prefix_char_count": 0, "suggested_suffix_char_count": 0}},
	}},
	{"api.factory.ai", "/sessions/create", object{"id": "session-1"}},
}

// copilotModels is what GitHub's Copilot says of its models, and of the paths that
// each is served on.
var copilotModels = []any{copilotModel("gpt-5.4", "/responses", "ws:/responses"), copilotModel("claude-sonnet-4.5", "/v1/messages")}

func copilotModel(name string, paths ...string) object {
	return object{
		"id": name, "name": name, "version": name, "object": "model", "model_picker_enabled": true, "policy": object{"state": "enabled"}, "supported_endpoints": paths,
		"capabilities": object{
			"type": "chat", "family": name, "limits": object{"max_context_window_tokens": 200000, "max_prompt_tokens": 180000, "max_output_tokens": 16000},
			"supports": object{"streaming": true, "tool_calls": true},
		},
	}
}

// aside answers what costs nothing.
func (p *Provider) aside(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case strings.EqualFold(r.Header.Get("Upgrade"), "websocket") && p.sockets != NoSockets && responses.path.MatchString(path):
		p.converse(w, r)
		return
	case strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		answer(w, http.StatusUpgradeRequired, responses.fault(http.StatusUpgradeRequired, soSaysTheScript))
		return
	case r.Method == http.MethodGet && strings.Contains(path, "/responses/"):
		p.fetch(w, path[strings.LastIndexByte(path, '/')+1:])
		return
	}
	for _, k := range known {
		if strings.HasSuffix(r.Host, k.host) && strings.HasSuffix(path, k.path) {
			answer(w, http.StatusOK, k.answer)
			return
		}
	}
	answer(w, http.StatusNotFound, object{"error": object{"type": "not_found_error", "message": "not in the script", "usage": object{"input_tokens": 4711}}})
}

// fetch shows a background response: still at work the first time, then done,
// as often as it is asked for.
func (p *Provider) fetch(w http.ResponseWriter, id string) {
	p.mu.Lock()
	y := p.pending[id]
	var polls int
	if y != nil {
		y.polls++
		polls = y.polls
	}
	p.mu.Unlock()
	switch {
	case y == nil:
		answer(w, http.StatusNotFound, responses.fault(http.StatusNotFound, soSaysTheScript))
	case polls == 1:
		answer(w, http.StatusOK, map[string]any{"id": y.id, "object": "response", "status": "in_progress", "model": y.Model, "output": []any{}, "usage": nil})
	default:
		if polls == 2 && y.saysUsage() { // without usage it is one more poll
			e := y.entry(http.StatusOK, usage.Metered)
			e.Path += "/" + id
			p.enter(e)
		}
		answer(w, http.StatusOK, responses.whole(y))
	}
}

package scripted

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/wiremeter/wiremeter/usage"
)

// Cursor's agents in its cloud, as @cursor/sdk 1.0.32 asks for them: a run is
// started by one request, and followed by another as often as one likes.

// cursorRun is a run that was started.
type cursorRun struct {
	call     Call
	isBilled bool
}

// cloud answers what is meant for the cloud's agents, and reports whether it was.
func (p *Provider) cloud(w http.ResponseWriter, r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.URL.Path, "/v1/agents")
	path := strings.Split(strings.Trim(rest, "/"), "/")
	switch isRuns := len(path) > 1 && path[1] == "runs"; {
	case !ok:
		return false
	case r.Method == http.MethodPost && rest == "":
		p.startRun(w, r, "")
	case r.Method == http.MethodPost && isRuns && len(path) == 2:
		p.startRun(w, r, path[0])
	case isRuns && len(path) == 4 && path[3] == "stream":
		p.followRun(w, r, path[2])
	case isRuns && len(path) == 3:
		answer(w, http.StatusOK, object{"id": path[2], "agentId": path[0], "status": "FINISHED"})
	default:
		answer(w, http.StatusOK, object{"id": path[0], "status": "ACTIVE", "items": []any{}})
	}
	return true
}

func (p *Provider) startRun(w http.ResponseWriter, r *http.Request, agent string) {
	var asked struct {
		AgentID string
		Model   struct{ ID string }
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		answer(w, http.StatusBadRequest, object{"error": err.Error()})
		return
	}
	if agent == "" {
		agent = asked.AgentID
	}
	run := &cursorRun{call: Call{Dialect: "cursor_cloud", Model: p.modelOf(agent, asked.Model.ID), IsStream: true, Request: r}}
	p.script(&run.call)
	id := fmt.Sprintf("run-00000000-0000-4000-8000-%012d", run.call.Number)
	p.mu.Lock()
	p.runs[id] = run
	p.mu.Unlock()
	const then = "2026-11-24T10:00:00Z"
	answer(w, http.StatusOK, object{
		"agent": object{"id": agent, "latestRunId": id, "name": "Scripted", "status": "ACTIVE", "createdAt": then, "updatedAt": then, "repos": []any{}, "url": "https://cursor.com/agents/x", "env": object{"type": "cloud"}},
		"run":   object{"id": id, "agentId": agent, "requestId": id + "-request", "status": "RUNNING", "createdAt": then, "updatedAt": then},
	})
}

// followRun tells all of a run, from its beginning, to whoever asks. It is billed
// once.
func (p *Provider) followRun(w http.ResponseWriter, r *http.Request, id string) {
	p.mu.Lock()
	run := p.runs[id]
	p.mu.Unlock()
	if run == nil {
		answer(w, http.StatusNotFound, object{"error": "no such run"})
		return
	}
	events := run.events()
	p.mu.Lock()
	isNew := !run.isBilled
	run.isBilled = true
	p.mu.Unlock()
	if isNew {
		p.enter(Entry{
			Number: run.call.Number, Host: hostOf(r), Path: r.URL.Path, Dialect: "cursor_cloud", IsStream: true, Proto: r.Proto, Status: http.StatusOK,
			Outcome: usage.Metered, Response: usage.Response{ID: id, Model: run.call.Model, Tokens: cursor.bills(int64(run.call.Number)).tokens},
		})
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for i, e := range events {
		fmt.Fprintf(w, "id: %d-0\nevent: %s\ndata: %s\n\n", i+1, e.name, e.data)
		_ = http.NewResponseController(w).Flush() // fails when the agent has gone, which is part of the play
	}
}

// modelOf is the model that an agent was made with: later runs do not repeat it.
func (p *Provider) modelOf(agent, asked string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs == nil {
		p.runs, p.models = make(map[string]*cursorRun), make(map[string]string)
	}
	if asked != "" {
		p.models[agent] = asked
	}
	return p.models[agent]
}

func (run *cursorRun) events() []event {
	t := cursor.bills(int64(run.call.Number)).tokens
	update := func(o object) event { return event{"interaction_update", encode(o)} }
	return []event{
		{"status", encode(object{"status": "RUNNING"})},
		update(object{"type": "text-delta", "text": "hi"}),
		{"assistant", encode(object{"text": "hi"})},
		{"heartbeat", []byte("{}")},
		update(object{"type": "turn-ended", "usage": object{
			"inputTokens": *t.Input + *t.CacheRead + *t.CacheWriteOther, "outputTokens": *t.Output,
			"cacheReadTokens": *t.CacheRead, "cacheWriteTokens": *t.CacheWriteOther, "reasoningTokens": *t.Reasoning,
		}}),
		{"result", encode(object{"status": "FINISHED", "text": "hi", "durationMs": 10})},
		{"done", []byte("{}")},
	}
}

package capture

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wiremeter/wiremeter/usage"
)

func TestAHooksRecord(t *testing.T) {
	at := time.Date(2026, 11, 25, 1, 2, 3, 0, time.UTC)
	const counts = `,"input_tokens":10,"output_tokens":5`
	for name, test := range map[string]struct{ said, want string }{
		"whole":               {`"generation_id":"g","status":"completed"` + counts, "metered  g"},
		"an SDK's":            {`"generation_id":"c","status":"completed"` + counts, "metered  "},
		"no counts":           {`"status":"completed"`, "no_usage no_usage_sent "},
		"stopped":             {`"status":"aborted"` + counts, "interrupted agent_gone "},
		"failed":              {`"status":"error"`, "failed error "},
		"counts in doubt":     {`"status":"completed","cache_read_tokens":11` + counts, "metered total_contradicts_counts "},
		"a key for a name":    {`"generation_id":"` + aKey + `"` + counts, "metered  "},
		"a text for a status": {`"status":"` + aText + `"` + counts, "metered  "},
	} {
		r, ok := CursorHook([]byte(`{"hook_event_name":"stop","conversation_id":"c","model":"m",`+test.said+`}`), at)
		if got := fmt.Sprint(r.Outcome, " ", r.Reason, " ", r.TurnID); !ok || got != test.want {
			t.Errorf("%s: got %q, %t", name, got, ok)
		}
		if r.Front != usage.FromHook || r.SessionID != "c" || !r.StartedAt.Equal(at) || r.ID == "" || r.Provider != "cursor" {
			t.Errorf("%s: got %+v", name, r)
		}
		if all := fmt.Sprintf("%+v", r); strings.Contains(all, aKey) || strings.Contains(all, aText) {
			t.Errorf("%s: kept %s", name, all)
		}
	}
	if r, ok := CursorHook([]byte("no JSON"), at); ok {
		t.Errorf("got %+v", r)
	}
}

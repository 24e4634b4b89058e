package parsers

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/wiremeter/wiremeter/usage"
)

// neverCount lists what costs no tokens although it shows numbers that look like
// it: what counts tokens without using them, what shows again what was counted
// where it was made, what reports sums, what agents tell of themselves. A line
// has the provider, the method and the path.
const neverCount = `
anthropic   POST    /v1/messages/count_tokens
anthropic   POST    /v1/messages/cache_touch
anthropic   POST    /v1/messages/batches
anthropic   GET     /v1/messages/batches/[^/]+
anthropic   GET     /v1/models
anthropic   POST    /v1/files
anthropic   GET     /v1/organizations/
anthropic   POST    /v1/(metrics|logs|traces)
anthropic   POST    /api/event_logging/
anthropic   GET     /v1/messages
anthropic   POST    /v1/messages/.+
openai      POST    /v1/responses/input_tokens
openai      POST    /v1/responses/[^/]+/cancel
openai      GET     /v1/responses
openai      GET     /v1/responses/[^/]+/input_items
openai      DELETE  /v1/responses/[^/]+
openai      GET     /v1/chat/completions
openai      GET     /v1/chat/completions/[^/]+
openai      POST    /v1/batches
openai      GET     /v1/batches/[^/]+
openai      GET     /v1/files/[^/]+/content
openai      GET     /v1/models
openai      POST    /v1/moderations
openai      GET     /v1/organization/usage/
openai      GET     /backend-api/codex/models
openai      GET     /backend-api/wham/usage
openai      POST    .*/analytics-events/
openai      POST    /otlp/
openai      WS      /v1/other
azure       POST    /openai/responses/input_tokens
azure       GET     /openai/v1/models
bedrock     POST    /model/.+/count-tokens
bedrock     POST    /guardrail/
bedrock     GET     /async-invoke
bedrock     GET     /model/.+/converse
copilot     POST    /v1/messages/count_tokens
copilot     POST    /models/session
copilot     GET     /models
copilot     POST    /auto
copilot     POST    /mcp/
gemini      POST    /v1beta/models/[^/]+:countTokens
gemini      POST    /v1internal:countTokens
gemini      POST    /v1internal:loadCodeAssist
gemini      POST    /v1internal:onboardUser
gemini      POST    /v1internal:retrieveUserQuota
gemini      POST    /v1internal:recordCodeAssistMetrics
gemini      POST    /v1internal:listExperiments
gemini      POST    /v1internal:fetchAdminControls
gemini      POST    /v1internal:fetchAvailableModels
gemini      POST    /v1beta/cachedContents
gemini      POST    /upload/v1beta/files
gemini      GET     /v1beta/operations/
gemini      POST    /v1beta/models/[^/]+:batchGenerateContent
vertex      POST    .*:(countTokens|computeTokens)
vertex      POST    .*/models/count-tokens(@[^:/]+)?:rawPredict
vertex      POST    .*/cachedContents
openrouter  GET     /api/v1/generation
openrouter  GET     /api/v1/activity
openrouter  GET     /api/v1/credits
openrouter  GET     /api/v1/key
deepseek    GET     /user/balance
xai         POST    /v1/tokenize-text
xai         GET     /v1/responses/[^/]+
moonshot    POST    /v1/tokenizers/estimate-token-count
moonshot    GET     /v1/users/me/balance
zai         GET     /api/monitor/usage/
zai         POST    .*/v1/messages/count_tokens
alibaba     GET     /api/v1/tasks/
ollama      POST    /api/show
ollama      GET     /api/ps
cohere      POST    /v[12]/tokenize
cohere      POST    /v1/check-api-key
mistral     POST    /v1/moderations
vercel      GET     /v1/credits
vercel      GET     /v1/generation
vercel      GET     /v1/report
opencode    POST    /zen/v1/models/[^/]+:countTokens
cloudflare  GET     /client/v4/accounts/[^/]+/ai-gateway/
factory     POST    /api/llm/custom/usage
factory     POST    /api/llm/failed-requests
kilo        GET     /api/openrouter/generation
cline       GET     /api/v1/users/
augment     POST    /client-metrics
amp         POST    /api/internal
kiro        POST    /
zed         POST    /count_tokens
warp        POST    /graphql/
windsurf    POST    /exa\.analytics_pb\..*
junie       GET     /auth/test
cursor      POST    /aiserver\.v1\.DashboardService/GetFilteredUsageEvents
other       POST    /v1/chat/completions
other       POST    /v1/messages/count_tokens
other       POST    /tokenize
other       GET     /slots
`

// lookLikeTokens is what a reader that takes any number for usage would take.
var lookLikeTokens = regexp.MustCompile(`(?i)"(input_?tokens|prompt_?tokens|prompt_eval_count|total_?tokens?(count)?|prompttokencount|uncachedinputtokens|tokens?(_in|_prompt|s?_used)?|total_input_tokens|uncached_input_tokens)": ?"?[1-9]`)

// TestNeverCount: each of them has a case that shows such numbers, and nothing
// comes of it.
func TestNeverCount(t *testing.T) {
	cases := load(t)
	for line := range strings.Lines(strings.TrimSpace(neverCount)) {
		f := strings.Fields(line)
		path := regexp.MustCompile(`^` + f[2])
		found := false
		for _, e := range cases {
			found = found || e.provider == f[0] && e.method() == f[1] && e.showsNumbersInVain(path)
		}
		if !found {
			t.Errorf("no case of testdata/%s shows that %s %s counts for nothing, though its body has numbers that look like tokens", f[0], f[1], f[2])
		}
	}
}

func (e *exchange) method() string {
	if strings.EqualFold(e.head.Header.First("Upgrade"), "websocket") {
		return "WS"
	}
	return e.head.Method
}

// showsNumbersInVain: the path is this one, or one below it where the expression
// ends in a slash or an expression. What is no JSON shows nothing that could be
// taken for a count.
func (e *exchange) showsNumbersInVain(path *regexp.Regexp) bool {
	match := path.FindString(e.head.Path)
	isBelow := strings.HasSuffix(path.String(), "/") || strings.HasSuffix(path.String(), "*")
	if match == "" || match != e.head.Path && !isBelow || e.want.Outcome != usage.NotBillable && e.want.Outcome != usage.Tunnelled || e.want.Results != nil || e.status >= 300 {
		return false
	}
	isJSON := bytes.HasPrefix(e.body, []byte("{")) || bytes.HasPrefix(e.body, []byte("["))
	return !isJSON || lookLikeTokens.Match(e.body) || lookLikeTokens.Match(e.requestBody)
}

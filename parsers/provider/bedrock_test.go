package provider

import (
	"strings"
	"testing"
)

func TestBedrockHosts(t *testing.T) {
	for host, want := range map[string]bool{
		"bedrock-runtime.us-east-1.amazonaws.com":          true,
		"bedrock-runtime.eu-central-1.amazonaws.com":       true,
		"bedrock-runtime-fips.us-gov-west-1.amazonaws.com": true,
		"bedrock-runtime.cn-north-1.amazonaws.com.cn":      true,
		"bedrock-mantle.us-west-2.api.aws":                 true,

		"amazonaws.com":                                 false,
		"us-east-1.amazonaws.com":                       false,
		"s3.us-east-1.amazonaws.com":                    false,
		"sts.us-east-1.amazonaws.com":                   false,
		"bedrock.us-east-1.amazonaws.com":               false,
		"bedrock-runtime.us-east-1.evil.example":        false,
		"bedrock-runtime.nowhere-1.amazonaws.com":       false,
		"secretsmanager.us-east-1.api.aws":              false,
		"bedrock-agent-runtime.us-east-1.amazonaws.com": false,
	} {
		if p := builtIn.ByHost(host); (p == bedrock) != want {
			t.Errorf("%s: %v, want %v", host, p, want)
		}
	}
}

// Paths are decoded: a model's ARN has colons and slashes.
func TestBedrockPaths(t *testing.T) {
	const profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2"
	for path, want := range map[string]struct{ dialect, model, reason string }{
		"/model/us.anthropic.claude-opus-5-v1:0/invoke":                      {"invoke", "us.anthropic.claude-opus-5-v1:0", ""},
		"/model/us.anthropic.claude-opus-5-v1:0/invoke-with-response-stream": {"invoke", "us.anthropic.claude-opus-5-v1:0", ""},
		"/model/" + profile + "/invoke":                                      {"invoke", profile, ""},
		"/model/" + profile + "/converse":                                    {"converse", profile, ""},
		"/model/" + profile + "/converse-stream":                             {"converse", profile, ""},
		"/model/amazon.titan-embed-text-v2:0/invoke":                         {"invoke", "amazon.titan-embed-text-v2:0", ""},
		"/model/amazon.nova-sonic-v1:0/invoke-with-bidirectional-stream":     {"sonic", "amazon.nova-sonic-v1:0", ""},
		"/model/" + profile + "/count-tokens":                                {"", "", "count_tokens"},
		"/guardrail/invoke/version/1/apply":                                  {"", "", "guardrail"},
		"/async-invoke":                                                      {"", "", "batch_admin"},
		"/model/x/other":                                                     {"", "", "other"},
		"/anthropic/v1/messages":                                             {"messages", "", ""},
		"/anthropic/v1/messages/count_tokens":                                {"", "", "count_tokens"},
		"/openai/v1/responses":                                               {"responses", "", ""},
		"/v1/chat/completions":                                               {"chat", "", ""},
	} {
		r := bedrock.Route("POST", path)
		if r.Dialect != want.dialect || r.Model != want.model || r.Reason != want.reason || (r.Class == Billable) != (want.reason == "") {
			t.Errorf("%s: %+v", path, r)
		}
	}
	if r := bedrock.Route("POST", "/model/amazon.titan-embed-text-v2:0/invoke"); r.Kind != "embed" {
		t.Errorf("an embedding is of the kind %q", r.Kind)
	}
}

func TestBedrockCoversNoDomainOfAmazons(t *testing.T) {
	for _, d := range bedrock.Domains {
		if !strings.HasPrefix(d, "bedrock-") || strings.Count(d, ".") < 3 {
			t.Errorf("%q covers more than Bedrock", d)
		}
	}
}

package provider

import (
	"slices"
	"strings"

	"github.com/wiremeter/wiremeter/usage"
)

// AWS Bedrock's runtime, by aws-sdk-go-v2/service/bedrockruntime 1.63, and its
// hosts for the APIs of OpenAI and Anthropic ("mantle"). Every region has hosts of
// its own, which are listed: a name that covers them all would cover all of AWS.
// A model's ARN has slashes, so that a model is whatever stands before the last
// one.
//
// There is no prefix: requests are signed for the host that the agent means, and
// AWS refuses them under another.
var bedrock = &Provider{
	Name:    "bedrock",
	Domains: bedrockHosts(),
	Rules: slices.Concat([]Rule{
		free("", `^/model/.+/count-tokens$`, "count_tokens"),
		free("", `^/guardrail/`, "guardrail"), // billed by the length of texts
		free("", `^/async-invoke(/|$)`, "batch_admin"),

		billable("POST", `^/model/(?P<model>.+)/converse(-stream)?$`, "converse"),
		billable("POST", `^/model/(?P<model>.*embed.*)/invoke$`, "invoke").as(usage.Embed),
		billable("POST", `^/model/(?P<model>.+)/invoke(-with-response-stream)?$`, "invoke"),
		billable("POST", `^/model/(?P<model>.+)/invoke-with-bidirectional-stream$`, "sonic"),

		fetched(`/v1/responses/resp[-_A-Za-z0-9]+/?$`, "responses"),
	}, messagesPaths, chatPaths, responsesPaths, adminPaths),
	Geo: bedrockGeo,
}

// bedrockGeo is "global", or the geography or region in which a model of
// Anthropic's is served. Its responses name the model alone, and the global ones
// cost less.
func bedrockGeo(host, model string) string {
	before, _, ok := strings.Cut(model[strings.LastIndex(model, "/")+1:], "anthropic.claude-")
	if !ok {
		return ""
	}
	if geography, isProfile := strings.CutSuffix(before, "."); isProfile {
		return geography
	}
	_, rest, _ := strings.Cut(host, ".")
	region, _, _ := strings.Cut(rest, ".")
	return region
}

// bedrockRegions are those of AWS, by the partitions of aws-sdk-go-v2 1.48. A new
// one is one line.
var bedrockRegions = []string{
	"us-east-1", "us-east-2", "us-west-1", "us-west-2",
	"af-south-1",
	"ap-east-1", "ap-east-2",
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
	"ap-south-1", "ap-south-2",
	"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
	"ca-central-1", "ca-west-1",
	"eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
	"il-central-1",
	"me-central-1", "me-south-1", "me-west-1",
	"mx-central-1",
	"sa-east-1", "sa-west-1",
	"us-gov-east-1", "us-gov-west-1",
}

func bedrockHosts() []string {
	var hosts []string
	for _, r := range bedrockRegions {
		hosts = append(hosts, "bedrock-runtime."+r+".amazonaws.com")
	}
	for _, r := range []string{"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1", "us-gov-east-1", "us-gov-west-1"} {
		hosts = append(hosts, "bedrock-runtime-fips."+r+".amazonaws.com")
	}
	for _, r := range []string{"cn-north-1", "cn-northwest-1"} {
		hosts = append(hosts, "bedrock-runtime."+r+".amazonaws.com.cn")
	}
	hosts = append(hosts, "bedrock-runtime.eusc-de-east-1.amazonaws.eu")
	for _, r := range bedrockRegions {
		hosts = append(hosts, "bedrock-mantle."+r+".api.aws")
	}
	return hosts
}

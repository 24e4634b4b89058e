package provider

import (
	"slices"

	"github.com/wiremeter/wiremeter/usage"
)

// Google Cloud's Vertex AI: Gemini, and the models of other publishers each in
// its own dialect. Every region has a host of its own, a sibling of all other
// Google APIs, so that they are listed one by one. claude.googleapis.com serves
// Anthropic's API for Google Cloud. The prefix stands for the global host alone,
// which serves locations/global.
var vertex = &Provider{
	Name:     "vertex",
	Domains:  vertexHosts(),
	Prefixes: []Prefix{{"/vertex", "https://aiplatform.googleapis.com"}},
	Rules: slices.Concat([]Rule{
		free("", `:(countTokens|computeTokens)$`, "count_tokens"),
		free("", `/models/count-tokens(@[^/:]+)?:rawPredict$`, "count_tokens"),
		billable(WebSocket, `\.LlmBidiService[./]BidiGenerateContent$`, "live"),

		billable("POST", `/publishers/anthropic/models/(?P<model>[^/:]+):(rawPredict|streamRawPredict)$`, "messages"),
		billable("POST", `/publishers/mistralai/models/(?P<model>[^/:]+):(rawPredict|streamRawPredict)$`, "chat"),
		billable("POST", `/(models|endpoints)/(?P<model>[^/:]+):(generateContent|streamGenerateContent)$`, "generate"),
		billable("POST", `/models/(?P<model>[^/:]+):(embedContent|batchEmbedContents)$`, "generate").as(usage.Embed),
		billable("POST", `/(models|endpoints)/(?P<model>[^/:]+):[A-Za-z]*[pP]redict[A-Za-z]*$`, ""),

		free("", `/batchPredictionJobs(/|$)`, "batch_admin"),
		free("", `/cachedContents(/|$)`, "cache_admin"),
	}, chatPaths, messagesPaths, adminPaths),
}

// vertexRegions are those that Google's API reference lists in April 2026. A new
// one is one line.
var vertexRegions = []string{
	"us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west2", "us-west3", "us-west4",
	"northamerica-northeast1", "northamerica-northeast2",
	"southamerica-east1", "southamerica-west1",
	"africa-south1",
	"asia-east1", "asia-east2",
	"asia-northeast1", "asia-northeast2", "asia-northeast3",
	"asia-south1",
	"asia-southeast1", "asia-southeast2",
	"australia-southeast1", "australia-southeast2",
	"europe-central2", "europe-north1", "europe-southwest1",
	"europe-west1", "europe-west2", "europe-west3", "europe-west4", "europe-west6", "europe-west8", "europe-west9", "europe-west12",
	"me-central1", "me-central2", "me-west1",
}

func vertexHosts() []string {
	hosts := []string{
		"aiplatform.googleapis.com",
		"aiplatform.us.rep.googleapis.com",
		"aiplatform.eu.rep.googleapis.com",
		"claude.googleapis.com",
	}
	for _, r := range vertexRegions {
		hosts = append(hosts, r+"-aiplatform.googleapis.com")
	}
	return hosts
}

# wiremeter. `make help` lists what there is.

GO       ?= go
LINT     := .cache/bin/golangci-lint
LINT_VERSION := v2.15.0

.DEFAULT_GOAL := help
.PHONY: help build test race lint fuzz e2e matrix interop bench check clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/wiremeter
	$(GO) build -trimpath -o bin/wiremeter ./cmd/wiremeter

test: ## the tests of the README
	$(GO) test ./...

race: ## the same under the race detector
	$(GO) test -race ./...

lint: $(LINT) ## golangci-lint
	$(LINT) run ./...

$(LINT):
	GOBIN=$(CURDIR)/.cache/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

FUZZTIME ?= 30s
fuzz: ## every fuzz target for FUZZTIME (30s)
	@for pkg in $$($(GO) list ./parsers/...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep ^Fuzz); do \
	    echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
	  done; done

e2e: ## real agents from npm through wiremeter against the scripted provider
	$(GO) test -count=1 -tags e2e -timeout 45m ./e2e/...

matrix: ## write the table of docs/agents.md from what the agents do
	$(GO) test -count=1 -tags e2e -timeout 30m -run '^TestMatrix$$' ./e2e -update

interop: ## the authority's name constraints in Go, OpenSSL, Node, Bun and rustls clients
	$(GO) test -count=1 -tags interop ./certs/...

bench: ## wiremeter beside a direct connection, a tunnel and goproxy's own interception
	$(GO) run ./bench

check: lint test race interop e2e ## what CI runs

clean: ## remove what was built
	rm -rf bin .cache

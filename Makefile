# make help lists the targets.

LINT_VERSION := v2.15.0
LINT_DIR     := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/ticker-tools/golangci-lint-$(LINT_VERSION)
LINT         := $(LINT_DIR)/golangci-lint
VULN_VERSION := v1.8.0
VULN_DIR     := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/ticker-tools/govulncheck-$(VULN_VERSION)
VULN         := $(VULN_DIR)/govulncheck
FUZZTIME     ?= 10s
SOAK         ?= 2h

# What a release is built with, and what it calls itself.
TOOLCHAIN := go1.26.8
VERSION   ?= $(or $(shell git describe --tags --exact-match 2>/dev/null),dev)

# The peers are a module of their own: what they need, the product does not.
PEERS := bench/peers

# The SDK for browsers and Node has tools of its own, as npm knows them.
SDK := js

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## run the service with its simulated market; ARGS='--feed …' adds flags
	go run ./cmd/ticker serve $(ARGS)

.PHONY: build
build: ## build bin/ticker
	go build -o bin/ticker ./cmd/ticker

# The race detector needs cgo, whatever the environment says.
.PHONY: peers
peers: ## build bin/ticker-peers, the servers that `ticker bench` measures beside this one
	cd $(PEERS) && go build -o ../../bin/ticker-peers .

.PHONY: test
test: export CGO_ENABLED = 1
test: ## run every test with the race detector; installs what the tests need
	scripts/install-test-deps.sh
	go test -race ./...
	cd $(PEERS) && go test -race ./...
	cd $(SDK) && npm ci --no-audit --no-fund && npm test

.PHONY: check
check: $(LINT) ## lint code, formatting, go.mod and the lint configuration itself
	go mod verify
	go mod tidy -diff
	go vet ./...
	$(LINT) config verify
	$(LINT) run ./...
	cd $(PEERS) && go mod tidy -diff && go vet ./... && $(LINT) run ./...
	cd $(SDK) && npm ci --no-audit --no-fund && npm run check && npm run types
	$(MAKE) --no-print-directory vuln

.PHONY: vuln
vuln: $(VULN) ## look for known vulnerabilities; TICKER_VULN=require fails if it cannot
	scripts/vuln.sh $(VULN)

.PHONY: fmt
fmt: $(LINT) ## format the code as check wants it
	$(LINT) fmt ./...
	cd $(PEERS) && $(LINT) fmt ./...

.PHONY: bench
bench: ## run every benchmark
	go test -run='^$$' -bench=. -benchmem ./...

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME, 10s unless told
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: release
release: ## build bin/release for Linux on amd64 and arm64, with bills of materials and checksums
	TOOLCHAIN='$(TOOLCHAIN)' VERSION='$(VERSION)' scripts/release.sh

.PHONY: reproduce
reproduce: ## build the release twice, apart, and compare the bytes
	scripts/reproduce.sh

.PHONY: sbom
sbom: build ## write bin/ticker.cdx.json, what bin/ticker is made of
	go run ./internal/sbom bin/ticker > bin/ticker.cdx.json

# The suite takes two minutes, and the soak as long as it is told.
.PHONY: faults
faults: ## break what is around the service, and watch that its promises hold
	go test -timeout 10m ./faults

.PHONY: soak
soak: ## break it again and again, one process for SOAK, 2h unless told
	go test -timeout 0 -v -run OutlivesEveryFault ./faults -soak $(SOAK)

.PHONY: clean
clean: ## remove what was built
	rm -rf bin $(SDK)/dist $(SDK)/node_modules

# The linter is built from source once and kept outside of the tree, under its
# version. No flags of the caller: -mod or -race do not fit another module.
$(LINT):
	@echo 'building golangci-lint $(LINT_VERSION), once, for a few minutes'
	GOFLAGS= CGO_ENABLED=0 GOBIN='$(LINT_DIR)' go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

# So is govulncheck.
$(VULN):
	@echo 'building govulncheck $(VULN_VERSION), once'
	GOFLAGS= CGO_ENABLED=0 GOBIN='$(VULN_DIR)' go install golang.org/x/vuln/cmd/govulncheck@$(VULN_VERSION)

# Everything a person needs, with git, make and Go alone: `make demo`, `make test`.
# Tools are built into .cache/ or run from go.mod; nothing is installed elsewhere.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION ?= v0.0.0-dev.$(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION)
FUZZTIME ?= 10s
BENCHTIME ?= 1s
PKGS := ./...

.PHONY: help
help: ## Show what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: bin/firebreak-lab ## Watch an attack being stopped; you approve in a browser
	bin/firebreak-lab demo

.PHONY: test
test: fmt-check vet staticcheck ## Run all checks and tests, end to end included
	go test $(PKGS)

.PHONY: race
race: ## Run the tests under the race detector (needs a C compiler)
	go test -race $(shell go list ./... | grep -v /test/)

.PHONY: e2e
e2e: ## Run the whole daemon as a process, and kill it fifty times
	go test -count=1 -v ./test/...

.PHONY: bench
bench: ## Print what the hot paths cost
	go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./alerts ./app ./journal/sqlite ./playbooks

.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME (10s)
	@for pkg in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

.PHONY: lint
lint: fmt-check vet staticcheck tidy-check ## Run the static checks

.PHONY: fmt-check
fmt-check:
	@bad=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$bad" ]; then echo "not gofmt-ed:"; echo "$$bad"; exit 1; fi

.PHONY: vet
vet:
	go vet $(PKGS)

.PHONY: staticcheck
staticcheck:
	go tool staticcheck $(PKGS)

.PHONY: tidy-check
tidy-check:
	go mod tidy -diff

.PHONY: diagram
diagram: ## Draw docs/incident.mmd from the transition tables
	go test ./incident -run TestTheDiagramIsDrawnFromTheTables -draw

.PHONY: contracts
contracts: ## Build and test the Solidity project, write its snapshots (needs Node 20)
	contracts/script/build.sh

.PHONY: contracts-check
contracts-check: ## The same, and fail when a committed snapshot differs
	contracts/script/build.sh --check

.PHONY: build
build: bin/firebreak bin/firebreak-lab bin/vault-plugin-firebreak ## Build the three binaries into bin/

.PHONY: bin/firebreak bin/firebreak-lab bin/vault-plugin-firebreak
bin/firebreak bin/firebreak-lab bin/vault-plugin-firebreak:
	@mkdir -p bin
	go build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./cmd/$(notdir $@)

.PHONY: plugin
plugin: bin/vault-plugin-firebreak ## Build the Vault plugin and print the sha256 that Vault needs
	@sha256sum bin/vault-plugin-firebreak

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin .cache contracts/node_modules contracts/out contracts/cache

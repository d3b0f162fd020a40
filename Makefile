# Everything a person needs: `make demo` with git, make and Go alone, `make test`
# with Node 20 besides.
# Tools are built into .cache/ or run from go.mod; nothing is installed elsewhere.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION ?= v0.0.0-dev.$(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION)
FUZZTIME ?= 10s
BENCHTIME ?= 1s
PKGS := ./...

# The real Vault of the tests: two modules of their own, so that neither its
# licence nor its weight reaches the product's go.mod. The server is built again
# only when what it is made of changes.
VAULT_TESTS := test/vault
VAULT_SERVER := test/vault/server
VAULT_KEY := $(shell cat $(addprefix $(VAULT_SERVER)/,go.mod go.sum main.go) | sha256sum | cut -c1-16)
VAULT := .cache/vault/vault-$(VAULT_KEY)
SIGNATURES ?= 100000
RUNS ?= 20
INGEST_RUNS ?= 3
ALERTS ?= 30000
STORM ?= 100000

# Tests against what others run: a NATS server, an Alertmanager and a Grafana, in
# process. Modules of their own, so that none of them reaches the product's go.mod.
NATS_TESTS := test/nats
SENDERS := test/senders/alertmanager test/senders/grafana

# The anvil of the fault tests: the exact one of its package-lock.json, for Linux
# on x86-64; elsewhere name your own in ANVIL.
ANVIL_LOCK := test/faults/anvil
ANVIL_KEY := $(shell cat $(ANVIL_LOCK)/package-lock.json | sha256sum | cut -c1-16)
ANVIL_HOME := .cache/anvil-$(ANVIL_KEY)
ANVIL ?= $(CURDIR)/$(ANVIL_HOME)/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil

# The language server that editors check YAML with: the exact one of its
# package-lock.json.
EDITOR_LOCK := test/schema/server
EDITOR_KEY := $(shell cat $(EDITOR_LOCK)/package-lock.json | sha256sum | cut -c1-16)
EDITOR_HOME := .cache/editor-$(EDITOR_KEY)
YAML_SERVER ?= $(CURDIR)/$(EDITOR_HOME)/node_modules/yaml-language-server/bin/yaml-language-server

# How npm and Chromium come to a machine that has none: as Debian packages, where we may.
NPM := { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq nodejs npm; }
GET_CHROMIUM := { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; }

# The Chromium of the browser tests: name one in CHROMIUM, or it is the first of
# these in PATH. BROWSER_PKGS are the packages whose tests named TestBrowser... it
# runs, beside those of test/browser.
CHROMIUM ?=
BROWSER_PKGS := ./approvals/slack
FIND_CHROMIUM := found="$(CHROMIUM)"; for name in chromium chromium-browser google-chrome; do [ -n "$$found" ] || found=$$(command -v $$name || true); done

.PHONY: help
help: ## Show what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: bin/firebreak-lab ## Watch an attack being stopped; you approve in a browser
	bin/firebreak-lab demo

.PHONY: test
test: fmt-check vet staticcheck ## Run all checks and tests, end to end and against a real Vault, a real anvil and a real browser
	go test $(PKGS)
	$(MAKE) vault
	$(MAKE) -j2 test-vault test-others

# Beside the tests of Vault, which mostly wait; one after the other, because two of
# them may want to install something.
.PHONY: test-others
test-others:
	$(MAKE) test-nats
	$(MAKE) test-senders
	$(MAKE) test-anvil
	$(MAKE) test-schema
	$(MAKE) test-browser

.PHONY: vault
vault: $(VAULT) ## Build a real Vault server into .cache/vault (minutes, once)

$(VAULT):
	@mkdir -p .cache/vault
	@echo "building a Vault server: it takes minutes, once"
	CGO_ENABLED=0 go build -C $(VAULT_SERVER) -trimpath -buildvcs=false -tags minimal -ldflags '-s -w' -o $(CURDIR)/$@.next .
	@rm -f .cache/vault/vault*[0-9a-f]
	@mv $@.next $@
	@ln -sfn $(notdir $@) .cache/vault/vault

# Not from the cache: the tests build programs that it knows nothing of.
.PHONY: test-vault
test-vault: vault ## Run the tests against a real Vault
	FIREBREAK_VAULT=$(CURDIR)/$(VAULT) go test -C $(VAULT_TESTS) -count=1 ./...

.PHONY: test-nats
test-nats: ## Fetch alerts from a real NATS server, in process
	go test -C $(NATS_TESTS) -count=1 ./...

# Not vetted: vet would read the 800 packages that an Alertmanager is made of.
.PHONY: test-senders
test-senders: ## Let a real Alertmanager and a real Grafana send, in process
	@for dir in $(SENDERS); do go test -C $$dir -count=1 -vet=off ./... || exit 1; done

.PHONY: anvil
anvil: $(ANVIL) ## Install the anvil of the fault tests into .cache (needs npm)

# The new place is filled before it gets its name, so one that was cut off is
# filled again. No package script runs: none is needed.
$(CURDIR)/$(ANVIL_HOME)/%:
	@rm -rf $(ANVIL_HOME).next .cache/anvil-*
	@command -v npm >/dev/null || $(NPM) || { echo "npm is missing: install Node 20, or name an anvil of your own in ANVIL" >&2; exit 1; }
	@mkdir -p $(ANVIL_HOME).next
	@cp $(ANVIL_LOCK)/package.json $(ANVIL_LOCK)/package-lock.json $(ANVIL_HOME).next/
	cd $(ANVIL_HOME).next && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@mv $(ANVIL_HOME).next $(ANVIL_HOME)

.PHONY: test-anvil
test-anvil: anvil ## Run the fault tests that need a real anvil
	FIREBREAK_ANVIL=$(ANVIL) go test -count=1 -tags anvil -run Anvil ./test/faults

# Filled before it gets its name, and no package script runs, as with the anvil.
$(CURDIR)/$(EDITOR_HOME)/%:
	@rm -rf $(EDITOR_HOME).next .cache/editor-*
	@command -v npm >/dev/null || $(NPM) || { echo "npm is missing: install Node 20, or name a yaml-language-server of your own in YAML_SERVER" >&2; exit 1; }
	@mkdir -p $(EDITOR_HOME).next
	@cp $(EDITOR_LOCK)/package.json $(EDITOR_LOCK)/package-lock.json $(EDITOR_HOME).next/
	cd $(EDITOR_HOME).next && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@mv $(EDITOR_HOME).next $(EDITOR_HOME)

.PHONY: test-schema
test-schema: $(YAML_SERVER) ## Hold the schema of playbooks against the language server that editors run
	FIREBREAK_YAML_SERVER=$(YAML_SERVER) go test -count=1 -tags editor ./test/schema

.PHONY: test-browser
test-browser: ## Drive the pages in a headless Chromium, as guardians do
	@$(FIND_CHROMIUM); [ -n "$$found" ] || $(GET_CHROMIUM) || { echo "Chromium is missing: install it, or name one in CHROMIUM" >&2; exit 1; }
	@$(FIND_CHROMIUM); export FIREBREAK_CHROMIUM="$$found"; \
	  go test -count=1 -tags browser ./test/browser/... && go test -count=1 -tags browser -run Browser $(BROWSER_PKGS)

.PHONY: pictures
pictures: ## Draw docs/img/*.png anew from the pages (they differ with the machine's fonts)
	FIREBREAK_PICTURES=$(CURDIR)/docs/img $(MAKE) test-browser

.PHONY: vault-dev
vault-dev: vault bin/vault-plugin-firebreak ## Start a real Vault with the plugin, to try things, until Ctrl-C
	@go build -C $(VAULT_TESTS) -o $(CURDIR)/.cache/vault-dev ./dev
	@FIREBREAK_VAULT=$(VAULT) FIREBREAK_VAULT_PLUGIN=bin/vault-plugin-firebreak exec .cache/vault-dev

.PHONY: bench-signer
bench-signer: vault bin/vault-plugin-firebreak ## Time signing through a real Vault next to a KV v2 put (SIGNATURES=100000)
	@go build -C $(VAULT_TESTS) -o $(CURDIR)/.cache/bench-signer ./bench
	@FIREBREAK_VAULT=$(VAULT) FIREBREAK_VAULT_PLUGIN=bin/vault-plugin-firebreak exec .cache/bench-signer -signatures $(SIGNATURES)

.PHONY: bench-submit
bench-submit: ## Count and time what is between a decision and its broadcast, then 1,000 intents at once (RUNS=20)
	go run ./test/bench/submit -runs $(RUNS)
	@echo
	go run ./test/bench/submit -load

.PHONY: bench-ingest
bench-ingest: ## Count durable alerts per second and time their answers, for 1, 8 and 64 clients (INGEST_RUNS=3 ALERTS=30000)
	@mkdir -p .cache
	@go build -o .cache/bench-ingest ./test/bench/ingest
	@exec .cache/bench-ingest -runs $(INGEST_RUNS) -alerts $(ALERTS)

.PHONY: storm
storm: ## Let two storms of STORM alerts loose on a daemon that is killed in their middle (STORM=100000)
	FIREBREAK_STORM=$(STORM) go test -count=1 -timeout 30m -run Storm -v ./test/e2e

.PHONY: race
race: ## Run the tests under the race detector (needs a C compiler)
	go test -race $(shell go list ./... | grep -v /test/)

.PHONY: e2e
e2e: ## Run the whole daemon as a process, kill it fifty times, and let everything around it fail
	go test -count=1 -v ./test/...

.PHONY: bench
bench: ## Print what the hot paths cost
	go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./alerts ./app ./journal/sqlite ./playbooks ./test/bench/...

.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME (10s)
	@for pkg in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$pkg; \
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
	go vet -tags anvil ./test/faults
	go vet -tags editor ./test/schema
	go vet -tags browser ./test/browser/... $(BROWSER_PKGS)
	go vet -C $(VAULT_TESTS) ./...
	go vet -C $(NATS_TESTS) ./...

# The modules of NATS and of the senders are left out: staticcheck would read all of
# what they import.
.PHONY: staticcheck
staticcheck:
	go tool staticcheck $(PKGS)
	go tool staticcheck -tags anvil ./test/faults
	go tool staticcheck -tags editor ./test/schema
	go tool staticcheck -tags browser ./test/browser/... $(BROWSER_PKGS)
	cd $(VAULT_TESTS) && $$(go -C $(CURDIR) tool -n staticcheck) ./...

.PHONY: tidy-check
# The server's module is left out: telling whether it is tidy takes every
# dependency of every dependency, 5 GB of them; its build fails if one is missing.
tidy-check:
	go mod tidy -diff
	go -C $(VAULT_TESTS) mod tidy -diff
	@for dir in $(NATS_TESTS) $(SENDERS); do echo "go -C $$dir mod tidy -diff"; go -C $$dir mod tidy -diff || exit 1; done

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

# What runs next to the key holds no C, and is the same file wherever it is built.
bin/vault-plugin-firebreak: export CGO_ENABLED = 0

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

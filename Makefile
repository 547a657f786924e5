# Trust Platform. `make` alone lists what there is to do.
# Needs a POSIX shell and GNU Make 3.81 or newer; the work is in Go and in the small scripts of .tools/.

# The programs behind the targets; wire them here, once.
TEST_NETWORK := go run ./test-network/cmd/test-network
FABRIC       := $(TEST_NETWORK) build
UP           := $(TEST_NETWORK) up --platform
DOWN         := $(TEST_NETWORK) down
STATUS       := $(TEST_NETWORK) status
DEMO         := go run ./test-network/cmd/demo
BENCH        := go run ./test-network/cmd/bench
BENCH_GROWTH := $(BENCH) growth

# How long each fuzz target runs, and how long a package of end-to-end tests may.
FUZZTIME    ?= 10s
E2E_TIMEOUT ?= 60m
export FUZZTIME E2E_TIMEOUT

# Nothing here needs C; the race detector does, and .tools/unit switches it on where it can.
export CGO_ENABLED := 0

TOOLS := .bin/tools
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo up down status test unit e2e lint fmt fuzz generate generated bench bench-growth interop verify-page vuln clean \
	prerequisites fabric

help: ## List the targets
	@echo "Trust Platform: make TARGET"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

demo: prerequisites ## Play a day of local currency on a network of three organisations; leaves it running
	@$(DEMO)

up: prerequisites ## Start network, contracts and gateway (127.0.0.1:8080) and leave them running
	@$(UP)

down: prerequisites ## Stop everything that demo or up started; state is kept
	@$(DOWN)

status: prerequisites ## Show what is running, and what has died
	@$(STATUS)

test: prerequisites ## Check everything: lint, unit, generated, e2e
	@.tools/step lint $(MAKE) --no-print-directory lint
	@.tools/step unit $(MAKE) --no-print-directory unit
	@.tools/step generated $(MAKE) --no-print-directory generated
	@.tools/step e2e $(MAKE) --no-print-directory e2e
	@echo
	@echo "make test: everything passed"

unit: prerequisites ## Run unit tests, with the race detector where there is a C compiler
	@.tools/unit

e2e: prerequisites fabric ## Run end-to-end tests on real networks (E2E_TIMEOUT=60m a package)
	@.tools/e2e

interop: prerequisites ## Run other people's libraries against ours, both ways (needs Node 20 and npm)
	@.tools/interop

lint: prerequisites ## Run the linters of .golangci.yml (the first time builds them: minutes)
	@.tools/build golangci-lint
	@$(TOOLS)/golangci-lint run ./...

fmt: prerequisites ## Format the Go code with gofumpt
	@.tools/build gofumpt
	@$(TOOLS)/gofumpt -l -w chaincode gateway network test-network

fuzz: prerequisites ## Run every fuzz target for FUZZTIME=10s each
	@.tools/fuzz

generate: prerequisites ## Write generated files anew
	@go generate ./...

generated: prerequisites ## Check that generated files are up to date
	@.tools/generated

bench: prerequisites ## Measure payments a second on this machine; reports go to .bench/
	@$(BENCH)

bench-growth: prerequisites ## Measure how speed holds as the ledger grows (long)
	@$(BENCH_GROWTH)

verify-page: prerequisites ## Write verify.html: verifies receipts in a browser, alone and offline
	@go run ./gateway/cmd/verify-page --out verify.html

vuln: prerequisites ## Look for known vulnerabilities (needs https://vuln.go.dev, so not part of test)
	@.tools/build govulncheck
	@$(TOOLS)/govulncheck -tags e2e ./...

fabric: prerequisites ## Build Fabric's own programs (the first time: minutes)
	@$(FABRIC)

prerequisites: ## Say what this machine lacks, if anything
	@.tools/prerequisites

clean: ## Stop the network, then remove its state and everything that was built
	@if [ -d .network ]; then $(DOWN); fi
	rm -rf .bin .network .bench

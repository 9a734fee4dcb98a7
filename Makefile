# leafcam: see README.md. Everything here stays on this machine; only Go's module
# proxy is asked for modules that are not cached.

FUZZTIME ?= 10m
FUZZFLAGS ?= -fuzzminimizetime 2s

.PHONY: measure demo test race replay test-clients test-all lint govulncheck bench evidence fuzz load long build cross clients readme steady forecasts help

demo: ## the main job: which clients accept a camera that sends its leaf alone
	go run ./cmd/leafcam demo

help: ## the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' $(MAKEFILE_LIST)

test: ## what needs Go and loopback alone: recordings, engine, parsers, judge, reports, scripts
	go test -skip '^TestReal' ./...

race: ## the same under the race detector
	go test -race -skip '^TestReal' -timeout 20m ./...

replay: ## every recording of the real stack: the race detector sees each eighth entry of the large ones
	go test ./device/wire/... ./device/compare

test-clients: ## real programs; what is not installed is skipped, with how to install it
	go test -run '^TestReal' -timeout 60m ./...

test-all: test race test-clients ## all tests

build: ## the command, as ./leafcam
	go build -o leafcam ./cmd/leafcam

clients: build ## every client: Debian packages (asks for root) and npm packages (in your cache)
	@./leafcam clients --install-script > clients.out && cat clients.out
	@printf 'Run these commands? [y/N] '; read answer; if [ "$$answer" = y ]; then sh clients.out; else echo 'nothing was installed'; fi

measure: ## what each client refuses, one thing at a time: the data of the models in hostsim/policy
	go run ./internal/tools/forecasts -learn hostsim/policy/measured.json

readme: ## the parts of README.md that are made: outputs of this machine, and the examples
	go run ./internal/tools/readme

steady: build ## the standard set ten times in a row: every run has to come to the same verdicts
	./leafcam matrix --report json=steady.out > /dev/null; test -s steady.out
	for run in 2 3 4 5 6 7 8 9 10; do echo "run $$run"; ./leafcam matrix --expect steady.out > /dev/null || exit 1; done

# golangci-lint has a module of its own, because its dependencies are hundreds. It asks vet, too. gofmt
# looks at the files of all systems.
lint: ## formatting, vet, staticcheck, and what .golangci.yml asks for
	test -z "$$(gofmt -l .)"
	go tool staticcheck ./...
	go tool -modfile=internal/tools/lint/go.mod golangci-lint run

# It has a module of its own, too. Its database is the one thing on the Internet that it asks. What could not
# be checked fails: silence would look like a clean bill of health. VULNDB can be a copy, as file:///path.
VULNDB ?= https://vuln.go.dev

govulncheck: ## known vulnerabilities of the modules and of Go that this code reaches; asks vuln.go.dev
	@go tool -modfile=internal/tools/vuln/go.mod govulncheck -db $(VULNDB) ./... || { status=$$?; \
		if [ $$status -eq 3 ]; then echo 'govulncheck: vulnerabilities are reached, see above'; \
		else echo 'govulncheck: NOTHING WAS CHECKED: $(VULNDB) was not reached, or the code does not build'; fi >&2; exit $$status; }

cross: ## build and vet for the other systems
	GOOS=darwin go vet ./...
	GOOS=windows go vet ./...

# What was measured is in figures.out: go tool benchstat figures.out. GROUPS chooses some of engine, gateway, proxies, check
# and command. The exit status of the program, not of make, says whether a goal was missed (3) or the machine too busy (4).
GROUPS ?=

bench: ## engine, gateway, check and command beside crypto/tls, nginx, HAProxy and openssl: ten rounds, eight minutes
	go build -o bench.out ./internal/tools/bench && ./bench.out $(GROUPS)

evidence: ## the same, and the figures of docs/evidence.md: on a machine that does nothing else
	go build -o bench.out ./internal/tools/bench && ./bench.out -markdown docs/evidence.md $(GROUPS)

# One target a call: go test -fuzz takes no more. Now and then Go calls it a failure that the time
# is up ("context deadline exceeded" and nothing else); what fails by an input names its file.
fuzz: SHELL := bash
fuzz: ## every fuzz target for FUZZTIME each
	@for pkg in ./device ./device/internal/mbedtls ./device/wire ./device/compare ./certs ./certs/delivery ./hostsim/preflight ./hostsim ./hostsim/verdict ./hostsim/fullchain ./hostsim/gateway ./hostsim/livepage ./hostsim/clients ./hostsim/report; do \
		for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$target, $(FUZZTIME)"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $(FUZZFLAGS) $$pkg 2>&1 | tee fuzz.out; \
			test $${PIPESTATUS[0]} -eq 0 || \
				{ grep -qx '    context deadline exceeded' fuzz.out && ! grep -q 'Failing input' fuzz.out; } || exit 1; \
		done; \
	done

load: ## 5,000 cameras in one process for ten minutes, a gateway with 500 viewers, and a page with 1,000 connections a minute for as long
	go run ./internal/tools/load
	go run ./internal/tools/gatewayload -soak 10m
	go run ./internal/tools/pageload

# SEED and CELLS choose the generated deliveries: any seed has to do.
SEED ?= 1
CELLS ?= 10000

forecasts: ## generated deliveries, every forecast of the check, and every gateway, against every client, browsers included
	go run ./internal/tools/forecasts -seed $(SEED) -cells $(CELLS)
	LEAFCAM_EVERY_CLIENT=1 go test -timeout 3h -v -run 'TestRealForecast|TestRealClients$$' ./cmd/leafcam ./examples/gateway

long: load steady forecasts ## what takes longer than a test may: the load, ten matrices, all forecasts, and ten minutes for each fuzz target
	$(MAKE) fuzz FUZZTIME=10m

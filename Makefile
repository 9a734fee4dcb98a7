# leafcam: see README.md. Everything here stays on this machine; only Go's module
# proxy is asked for modules that are not cached.

FUZZTIME ?= 10m
FUZZFLAGS ?= -fuzzminimizetime 2s

.PHONY: demo test race lint bench fuzz load long build cross clients readme steady forecasts

demo: ## the main job: which clients accept a camera that sends its leaf alone
	go run ./cmd/leafcam demo

test: ## all tests; skipped ones say what is missing
	go test -timeout 20m ./...

race: ## all tests under the race detector
	go test -race -timeout 40m ./...

build: ## the command, as ./leafcam
	go build -o leafcam ./cmd/leafcam

clients: build ## every client: Debian packages (asks for root) and npm packages (in your cache)
	@./leafcam clients --install-script > clients.out && cat clients.out
	@printf 'Run these commands? [y/N] '; read answer; if [ "$$answer" = y ]; then sh clients.out; else echo 'nothing was installed'; fi

readme: build ## the outputs in README.md, made anew on this machine
	{ echo '```'; ./leafcam demo 2>/dev/null; echo '```'; } > demo.out
	rm -rf pki.out; ./leafcam pki cam.example.com --aia http://aia.example.com --out pki.out > /dev/null
	{ echo '```'; ./leafcam check pki.out/fullchain.pem pki.out/root.pem pki.out/privkey.pem --host cam.example.com | sed 's,pki\.out/,,g'; echo '```'; } > check.out
	./leafcam matrix --report markdown=matrix.out > /dev/null; test -s matrix.out
	for part in demo check matrix; do awk -v part=$$part '\
		$$0 == "<!-- " part " -->" { print; while ((getline line < (part ".out")) > 0) print line; skip = 1 } \
		$$0 == "<!-- end of " part " -->" { skip = 0 } \
		!skip' README.md > README.out && cat README.out > README.md; done

steady: build ## the standard set ten times in a row: every run has to come to the same verdicts
	./leafcam matrix --report json=steady.out > /dev/null; test -s steady.out
	for run in 2 3 4 5 6 7 8 9 10; do echo "run $$run"; ./leafcam matrix --expect steady.out > /dev/null || exit 1; done

lint: ## formatting, vet and staticcheck
	test -z "$$(gofmt -l .)"
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

cross: ## build and vet for the other systems
	GOOS=darwin go vet ./...
	GOOS=windows go vet ./...

bench: ## the engine beside crypto/tls, devices that a core checks in a second, the gateway beside nginx and HAProxy
	go run ./device/internal/bench
	go test -run '^$$' -bench . -cpu 1 ./certs/preflight
	go run ./hostsim/gateway/internal/load

# One target a call: go test -fuzz takes no more. Now and then Go calls it a failure that the time
# is up ("context deadline exceeded" and nothing else); what fails by an input names its file.
fuzz: SHELL := bash
fuzz: ## every fuzz target for FUZZTIME each
	@for pkg in ./device ./device/internal/mbedtls ./device/wire ./certs ./certs/preflight ./hostsim ./hostsim/gateway ./hostsim/clients ./hostsim/report; do \
		for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$target, $(FUZZTIME)"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $(FUZZFLAGS) $$pkg 2>&1 | tee fuzz.out; \
			test $${PIPESTATUS[0]} -eq 0 || \
				{ grep -qx '    context deadline exceeded' fuzz.out && ! grep -q 'Failing input' fuzz.out; } || exit 1; \
		done; \
	done

load: ## 5,000 cameras in one process for ten minutes, a gateway with 500 viewers, and a page with 1,000 connections a minute for as long
	go run ./device/internal/load
	go run ./hostsim/gateway/internal/load -soak 10m
	go run ./hostsim/livepage/internal/load

forecasts: ## every forecast of the check against every client, browsers included
	LEAFCAM_ALL_FORECASTS=1 go test -timeout 2h -v -run TestForecastAgainstMatrix ./cmd/leafcam

long: load steady forecasts ## what takes longer than a test may: the load, ten matrices, all forecasts, and ten minutes for each fuzz target
	$(MAKE) fuzz FUZZTIME=10m

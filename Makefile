# leafcam: see README.md. Everything here stays on this machine; only Go's module
# proxy is asked for modules that are not cached.

FUZZTIME ?= 10m
FUZZFLAGS ?=

.PHONY: demo test race lint bench fuzz load long build cross

demo: ## the main job: which clients accept a camera that sends its leaf alone
	go run ./cmd/leafcam demo

test: ## all tests; skipped ones say what is missing
	go test ./...

race: ## all tests under the race detector
	go test -race -timeout 20m ./...

build: ## the command, as ./leafcam
	go build -o leafcam ./cmd/leafcam

lint: ## formatting, vet and staticcheck
	test -z "$$(gofmt -l .)"
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

cross: ## build and vet for the other systems
	GOOS=darwin go vet ./...
	GOOS=windows go vet ./...

bench: ## the engine beside crypto/tls
	go run ./device/internal/bench

# One target a call: go test -fuzz takes no more.
fuzz: ## every fuzz target for FUZZTIME each
	@for pkg in ./device/internal/mbedtls ./device/wire ./certs; do \
		for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$target, $(FUZZTIME)"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $(FUZZFLAGS) $$pkg || exit 1; \
		done; \
	done

load: ## 5,000 cameras in one process, with clients for ten minutes
	go run ./device/internal/load

long: load ## what takes longer than a test may: the load, and ten minutes for each fuzz target
	$(MAKE) fuzz FUZZTIME=10m

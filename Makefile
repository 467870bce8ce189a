# Crackle's commands. Each does its own set-up on a Debian machine with Go 1.26, Node 20 and make.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory
.PHONY: help setup demo soak build test bench lint generate clean format vet go race generic arm64 ui staticcheck

ARGS ?=
BENCH ?= .
BENCHTIME ?= 1s
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)

# Packages that start goroutines: run once more under the race detector. Left out there are the allocation tests, because the detector
# allocates itself, and the browser tests, because Chromium takes the time that they measure.
RACE ?= ./cmd/... ./ingest/... ./alert/... ./web/...
# Packages tested at once, one more than cores, since some wait for most of their time; those that take longest come first.
ATONCE ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
LONGEST = ./web ./cmd/...
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
HAS_UI := $(wildcard web/ui/package.json)
# Kernel generators have a go.mod of their own, so that what they need is no dependency of the program.
GENERATED = $(shell find . -path ./web/ui/node_modules -prune -o -path '*/_gen/go.mod' -printf '%h\n' | xargs -r -n1 dirname | sort)
GO_FILES = $(shell find . \( -name node_modules -o -name .git \) -prune -o -name '*.go' -print)

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## install what is missing: Chromium and gcc for the tests, the dashboard's npm packages and build
	@scripts/setup tests ui

demo: ## show the whole job on real recordings; ARGS="--headless --json" runs it without a person
	@scripts/setup ui
	@$(MAKE) bin/crackle >&2
	@bin/crackle demo $(ARGS)

soak: ## run the whole path under load and faults for 10 minutes; ARGS=2h for longer, ARGS="--json 1h"
	@scripts/setup ui
	@$(MAKE) bin/crackle >&2
	@bin/crackle soak $(ARGS)

build: ## build bin/crackle with the dashboard in it
	@scripts/setup ui
	@$(MAKE) bin/crackle

.PHONY: bin/crackle
bin/crackle:
	@CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags "-X main.version=$(VERSION)" -o $@ ./cmd/crackle

test: ## everything that must hold before a commit
	@scripts/setup tests ui
	@$(MAKE) format vet ui go generic race arm64
	@echo "make test: all passed"

format:
	@unformatted=$$(gofmt -l $(GO_FILES)); [ -z "$$unformatted" ] || { printf 'not formatted; run gofmt -w on\n%s\n' "$$unformatted"; exit 1; }

vet:
	go vet ./...

go:
	go test -p $(ATONCE) $(LONGEST) ./...

generic: # the kernels of other machines, on this one
	CRACKLE_KERNEL=generic go test -count=1 ./rnn/... ./window/...

race:
	go test -p $(ATONCE) -race -skip 'Alloc|Browser' $(RACE)

arm64:
	GOARCH=arm64 CGO_ENABLED=0 go vet ./...
	GOARCH=arm64 CGO_ENABLED=0 go build -buildvcs=false ./...

ui:
ifneq ($(HAS_UI),)
	npm --prefix web/ui --silent run check
else
	@:
endif

bench: ## benchmarks; BENCH=name, BENCHTIME=1s
	@scripts/setup ui
	go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem -timeout 2h ./...
	@find . -name node_modules -prune -o -name bench.sh -print | sort | while read -r script; do echo "$$script"; bash "$$script"; done

lint: ## gofmt, go vet, staticcheck, tsc, and generated code against its generator
	@scripts/setup ui
	@$(MAKE) format vet staticcheck ui
	@scripts/generate --check $(GENERATED)

staticcheck:
	go run $(STATICCHECK) ./...

generate: ## write generated code anew
	@scripts/generate $(GENERATED)

clean: ## remove what was built
	rm -rf bin build web/ui/node_modules
	find web/ui/dist -mindepth 1 ! -name placeholder.txt -delete

# Loket. `make` alone lists what there is.
SHELL := /bin/bash
VERSION := $(shell sed -n 's/^Version = "\(.*\)"/\1/p' FyneApp.toml)
LDFLAGS := -s -w -X main.version=$(VERSION)
T ?= 30s
export LC_ALL := C.UTF-8
# The same flags everywhere: Fyne's C is compiled once, not once for bin/ and
# once for the tests.
export GOFLAGS += -trimpath
# Go as go.mod names it, in which known vulnerabilities are mended; where it cannot be had
# the machine's own.
export GOTOOLCHAIN := $(shell t=$$(sed -n 's/^toolchain //p' go.mod); GOTOOLCHAIN=$$t go version >/dev/null 2>&1 && echo $$t || echo local)

.PHONY: help run build windows test test-rooms test-programs test-windows test-postgres check lint race scale screens pages card visitors feel bench compare scan soak fuzz faults packages test-packages reproducible release setup
help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

windows: ## kiosk.exe and hub.exe, packed with what sets a kiosk up: build/loket-windows-VERSION.zip
	@packaging/windows.sh

run: build ## a demo hub on loopback, an enrolled kiosk, its window
	@packaging/demo.sh

build: setup ## bin/kiosk and bin/hub
	CGO_ENABLED=0 go build -ldflags "$(LDFLAGS)" -o bin/hub ./cmd/hub
	CGO_ENABLED=1 go build -ldflags "$(LDFLAGS)" -o bin/kiosk ./cmd/kiosk

# Side by side: tests of programs mostly wait. In a window seconds count: by itself.
test: build ## everything that must hold
	@$(MAKE) --no-print-directory -j2 -Otarget test-rooms test-programs
	@$(MAKE) --no-print-directory test-windows test-postgres

test-rooms:
	CGO_ENABLED=0 go test -timeout 20m -parallel 8 -skip '^TestFault[A-Z]' $$(go list ./... | grep -v -e /cmd)

test-programs:
	CGO_ENABLED=1 go test -timeout 15m -count=1 -skip '^TestFault[A-Z]|Window' ./cmd/...

test-windows:
	CGO_ENABLED=1 go test -timeout 15m -count=1 -run Window -skip '^TestFault[A-Z]' ./cmd/kiosk

# What hubs do, once more on PostgreSQL, which the tests start on loopback.
test-postgres:
	LOKET_TEST_ENGINE=postgres CGO_ENABLED=0 go test -short -parallel 8 -timeout 15m -skip '^TestFault[A-Z]' ./hub/web ./hub/demo ./hub/metrics ./store/casebook

faults: setup ## what must never happen, under every fault: the table (FAULTS=long for many more tries)
	@packaging/faults.sh

scale: setup ## hubs restarted and killed, their PostgreSQL killed, while kiosks send; KIOSKS (1000) with REPORTS (100) each on two hubs (five minutes)
	@set -o pipefail; CGO_ENABLED=0 go test ./cmd/hub -count=1 -timeout 30m -v -run '^TestFault[A-Z]' -kiosks $(or $(KIOSKS),1000) -reports $(or $(REPORTS),100) | grep -E 'ATTR|scale_test|^(---|ok|FAIL)'

check: setup ## gofmt, vet, staticcheck, govulncheck, race
	@$(MAKE) --no-print-directory lint race

lint:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	go vet ./...
	GOOS=windows CGO_ENABLED=0 go vet $$(go list ./... | grep -v -e /cmd/kiosk -e /packaging)
	go tool staticcheck ./...
	packaging/vulncheck.sh
	cd packaging/compare && CGO_ENABLED=0 go vet . && CGO_ENABLED=0 go test .

# Where things really happen at once. Tests that go page by page skip themselves by
# testing.Short; `go test -race ./...` runs all.
RACE := ./kiosk/printer/... ./kiosk/upload ./kiosk/visit ./kiosk/voice ./kiosk/stick ./store/... ./hub/metrics ./hub/notice ./hub/web
race:
	CGO_ENABLED=1 go test -race -short -parallel 8 -timeout 15m $(RACE)

screens: ## every screen as PNG, in build/screens (six minutes), and the contact sheet in docs
	CGO_ENABLED=0 go test ./ui -count=1 -timeout 30m -run TestScreens -screens $(CURDIR)/build/screens
	packaging/contact-sheet.sh

pages: setup ## screenshots of the desk, in docs/pages
	@mkdir -p build/pages docs/pages; rm -f build/pages/*
	CGO_ENABLED=0 go test ./hub/web -count=1 -timeout 15m -run 'TestARequestFromKioskToAnnualReport|TestPicturesOfAYear' -pages $(CURDIR)/build/pages
	@for p in build/pages/*.png; do convert "$$p" -colors 64 -strip -define png:compression-level=9 "docs/pages/$${p##*/}"; done

card: setup ## the receptionist's card, with screens of now: docs/kartu-petugas.pdf
	@packaging/card.sh

visitors: build ## every door in both languages, a receptionist's morning and a new catalogue, in the real window (twelve minutes)
	CGO_ENABLED=1 go test ./cmd/kiosk -count=1 -timeout 30m -v -run InTheRealWindow -visitors

feel: build ## what a visitor feels in the real window: keys, pages, memory over VISITS (20)
	CGO_ENABLED=1 go test ./cmd/kiosk -count=1 -timeout 60m -v -run TestFeel -feel 3 -visits $(or $(VISITS),20) | grep feel_test

bench: ## the benchmarks; compare figures of one run only
	CGO_ENABLED=0 go test -run '^$$' -bench . -benchtime 1s ./kiosk/... ./store/... ./ui/... ./hub/web
	CGO_ENABLED=1 go test -run '^$$' -bench . -benchtime 1s ./cmd/kiosk

compare: build ## against PocketBase, nginx, bare loops and Chromium, as ratios, into docs/benchmarks.md (half an hour; PARTS=ingest,tracking,hubs,submit,drain,kiosk)
	@packaging/compare/setup.sh
	cd packaging/compare/pocketbase && CGO_ENABLED=0 go build -o ../../../build/compare/pocketbase .
	cd packaging/compare && CGO_ENABLED=0 go build -o ../../build/compare/compare .
	build/compare/compare -only "$(PARTS)"

scan: ## how many worn receipts two decoders read, simulated: the table in docs/printing.md
	CGO_ENABLED=0 go test ./kiosk/receipt -count=1 -v -run TestScan -scan $(or $(TRIES),16) | grep -e '|' -e tries

soak: ## VISITS (10000) visits through the real screens, and a monkey for T (10m): a quarter of an hour
	CGO_ENABLED=0 go test ./ui -count=1 -timeout 3h -v -run 'TestVisits|TestMonkey' -soak $(or $(VISITS),10000) -monkey $(if $(filter command line,$(origin T)),$(T),10m)

fuzz: ## each parser of outside bytes for T (default 30s)
	@grep -rho --include=*_test.go -H '^func Fuzz[A-Za-z]*' ui kiosk hub store cmd | sed -E 's#/[^/]*:func # #' | while read -r p f; do \
	  echo "$$p $$f"; CGO_ENABLED=$$([ $$p = cmd/kiosk ] && echo 1 || echo 0) go test ./$$p -run '^$$' -fuzz "^$$f$$" -fuzztime $(T) -fuzzminimizetime 2s || exit 1; done

packages: ## loket-kiosk and loket-hub for Debian, in build/packages
	packaging/packages.sh

test-packages: ## install, use, upgrade, remove and purge the packages in a Debian 12 that boots for it (three minutes; root)
	packaging/packages-test.sh

reproducible: ## two builds of the commit, in two folders, are the same
	packaging/reproducible.sh

release: ## what a ministry can publish, in build/release
	packaging/release.sh

setup: ## the system packages that building and testing need
	@packaging/setup.sh

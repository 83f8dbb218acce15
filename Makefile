# Tagbeat. `make run` and `make test` need nothing before them but Swift 6.3; `make help` lists the rest.
#
#   make run ARGS="--listen 127.0.0.1:9000"   arguments for `tagbeat run`
#   make test FILTER=OCITests                 only the tests whose name matches
#   make run CONFIGURATION=release            the quick program, after the slow build
#   make fuzz SECONDS=600                     ten minutes for each parser

# One debug build serves run and test alike, so that the one after the other is quick.
CONFIGURATION ?= debug
# The one place for the compiler's flags: `swift build` and `swift test` with other flags build everything anew.
SWIFT_FLAGS ?= --configuration $(CONFIGURATION) --explicit-target-dependency-import-check error
TAGBEAT := .build/$(CONFIGURATION)/tagbeat
SOURCES := Package.swift Sources Tests
IMAGE ?= tagbeat:latest

.PHONY: help run test build bench fuzz format lint image clean packages-run packages-test swift

help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: build ## Install what is missing, build, start Tagbeat and print its address
	@exec $(TAGBEAT) run $(ARGS)

build: packages-run swift ## Build the program
	@echo "==> building ($(CONFIGURATION)); the first time takes some minutes"
	swift build $(SWIFT_FLAGS) --product tagbeat

# Tests that start servers and browsers wait more than they compute, but hundreds at once would starve each other.
# The tests use Swift Testing alone; an empty XCTest run would only say that it ran nothing.
test: override CONFIGURATION := debug
test: packages-test swift ## Install what is missing, build and run every test
	@echo "==> building with the tests; the first time takes some minutes"
	swift build $(SWIFT_FLAGS) --build-tests
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4 swift test $(SWIFT_FLAGS) --skip-build --disable-xctest $(if $(FILTER),--filter '$(FILTER)')

bench: packages-test swift ## Measure checks a second, pages and the store with a million tags, and the schedule
	@.ci/bench
	@.ci/bench-sites
	@.ci/bench-schedule

fuzz: packages-run swift ## Feed the parsers with random input, three minutes each
	@.ci/fuzz $(or $(SECONDS),180)

format: swift ## Format all Swift sources in place
	swift format --in-place --parallel --recursive $(SOURCES)

lint: swift ## Check the format of all Swift sources
	swift format lint --strict --parallel --recursive $(SOURCES)

image: ## Build the container image with docker, podman or buildah
	@.ci/image '$(IMAGE)'

clean: ## Remove what was built
	rm -rf .build .build-*

packages-run:
	@.ci/packages run

packages-test:
	@.ci/packages test

# After the packages: on a bare machine Swift itself starts only with some of them.
swift:
	@command -v swift >/dev/null || { \
	    echo 'tagbeat: swift is not in PATH. Get Swift 6.3 from https://www.swift.org/install/linux/' >&2; \
	    echo '  (under sudo your PATH does not count: run make as yourself, it calls sudo where needed)' >&2; \
	    exit 1; }

# Packages before Swift's check before the build, also with -j.
.NOTPARALLEL:

# One command for each thing to do with the repository; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

JOBS ?= 3
TEST_JOBS ?= 2
PRESET ?= release
# Sanitizers make GCC warn about code that it instrumented itself.
WERROR ?= $(if $(filter release debug,$(PRESET)),ON,OFF)
# Sources compiled together: half the time from nothing, more for one that changed.
JOIN ?= ON
BUILD := build/$(PRESET)
DEPS := $(or $(ICEFALL_DEPS_DIR),$(CURDIR)/.deps)
PYTHON := $(DEPS)/venv/bin/python
CTEST := ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -j $(TEST_JOBS)

.PHONY: help bootstrap build demo test check bench fuzz sqllogic soak asan tsan install clean

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

bootstrap: ## Install Debian packages and fetch the pinned libraries into .deps
	@scripts/bootstrap.sh

build: bootstrap ## Build with PRESET (release, debug, asan or tsan)
	@mkdir -p $(BUILD)
	@cmake --preset $(PRESET) -DICEFALL_WERROR=$(WERROR) -DICEFALL_JOIN_SOURCES=$(JOIN) \
	  >$(BUILD)/configure.log 2>&1 || { cat $(BUILD)/configure.log; exit 1; }
	@cmake --build $(BUILD) -j $(JOBS)

demo: build ## Build, then show what IcefallDB does on a small database
	@scripts/demo.sh

test: build ## Build and run every test
	@scripts/test.sh $(BUILD) $(TEST_JOBS)

check: ## Formatting, the rules of the repository, and a build with warnings as errors
	@scripts/bootstrap.sh
	@scripts/format.sh --check
	@$(PYTHON) tools/tidy_test.py
	@$(PYTHON) tools/tidy_test_selftest.py
	@$(MAKE) --no-print-directory build WERROR=ON JOIN=OFF

bench: build ## Run the benchmarks; results are compared before times are printed
	@scripts/bootstrap.sh --bench
	@bench/run.sh

fuzz: build ## Fuzz the parsers of foreign bytes, and pairs of ways to one answer
	@tests/fuzz/run.sh

sqllogic: build ## Run DuckDB's own SQL suite; DUCKDB_TEST_DIR: a checkout of it at v1.5.5
	@tests/sqllogic/run_duckdb_suite.sh $(BUILD) $(TEST_JOBS)

soak: build ## Run many writers and readers for a while and check their history
	@tests/soak/run.sh

.PHONY: versitygw
versitygw: build ## Signatures, conditional writes and killed processes on an S3 server, versitygw
	@tests/versitygw/run.sh $(BUILD)

.PHONY: icedbsoak
icedbsoak: build ## 64 writers of an icedb table for a minute, in memory and on an S3 server
	@tests/soak/icedb.sh $(BUILD)/src/icedb/icedb_test

.PHONY: icedboriginal
icedboriginal: build ## The original IceDB beside ours; see tests/icedb_original/run.py
	@ICEFALL_BUILD_DIR=$(CURDIR)/$(BUILD) $(PYTHON) -u tests/icedb_original/run.py
	@ICEFALL_BUILD_DIR=$(CURDIR)/$(BUILD) $(PYTHON) -m pytest -q python/tests/test_icedb_original.py

.PHONY: clang
clang: bootstrap
	@scripts/bootstrap.sh --clang || echo "without clang, by GCC"

asan: clang ## Address and undefined behaviour sanitizers: unit, conformance and SQL tests
	@scripts/sanitized_test.sh asan $(TEST_JOBS)

tsan: clang ## The thread sanitizer: unit and conformance tests below SQL
	@scripts/sanitized_test.sh tsan $(TEST_JOBS)

install: build ## Install into PREFIX (default: dist)
	@cmake --install $(BUILD) --prefix $(or $(PREFIX),dist)

clean: ## Remove what was built; .deps stays
	rm -rf build dist

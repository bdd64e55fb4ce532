# Everything a person or a build server does with this repository. `make help` lists it.
# It needs Python 3.11 and nothing else: `setup` makes .venv from the pinned lock, every other target starts there.

PYTHON ?= $(shell command -v python3.11 || echo python3)
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.set-up
BENCH_STAMP := $(VENV)/.set-up-bench

# The rooms that hold code, in the order they stand on each other.
ROOMS := $(wildcard backbone services deploy drumbeat tests)

.DEFAULT_GOAL := help
.PHONY: help setup demo up down lint unit contract integration fault fault-short e2e bench test lock generate

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## The environment in .venv, exactly as pinned (skipped while it is newer than the lock)

$(STAMP): requirements-test.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "Drumbeat runs on Python 3.11 and '$(PYTHON)' is not that: install Python 3.11, or name it: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV) || { \
	  echo "'$(PYTHON)' cannot make an environment: on Debian and Ubuntu install python3.11-venv, then run make setup again" >&2; exit 1; }
	@echo "Installing the pinned packages into $(VENV): one to three minutes and about 1 GB the first time"
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements-test.lock || { \
	  echo "The packages could not be installed (see above): mend the network or the disk, then run make setup again; what is done is kept" >&2; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(BENCH_STAMP): $(STAMP) requirements-bench.lock
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

demo: setup ## Everything up, a simulated sales force, a live page; Ctrl-C stops it
	@$(BIN)/drumbeat demo

up: setup ## Start the local stack and leave it running
	@$(BIN)/drumbeat up

down: setup ## Stop the local stack; its data stays
	@$(BIN)/drumbeat down

lint: setup ## Style, types and who may import whom
	$(BIN)/ruff check $(ROOMS)
	$(BIN)/ruff format --check $(ROOMS)
	$(BIN)/mypy $(ROOMS)
	$(BIN)/lint-imports --no-logo

# Two processes, each with engines of its own: much of these layers is waiting. A file's tests stay together.
SIDE_BY_SIDE := --numprocesses=2 --dist=loadfile

# One layer of tests. $(1) the folder under tests, $(2) what else pytest is told.
define run_layer
	@if [ -n "$$(find tests/$(1) -name 'test_*.py' 2>/dev/null | head -n 1)" ]; then \
	  $(BIN)/python -m pytest tests/$(1) $(2) $(PYTEST); \
	else \
	  echo "tests/$(1) holds no test: an empty layer does not pass" >&2; exit 1; \
	fi
endef

unit: setup ## Pure rules: no broker, no store, no network
	$(call run_layer,unit,--timeout=120 $(SIDE_BY_SIDE))

contract: setup ## Events, golden messages and generated documents
	$(call run_layer,contract,--timeout=180 $(SIDE_BY_SIDE))

integration: setup ## Services on the real broker and the real store
	$(call run_layer,integration,--timeout=300 $(SIDE_BY_SIDE))

fault: setup ## Seeded chaos against an independent recount, the long form
	$(call run_layer,fault,--timeout=1800)

fault-short: setup ## The same, as long as `make test` can wait
	$(call run_layer,fault,--timeout=420 -m "not long")

e2e: setup ## A real browser on the running stack
	@$(BIN)/python -m deploy.local.browser
	$(call run_layer,e2e,--timeout=300 -m "not speed")

bench: setup $(BENCH_STAMP) ## Ours and the peers on the same events; writes a table
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m deploy.local.browser
	@$(BIN)/python -m pytest tests/e2e --quiet --timeout=300 -m speed
	@$(BIN)/python -m tests.bench.writes

test: setup ## Every check there is, one layer after the other
	@for layer in lint unit contract integration fault-short e2e; do \
	  printf '\n=== make %s\n' $$layer; \
	  $(MAKE) --no-print-directory $$layer || { printf '\nmake test: stopped at "make %s"\n' $$layer >&2; exit 1; }; \
	done; \
	printf '\nmake test: all layers passed\n'

generate: setup ## Write again what is generated from the event models
	@$(BIN)/python -m backbone.contract.generate

# Each file a superset of the one before, all with the same pins; what is pinned already stays unless UPGRADE=--upgrade.
lock: $(VENV)/lock/bin/uv ## Pin the dependencies again with hashes (UPGRADE=--upgrade for newer ones)
	$(LOCK) --all-extras $(UPGRADE) --output-file requirements-bench.lock
	$(LOCK) --constraints requirements-bench.lock --extra local --extra test --output-file requirements-test.lock
	$(LOCK) --constraints requirements-bench.lock --extra local --output-file requirements-local.lock
	$(LOCK) --constraints requirements-bench.lock --output-file requirements.lock

LOCK = $(VENV)/lock/bin/uv pip compile --quiet --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11 pyproject.toml

$(VENV)/lock/bin/uv:
	@$(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip install --disable-pip-version-check --quiet uv

# The verbs of this project. `make` alone lists them. Continuous integration runs `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The interpreter that makes .venv; everything else runs inside it.
PYTHON ?= python3
export PYTHON
# The code of the checkout is what is meant, whatever the shell that called.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

BIN := .venv/bin
CODE := pdp adapters tests examples benchmarks scripts
LISTEN ?= 127.0.0.1:50051
# Arguments for pytest: make test ARGS='tests/unit -k consent'
ARGS ?=
# Options of the storm: make storm STORM='--twins'
STORM ?=
# Options of the benchmarks: make bench BENCH='--only served --rounds 3'
BENCH ?=

.PHONY: help setup run test check fmt fmt-check lint types imports proto proto-check proto-lint wheel policies engine-compare storm kill-storm docs bench bench-setup bench-alone lock sbom audit clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## Make .venv with everything in it (again only when something changed)
	@scripts/setup.sh

run: setup  ## Serve policies and demo facts on 127.0.0.1:50051 (LISTEN=host:port for another address)
	$(BIN)/pdp facts import examples/demo-facts.jsonl --operator kidsonline --actor service:demo
	$(BIN)/pdp serve --listen $(LISTEN) --policies policies --first-question

test: setup  ## Run every test (ARGS='tests/unit -k consent' for some)
	@scripts/postgresql.sh
	@scripts/redis.sh
	@scripts/prometheus.sh
	$(BIN)/pytest -q -n 2 --dist worksteal $(ARGS)

check: fmt-check lint types imports proto-check proto-lint test wheel  ## Everything that a change has to pass

fmt: setup  ## Format the code and sort its imports
	$(BIN)/ruff check --quiet --select I --fix $(CODE)
	$(BIN)/ruff format $(CODE)

fmt-check: setup
	$(BIN)/ruff format --check $(CODE)

lint: setup  ## Look for mistakes and bad habits (ruff)
	$(BIN)/ruff check $(CODE)

types: setup  ## Check the types (mypy, strict)
	$(BIN)/mypy

imports: setup  ## Check who imports whom (import-linter)
	$(BIN)/lint-imports

proto: setup  ## Generate pdp/api/v1 from proto/
	PYTHON=$(BIN)/python scripts/generate_proto.sh

proto-check: setup  ## Fail when pdp/api/v1 is not what proto/ generates
	PYTHON=$(BIN)/python scripts/check_proto.sh

proto-lint: setup  ## Check the style of the wire contract (buf)
	$(BIN)/buf lint

wheel: setup  ## Build the wheel and use it in an empty environment
	scripts/wheel.sh

policies: setup  ## Validate the policies and run their cases: what an edit of a policy has to pass
	scripts/check_policies.sh

engine-compare: setup  ## Compare the engine with PyCasbin over random models (ARGS='--seed 2 --models 500 --comparisons 20000')
	$(BIN)/python -m tests.comparison $(ARGS)

storm: setup  ## Revoke under load while everything fails (STORM='--store sqlite --seconds 60' for options)
	@scripts/postgresql.sh
	@scripts/redis.sh
	$(BIN)/python -m tests.storm $(STORM)

kill-storm: setup  ## Kill a server 100 times while it writes, over both stores, and count what is left (ARGS='--kills 20 --fork')
	$(BIN)/python -m tests.faults.kill_storm $(ARGS)

docs: setup  ## Write the terminal sessions of the documentation anew
	$(BIN)/python tests/docs/executed_examples.py

bench-setup: setup
	@scripts/bench_setup.sh

bench: bench-setup  ## Measure side by side with Casbin, Cedar, SpiceDB and Cerbos (BENCH='--rounds 3 --json FILE' for options)
	$(BIN)/python -m benchmarks $(BENCH)

bench-alone: setup  ## Measure what needs no other program: the budget of a check, and this engine beside PyCasbin
	$(BIN)/python -m benchmarks --only budget
	$(BIN)/python -m benchmarks --only in-process --engines ours,pycasbin

lock: setup  ## Pin and hash the packages again (UPGRADE=1 for newer ones)
	scripts/lock.sh $(if $(UPGRADE),--upgrade)

sbom: setup  ## Write the bill of materials (CycloneDX) of a server and of its development into build/
	$(BIN)/python -m scripts.sbom

audit: setup  ## Ask for known weaknesses of every locked package; fails when one was not looked at, or none
	$(BIN)/python -m scripts.audit

clean:  ## Remove .venv and all that tools have left behind
	rm -rf .venv .bench build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find pdp adapters tests benchmarks -type d -name __pycache__ -prune -exec rm -rf {} +

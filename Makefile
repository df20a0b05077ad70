PORT ?= 8000
SANDBOX_PORT ?= 8001
# Where pytest looks and what else it is told: make test T=tests/test_tokens.py, make test T="-k refund"
T ?=
# The language a catalogue is begun for: make texts L=nl
L ?=
# How many requests: make fuzz N=20000
N ?= 5000
# Test processes. One more than there are cores: many tests wait for a page or a process.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset test lint types format bench fuzz serve lock texts

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Set up .venv, a browser and a PostgreSQL server for the tests; quick when nothing is missing
	@tools/setup

demo: setup ## Run service, worker and a stand-in helpdesk with demo data (PORT=8000 SANDBOX_PORT=8001)
	@exec $(BIN)/python -m sandbox.demo --port $(PORT) --sandbox-port $(SANDBOX_PORT)

demo-reset: ## Throw away what the demo stored
	rm -rf var/demo

test: setup ## Run all checks and tests (T=tests/test_x.py for some of them)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -n $(WORKERS) $(T)

lint: setup ## Check style and formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup ## Check types
	$(BIN)/mypy

format: setup ## Put the code into its format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup ## Measure: one line per figure
	@$(BIN)/python -m bench

fuzz: setup ## Ask the API thousands of things it does and does not describe (N=5000, FUZZ_SEED=… repeats a run)
	FUZZ=$(N) $(BIN)/pytest -s tests/web/api/test_fuzz.py

serve: setup ## Upgrade the store and serve on PORT, with the settings of the environment (or of a file .env)
	@set -eu; if [ -f .env ]; then set -a; . ./.env; set +a; fi; \
	$(BIN)/flask db upgrade; \
	exec $(BIN)/gunicorn -c gunicorn.conf.py --bind 127.0.0.1:$(PORT) app:app

lock: setup ## Pin the requirements anew, with hashes, from pyproject.toml (UPGRADE=1 for newer versions)
	tools/lock $(if $(UPGRADE),--upgrade)

texts: setup ## Bring the catalogues of translations up to date with code and templates (L=nl begins a new one)
	@$(BIN)/python tools/texts $(L)

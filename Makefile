# Every verb of the project. `make` alone lists them.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# With --no-compile Python compiles what it really imports, when it imports it: half the time of the install.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps
EXTRAS := payment calendar notify gateway sandbox
LOCK := $(BIN)/pip-compile --quiet --no-header --build-deps-for editable $(EXTRAS:%=--extra %)
COMPOSE := docker compose

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/ready ## start everything in one process at http://127.0.0.1:8000 (HOLDFAST_PORT); needs only Python
	$(BIN)/holdfast run

test: $(VENV)/ready-for-work ## run the tests; TESTS="tests/booking -k hold" runs some of them
	$(BIN)/python -m pytest -n auto --maxprocesses 4 -m "not compose" $(TESTS)

simulate: $(VENV)/ready-for-work ## run the whole system in virtual time with seeded faults: RUNS=1000, or SEED=7 for one told run
	$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS))

chaos: $(VENV)/ready-for-work ## break real processes, PostgreSQL and RabbitMQ while people book: MINUTES=10, SEED=7, RATE=4.5
	$(BIN)/python -m tests.chaos $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(if $(RATE),--rate $(RATE))

check: $(VENV)/ready-for-work ## formatting, lint, types, the borders between the parts, the rules of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture

format: $(VENV)/ready-for-work ## put the code into its usual form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

docs: $(VENV)/ready-for-work ## write the generated documents again
	$(BIN)/holdfast docs

distributed: $(VENV)/ready ## start every service as a process of its own, over PostgreSQL and RabbitMQ
	$(BIN)/holdfast distributed

up: ## start the platform in containers and wait until it is healthy
	$(COMPOSE) up --detach --build --wait

down: ## stop the containers; their data stays
	$(COMPOSE) down

lock: $(VENV)/ready-for-work ## pin what pyproject.toml asks for, with hashes; LOCK_FLAGS=--upgrade takes newer versions
	$(LOCK) $(LOCK_FLAGS) --output-file requirements.txt pyproject.toml
	$(LOCK) $(LOCK_FLAGS) --extra test --extra dev --constraint requirements.txt \
		--output-file requirements-dev.txt pyproject.toml

clean: ## remove what these verbs made, except the data in var/
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			"$$python" -m venv $(VENV) && exit 0; \
			rm -rf $(VENV); \
			echo "make: $$python cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; \
			exit 1; \
		fi; \
	done; \
	echo "make: Python 3.11 or newer was not found; install it, or name it: make run PYTHON=/path/to/python3" >&2; \
	exit 1

$(VENV)/ready: requirements.txt pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes --requirement requirements.txt
	$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(VENV)/ready-for-work: requirements-dev.txt $(VENV)/ready
	$(INSTALL) --require-hashes --requirement requirements-dev.txt
	@touch $@

.PHONY: help run test simulate chaos check format docs distributed up down lock clean

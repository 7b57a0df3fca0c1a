# Two commands matter: `make demo` shows it, `make test` checks it. Everything else is a part of these.
PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.installed
INFRA   := .venv-infra
JUDGE   := $(INFRA)/.installed
STATE   ?= .local
SPEED   ?= 20
PROFILE ?= public
# Of the tests: they wait for the simulated Azure more than they work, so there may be more than cores.
WORKERS ?= 4

.DEFAULT_GOAL := help
.PHONY: help install demo up test check audit bench clean

help: ## Show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## Make the virtual environment with the pinned requirements and the command `spokewright`

$(STAMP): requirements.txt requirements-cli.txt requirements-dev.txt requirements.lock requirements-dev.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt --editable .
	touch $(STAMP)

$(JUDGE): requirements-infra.txt
	$(PYTHON) -m venv $(INFRA)
	$(INFRA)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-infra.txt
	touch $(JUDGE)

demo: $(STAMP) ## Show a first private cluster, a network that joins by its event, and one that waits for approval
	$(BIN)/python -m local demo --speed $(SPEED)

up: $(STAMP) ## Run the local stack until interrupted (STATE=.local SPEED=20 PROFILE=public)
	$(BIN)/python -m local up --state $(STATE) --speed $(SPEED) --profile $(PROFILE)

test: check $(JUDGE) ## Run every check and every test (WORKERS=4)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --cov --cov-report=term:skip-covered

check: $(STAMP) ## Lint, types, layers, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(STAMP) ## Ask for known faults of every locked package; fails where nobody could be asked
	$(BIN)/pip-audit --strict --no-deps --disable-pip -r requirements.lock -r requirements-dev.lock

bench: $(STAMP) ## Measure one provisioning: ratios, all taken in one run
	$(BIN)/python -m bench

clean: ## Remove the virtual environment, caches, pictures of the tests and the local stack's state
	rm -rf $(VENV) $(INFRA) $(STATE) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .artefacts node_modules

# Everything that a developer or a server does with the portal, from a machine with Python 3.11+ and make.
# Settings (PORT, DATABASE_URL, DEMO_DATA, …) pass through: `make run PORT=9000 DEMO_DATA=0`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FLASK := $(BIN)/flask --app wsgi
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TEST_PROCESSES ?= 2
UV_VERSION := 0.13.8

.DEFAULT_GOAL := help
.PHONY: help run test test-slow check fix bench assets lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.runtime ## Install, migrate, fill demo data once, and serve on PORT (8000)
	@$(FLASK) db upgrade
	@$(FLASK) seed-demo --once
	@exec $(FLASK) serve

test: $(VENV)/.development ## Run the tests (all but the slow ones)
	@$(BIN)/pytest -n $(TEST_PROCESSES) --dist worksteal -m "not slow" $(ARGUMENTS)

test-slow: $(VENV)/.development ## Run the slow tests: in browsers, races, long property tests
	@$(BIN)/pytest -n $(TEST_PROCESSES) --dist worksteal -m slow $(ARGUMENTS)

check: $(VENV)/.development ## Lint, format, types, imports, templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/djlint --quiet --lint templates

fix: $(VENV)/.development ## Mend what lint and format can, and rewrite what docs/ keeps of the JSON API
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(FLASK) describe-api

bench: $(VENV)/.development ## Measure how quick the portal is, next to floors (three minutes; docs/performance.md)
	@$(BIN)/python -m tests.bench

assets: ## Build static/ from its sources (needs Node; only to change the look)
	npm ci --no-audit --no-fund
	npm run build

lock: $(VENV)/.development ## Resolve requirements*.in into requirements*.txt, keeping present versions
	@$(PIP) install uv==$(UV_VERSION)
	@for name in requirements requirements-dev; do \
		UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
			--no-emit-index-url --annotation-style line $$name.in --output-file $$name.txt; \
	done

clean: ## Remove what can be made again; keeps instance/ (your data)
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The portal needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@$(PYTHON) -m venv $(VENV)

# The stamps make the second run quick: pip is asked again only when its list changed.
$(VENV)/.runtime: requirements.txt | $(BIN)/python
	@echo "Installing what the portal needs …"
	@$(PIP) install --requirement requirements.txt
	@touch $@

$(VENV)/.development: requirements-dev.txt | $(BIN)/python
	@echo "Installing what tests and checks need …"
	@$(PIP) install --requirement requirements-dev.txt
	@touch $@ $(VENV)/.runtime

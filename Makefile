# Each target is complete on its own on a fresh clone: Python 3.11+, git and make are all it takes.
.DEFAULT_GOAL := help
.PHONY: help install run demo wheel test format check bench faults codes schema lock clean tools

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := $(BIN)/uv pip compile -q pyproject.toml --group build --universal --python-version 3.11 \
	--generate-hashes --custom-compile-command "make lock"

unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: $(VENV)/.installed ## a virtual environment in .venv with the locked dependencies

run: install ## install, then serve with the default community; ARGS="--port 9000" goes to `tertulia serve`
	@exec $(BIN)/tertulia serve $(ARGS)

demo: install ## a demonstration with invented people, in demo-data; ARGS="--port 9000" goes to `tertulia demo`
	@exec $(BIN)/tertulia demo $(ARGS)

wheel: install ## a wheel in dist/ that pipx installs
	$(BIN)/python -m hatchling build -t wheel

test: tools ## all tests: in one process without Redis, then in two processes with it; ARGS goes to pytest
	@$(BIN)/python -m tests.support.programs
	$(BIN)/python -m pytest -q -n 3 --durations 10 $(ARGS)
	$(BIN)/python -m pytest -q -n 3 --durations 10 --processes 2 $(ARGS) || [ $$? -eq 5 -a -n "$(ARGS)" ]

format: tools ## sort imports and format, so that `make check` finds less
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/biome check --write --colors=off pages/static tests/pages/static biome.json

check: tools ## style, types, layers, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/biome ci --colors=off pages/static tests/pages/static biome.json

bench: tools ## what it costs, beside a floor and a peer of each
	$(BIN)/python -m bench $(ARGS)

faults: tools ## what five minutes of faults lose, double or delay (docs/reliability.md); ARGS as for python -m bench.faults
	@$(BIN)/python -m tests.support.programs
	$(BIN)/python -m bench.faults $(ARGS)

codes: tools ## add new refusals to the public list, docs/codes.txt
	$(BIN)/python -m tests.support.source_code

messages: tools ## bring the catalogues of all languages up to date with the texts in the code (docs/translating.md)
	$(BIN)/python -m tests.support.languages.messages
	$(BIN)/python -m tests.support.languages.terms

schema: tools ## write storage/sql, which describes the schema, from a newly migrated database
	$(BIN)/python -m storage.sql

lock: $(BIN)/python ## write the lock files anew after a change of pyproject.toml; ARGS=--upgrade moves versions
	@$(PIP) install uv
	$(COMPILE) $(ARGS) -o requirements.lock
	$(COMPILE) $(ARGS) --group dev -c requirements.lock -o requirements-dev.lock

clean: ## remove what make made, but not the data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis bench/build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

tools: $(VENV)/.installed-tools ## what tests and checks need, into .venv

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (set PYTHON to its path)." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment (Debian: apt-get install python3-venv)." >&2; exit 1; }

# The stamps hold nothing: that they are newer than the locks says that what the locks name is installed.
$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what requirements.lock names, into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-tools: requirements-dev.lock requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what requirements-dev.lock names, into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.installed

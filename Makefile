# One command per chore; the same commands run in continuous integration.
# Needs Python 3.11-3.13 and make. Everything is installed into .venv beside this file, nothing elsewhere.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory --no-builtin-rules

# All paths are relative, so that the folder may stand anywhere and have spaces in its name.
PY := .venv/bin/python
PIP := $(PY) -m pip --quiet --quiet --disable-pip-version-check --no-input
RUN := .venv/.installed-run
DEV := .venv/.installed-dev
# The interpreter to take; without it the first that is new enough is found. Example: make venv PYTHON=/opt/python/bin/python3
PYTHON ?=

.PHONY: help demo test check format bench validation docs clean distclean venv lock

help: ## this list
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

demo: $(RUN) ## install what running needs and run the Sino-Albanian case; writes a report into out/
	@$(PY) -m blocs run sino-albanian-1961 --out out/demo --report out/sino-albanian-1961.html

test: check ## everything that must hold before a change lands
	@$(PY) -m pytest -n 2 --dist worksteal -q

check: $(DEV) ## style, types and the direction of imports; no tests
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m basedpyright --warnings
	@.venv/bin/lint-imports --no-logo

format: $(DEV) ## put the code into the common form
	@$(PY) -m ruff check --fix-only --quiet .
	@$(PY) -m ruff format .

bench: $(DEV) ## time the engine beside a peer or a limit; ONLY=NAME for one table
	@$(PY) bench/run.py $(ONLY)

validation: $(DEV) ## put the theories on trial over all cases and write docs/validation.md (minutes)
	@$(PY) docs/validate.py

docs: $(DEV) ## write the generated pages of docs/ anew
	@$(PY) docs/generate.py

venv: $(DEV) ## only install, with the tools for tests

lock: $(DEV) ## resolve the dependencies of pyproject.toml anew into requirements/
	@$(PIP) install uv
	@$(PY) requirements/lock.py

clean: ## remove results and caches, keep the installation
	@rm -rf out build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find src tests bench docs -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## remove the installation too
	@rm -rf .venv

# `python3.12` may be a name that answers but does not run, so each is tried.
.venv/bin/python:
	@for name in $(PYTHON) python3.12 python3.11 python3.13 python3 python; do \
	  if "$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then \
	    echo "Making .venv with $$name ($$("$$name" -c 'import platform; print(platform.python_version())'))"; \
	    "$$name" -m venv .venv && exit 0; \
	    rm -rf .venv; \
	    echo "$$name cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
	    exit 1; \
	  fi; \
	done; \
	echo "blocs needs Python 3.11, 3.12 or 3.13, and none was found on the PATH." >&2; exit 1

$(RUN): .venv/bin/python requirements/run.txt pyproject.toml
	@echo "Installing what blocs needs (a minute or two, once)"
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(RUN) requirements/dev.txt
	@echo "Installing the tools for tests and checks (once)"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# What a contributor does, by name; `make` alone lists it. Needs make and Python 3.11 with venv, nothing else.

SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup test lint format demo bench shots soak docs lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## the environment in .venv, exactly as requirements.lock says; again only when that changes

$(READY): requirements.lock pyproject.toml package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Python 3.11 or newer is needed; name it: make setup PYTHON=/path/to/python" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { echo "$(PYTHON) has no venv module; Debian has it in python3-venv" >&2; exit 2; }
	@echo "setup: $$(grep -c '==' requirements.lock) packages into $(VENV), about a minute, once"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r requirements.lock >$(VENV)/setup.txt 2>&1 & \
		while kill -0 $$! 2>/dev/null; do \
			[ ! -t 1 ] || printf '\r  fetched %d of %d ' $$(grep -c ^Collecting $(VENV)/setup.txt) $$(grep -c == requirements.lock); sleep 1; \
		done; wait $$! || { echo; tail -n 20 $(VENV)/setup.txt; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/python -m dq_service.build
	@$(BIN)/python fetch_scripts.py
	@touch $@ && echo "setup: done"

test: setup ## everything that must hold: lint, types, floors, tests
	@echo "test 1/5: ruff check" && $(BIN)/ruff check --quiet .
	@echo "test 2/5: ruff format" && $(BIN)/ruff format --check --quiet .
	@echo "test 3/5: types" && $(BIN)/mypy --strict --no-error-summary dq_service
	@echo "test 4/5: floors" && $(BIN)/lint-imports --no-cache >$(VENV)/floors.txt 2>&1 || { cat $(VENV)/floors.txt; exit 1; }
	@echo "test 5/5: tests" && $(BIN)/python -m pytest $(ARGS)

lint: setup ## the quick part of `make test`: ruff only
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: setup ## ruff mends what it can
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

demo: setup ## a made-up carrier's feed, checked: what is wrong with it and what was mended
	@$(BIN)/python -m dq_service.demo build/demo >/dev/null
	@$(BIN)/dq check build/demo/orders.ndjson --data build/demo --as-of 2026-12-01T18:00:00Z $(ARGS) || [ $$? -eq 1 ]

bench: setup ## speed, each figure beside its target
	@$(BIN)/python -m tests.bench $(ARGS)

shots: setup ## pictures of the pages in build/shots, wide and narrow, light and dark
	@$(BIN)/python -m tests.browser.shots build/shots

soak: setup ## minutes of load on the command line and the server: what grows, what is lost
	@$(BIN)/python -m tests.soak $(ARGS)

docs: setup ## docs/ anew from the rules, the settings and the commands
	@$(BIN)/python -m dq_service.docs docs

lock: setup ## requirements.lock anew, from the public index alone
	@echo "lock: a minute or two" && env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
		CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --extra dev \
		--generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--no-emit-options --output-file requirements.lock pyproject.toml 2>$(VENV)/lock.txt || { cat $(VENV)/lock.txt; exit 1; }

clean: ## forget .venv and caches
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build

# Two commands for everybody: `make demo` and `make test`. Nothing is installed outside of
# this folder, but Debian's Chromium by `make test` where apt and root are at hand.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FEED ?=
DATA ?=
ONLY ?=

.PHONY: demo test bench faults mutations eval install shots pins clean help
.DEFAULT_GOAL := help

help:
	@echo "make demo             a letter from the sample blog, sent into files"
	@echo "make demo FEED=...    the same from any feed's address or file"
	@echo "make test             format, lint, types, contracts, tests, the wheel"
	@echo "make bench            how long each stage takes; reading beside plain feedparser, sending beside a bare loop"
	@echo "make faults           a letter killed, cut off and lied to, thousands of times (under an hour)"
	@echo "make mutations        whether the tests notice where delivery is changed (over an hour; ONLY=...)"
	@echo "make eval DATA=...    how well posts are read, on labelled ones"
	@echo "make shots            pictures of letters: build/shots, the best in docs/"

demo: install
	@$(BIN)/warmletter demo --feed "$(FEED)"

install: $(VENV)/run.stamp

$(VENV)/run.stamp: requirements.txt requirements-build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Warmletter needs Python 3.11 or newer, this is %d.%d: make PYTHON=python3.11 ..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what is pinned into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-build.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.txt
	@echo "Installing the test tools ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

test: $(VENV)/dev.stamp
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/test.py

bench: $(VENV)/dev.stamp
	@$(BIN)/python -m benchmarks

faults: $(VENV)/dev.stamp
	@$(BIN)/python -m benchmarks.faults

mutations: $(VENV)/dev.stamp
	@$(BIN)/python -m benchmarks.mutations $(ONLY)

eval: $(VENV)/dev.stamp
	@$(BIN)/python -m benchmarks.evaluation "$(DATA)"

shots: $(VENV)/dev.stamp
	@$(BIN)/python scripts/shots.py

# For whoever updates a library: raises the pins within pyproject.toml's bounds.
PIP_COMPILE = $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --no-strip-extras --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host
pins: $(VENV)/dev.stamp
	$(PIP_COMPILE) --upgrade -o requirements.txt pyproject.toml
	$(PIP_COMPILE) --upgrade --extra dev -o requirements-dev.txt pyproject.toml
	$(PIP_COMPILE) --upgrade --build-deps-for editable --build-deps-for wheel --only-build-deps -o requirements-build.txt pyproject.toml

clean:
	rm -rf $(VENV) build dist demo .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

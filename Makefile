# Two commands are enough: `make run` to look at it, `make test` to trust it.
PORT ?= 8000
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PO := incubator/translations
MOMENTS := 2026-11-27T22:00 2026-11-29T12:00 2026-12-31T22:00 2027-01-01T00:10 2027-02-28T08:00 2027-03-31T22:00 2029-06-30T22:00
WORDS := -k say:1 -k say_n:2,3 -k N_:1 -k _:1
# What is compiled once need not be compiled by each of a hundred processes.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help setup run test test-long test-moments bench lint format messages lock clean

help:
	@echo "make setup | run [PORT=8000] | test | test-long | test-moments | bench | lint | format | messages | lock | clean"

setup: .venv/ready

.venv/ready: requirements.txt requirements-dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Incubator needs Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python has no venv module (Debian: apt-get install python3-venv)."; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements.txt -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: setup
	$(BIN)/incubator run --port $(PORT)

test: setup
	@$(BIN)/python tests/everything.py

test-long: setup
	INCUBATOR_TEST_ENGINE=sqlite $(BIN)/pytest -m long
	INCUBATOR_TEST_ENGINE=postgres $(BIN)/pytest -m long

test-moments: setup
	@for moment in $(MOMENTS); do echo "— $$moment"; \
		INCUBATOR_TEST_MOMENT=$$moment $(BIN)/pytest -q -n 2 --dist=worksteal || exit 1; done

bench: setup
	$(BIN)/python -m tests.bench

lint: setup
	@$(BIN)/python tests/everything.py lint

format: setup
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

messages: setup
	@mkdir -p build
	$(BIN)/pybabel -q extract -F babel.cfg $(WORDS) --add-location=file --sort-output -o build/messages.pot .
	@test -f $(PO)/ja/LC_MESSAGES/messages.po || $(BIN)/pybabel -q init -i build/messages.pot -d $(PO) -l ja
	$(BIN)/pybabel -q update -i build/messages.pot -d $(PO) -l ja --no-fuzzy-matching --ignore-obsolete --no-wrap --omit-header

lock:
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links \
		--no-header --no-annotate -q requirements.in -o requirements.txt
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links \
		--no-header --no-annotate -q requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*

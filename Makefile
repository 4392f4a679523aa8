# Two commands are the whole set-up: `make run` and `make test`. Both make .venv from requirements.lock when needed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: run test test-long ui bench lint lock clean
.DELETE_ON_ERROR:

run: $(READY)
	@$(BIN)/kfm run
	@$(BIN)/kfm diff hazards/storm_events --html storm_events-diff.html

test: $(READY)
	@$(BIN)/pytest -n 2 --dist worksteal

test-long: $(READY)
	@KFM_TEST_LONG=1 $(BIN)/pytest -n 2 --dist worksteal

ui: $(READY)
	@$(BIN)/kfm ui

bench: $(READY)
	@$(BIN)/python -m benchmarks

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# Names, versions and hashes only: it installs from whatever index pip is configured for.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --group dev pyproject.toml -o requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	@echo "Installing into .venv ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

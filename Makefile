# copydesk: `make run` and `make test` need only git, Python 3.11 or newer, and make.

ifndef PYTHON
PYTHON := $(shell for it in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$it -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$it && break; \
	done)
endif
VENV ?= .venv
LANDING ?= data/samples
HOME_FOLDER ?= data
PORT ?= 4200
PYTEST_ARGS ?=
FAULTS_ARGS ?=
BENCH_ARGS ?=

BIN := $(VENV)/bin
# uv when it works here, pip otherwise.
ifneq ($(shell uv --version 2>/dev/null),)
MAKE_VENV = uv venv --quiet --allow-existing --python "$$(command -v $(PYTHON))"
PIP_INSTALL = uv pip install --quiet --python $(BIN)/python
else
MAKE_VENV = $(PYTHON) -m venv
PIP_INSTALL = $(BIN)/python -m pip install --quiet
endif

# Without byte code every start of the command line costs twice the time.
unexport PYTHONDONTWRITEBYTECODE
export UV_COMPILE_BYTECODE := 1
export DO_NOT_TRACK := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The build backend is locked too: the package itself is built without fetching anything.
RESOLVE := uv pip compile --universal --python-version 3.11 --no-header --no-annotate \
	--generate-hashes --upgrade --quiet
COMPILE := printf 'hatchling\neditables\n' | $(RESOLVE) pyproject.toml -

.PHONY: help run test test-spark docs faults bench bench-quick profile model proofs lint types format lock up down clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1	/p' $(MAKEFILE_LIST)

run: $(VENV)/.runtime ## Install what is needed and run one night over the samples
	@$(BIN)/copydesk run --landing "$(LANDING)" --home "$(HOME_FOLDER)"

test: $(VENV)/.dev ## Install what is needed and run all tests
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

test-spark: $(VENV)/.spark ## Run the tests of the Spark engine (needs Java 17; installs 400 MB)
	@$(BIN)/python -m pytest tests/test_spark.py $(PYTEST_ARGS)

faults: $(VENV)/.dev ## Kill, starve and corrupt real runs; print what came of it (20 minutes)
	@$(BIN)/python -m tests.faults $(FAULTS_ARGS)

bench: $(VENV)/.dev ## Measure verbs, nights, increment and memory beside floor and peers (30 minutes)
	@$(BIN)/python benchmarks/speed.py $(BENCH_ARGS)

bench-quick: $(VENV)/.dev ## The same on 10,000 documents, once (3 minutes)
	@$(BIN)/python benchmarks/speed.py --quick --only nights,pages $(BENCH_ARGS)

profile: $(VENV)/.dev ## Draw where each verb spends its time: build/profile/*.svg
	@$(BIN)/python benchmarks/speed_profile.py $(BENCH_ARGS)

model: $(VENV)/.train ## Train the line model anew, with its cross-validation, from COPYDESK_BENCH
	@$(BIN)/python benchmarks/train_line_model.py --folds
	@$(BIN)/python benchmarks/train_line_model.py
	@$(BIN)/python benchmarks/calibrate_line_model.py

proofs: $(VENV)/.dev ## Rewrite the golden files in tests/proofs; read the diff
	@$(BIN)/python -m tests.proofs

docs: $(VENV)/.dev ## Write the data dictionary and the lineage picture anew
	@$(BIN)/python -c 'from pathlib import Path; from pipelines import dictionary; dictionary.write_documents(Path("docs"))'

lint: $(VENV)/.dev ## Style, formatting and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache

types: $(VENV)/.dev ## Strict type check
	@$(BIN)/mypy --strict pipelines flows

format: $(VENV)/.dev ## Rewrite the code in the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: ## Resolve the dependencies anew (needs uv)
	@$(COMPILE) --output-file requirements.lock
	@$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock
	@sed -n 's/^spark = \["\(.*\)"\].*/\1/p' pyproject.toml | $(RESOLVE) - --output-file .ci/spark.lock

up: $(VENV)/.runtime ## Start the scheduler on this machine: server, worker, deployments
	@$(BIN)/python -m flows.local up --home "$(HOME_FOLDER)" --port $(PORT)

down: ## Stop the scheduler
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m flows.local down --home "$(HOME_FOLDER)"; fi

clean: ## Remove the environment and caches; data/ stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { \
		echo 'copydesk needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3' >&2; exit 2; }
	@echo 'Creating the environment in $(VENV) …' >&2
	@$(MAKE_VENV) $(VENV)

# Editable, so that a change in the tree is what runs; `pip install .` works as well.
define install
@echo 'Installing $< …' >&2
@$(PIP_INSTALL) --no-deps --require-hashes -r $<
@$(PIP_INSTALL) --no-deps --no-build-isolation -e .
@touch $(VENV)/.runtime $@
endef

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(install)

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(install)

$(VENV)/.spark: .ci/spark.lock $(VENV)/.dev
	$(install)

# Not locked: only who trains the line model needs it, and its wheels differ by machine.
$(VENV)/.train: pyproject.toml $(VENV)/.dev
	@sed -n 's/^train = \["\(.*\)"\].*/\1/p' pyproject.toml | xargs $(PIP_INSTALL)
	@touch $@

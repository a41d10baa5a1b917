# `make` alone lists the targets.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
QUICKSTART := --local --config config/quickstart.yaml

.PHONY: help run test check bench soak generate clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/installed ## train, gate, register, deploy and ask a classifier, all on this machine
	@$(BIN)/imgpipe data sample sample-data
	@$(BIN)/imgpipe data push sample-data $(QUICKSTART)
	@$(BIN)/imgpipe run $(QUICKSTART)
	@$(BIN)/imgpipe predict sample-data/held-out/*.png $(QUICKSTART)
	@echo
	@echo "look further:"
	@echo "  $(BIN)/imgpipe report $(QUICKSTART)            the evaluation as a page"
	@echo "  $(BIN)/imgpipe logs TrainModel $(QUICKSTART)   what training said"
	@echo "  $(BIN)/imgpipe models list $(QUICKSTART)       what is registered"
	@echo "  $(BIN)/imgpipe predict FILE... $(QUICKSTART)   ask the endpoint"
	@echo "stop everything:"
	@echo "  $(BIN)/imgpipe local down                  what it holds is kept"

test: $(VENV)/installed-dev ## run the tests
	$(BIN)/pytest --quiet --numprocesses 2 --dist loadgroup

check: $(VENV)/installed-dev ## lint, types, import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed-dev ## measure against peers and limits; writes build/bench.json
	$(BIN)/python -m tests.bench

soak: $(VENV)/installed-dev ## kill the local SageMaker at random moments, and check all that it acknowledged
	$(BIN)/python -m tests.soak --kills 100

generate: $(VENV)/installed-dev ## write anew what is generated: schema, documents, golden definitions
	$(BIN)/python -m pipeline.config.machines
	$(BIN)/python -m pipeline.config.schema
	$(BIN)/python -m pipeline.config.reference
	$(BIN)/python -m pipeline.local.parity
	$(BIN)/python -m pipeline.permissions.page
	$(BIN)/python -m tests.generate_algorithm
	$(BIN)/python -m tests.generate_diagnostics
	$(BIN)/python -m tests.regenerate_golden
	$(BIN)/python -m tests.pipeline.checks.make_by_sdk

clean: ## remove the environment and caches; images and the local SageMaker's data stay
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache

# pip, not uv or poetry: only pip picks the CPU build of torch where one is configured.
$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"imgpipe needs Python 3.11 or newer, this is {v.major}.{v.minor}; name another with `make PYTHON=python3.12 run`")'
	@echo "installing into $(VENV) (a few minutes the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@$(BIN)/python -m compileall -q pipeline steps  # as pip does for what it installs
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "installing the development tools into $(VENV)"
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

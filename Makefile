# `make help` lists the targets. The tools are in .venv, created from requirements.lock.

PYTEST_WORKERS ?= 2
BIN := .venv/bin
PYTEST = $(BIN)/python -m pytest -q -n $(PYTEST_WORKERS) --dist loadgroup
QUICK := tests/unit tests/sources tests/store tests/answers tests/portfolio \
	--ignore tests/store/s3 --ignore tests/answers/changes

.DEFAULT_GOAL := help
.PHONY: help venv run quick test coverage mutants cluster-test container-test matrix check spark format docs airflow env benchmark campaign lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: ## set up .venv (the other targets do it automatically)
	@sh scripts/bootstrap

run: venv ## ingest and compare the sample market with Airflow embedded; LIVE=1 uses the real vendors
	@sh scripts/run $(if $(LIVE),live,sample)

quick: venv ## fast tests of units, sources, the store and answers: one minute, offline
	@$(PYTEST) -m "not slow" --hypothesis-profile quick --durations 5 $(QUICK)

test: check spark ## all checks and all tests, offline; lists the 20 slowest tests
	@$(PYTEST) --durations 20

coverage: venv ## run all tests and report untested lines and branches
	@$(PYTEST) --cov --cov-report term:skip-covered --cov-report html:build/coverage
	@echo "open: build/coverage/index.html"

mutants: venv ## mutation tests of formulas, checks and the merge; MUTANTS="a.b.c*" selects some
	@# mutmut never renews a copy of the code: the tests of today would fail on the code of the last run
	@rm -rf mutants
	@$(BIN)/mutmut run --max-children $(PYTEST_WORKERS) $(MUTANTS)
	@$(BIN)/mutmut results

cluster-test: venv ## Postgres, Redis and two Celery workers on loopback: kill one, compare; skipped if missing
	@sh scripts/cluster

container-test: venv ## build and deploy the containers, kill, stop, restore; skipped where no Docker can run
	@$(BIN)/python -W ignore -m tests.containers

matrix: venv ## tests on duckdb 1.5.5, 1.5.6 and 2.0.1 and the lowest dependencies; VARIANTS, TESTS select
	@PYTEST_WORKERS=$(PYTEST_WORKERS) sh scripts/matrix $(VARIANTS)

check: venv ## format, lint, strict types, import contract
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

spark: venv ## add Spark to .venv if Java is installed, for `--engine spark` and its tests
	@sh scripts/spark

format: venv ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: venv ## write the generated pages and the site, build/site/index.html
	@$(BIN)/python -m scripts.reference
	@$(BIN)/python scripts/metric_docs.py
	@$(BIN)/python scripts/quality_docs.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "open: build/site/index.html"

airflow: venv ## start Airflow's web interface on the simulated market
	@sh scripts/airflow

env: ## create .env with random passwords, and config/, for docker compose
	@sh scripts/env

benchmark: venv ## run the benchmarks of the documentation
	@$(BIN)/python -m benchmarks

campaign: venv ## fault injection: faults, kills and a simulated year; half an hour, with a report
	@$(BIN)/python -W ignore -m tests.campaign all

lock: venv ## resolve the dependencies again
	@sh scripts/lock

clean: ## remove .venv, caches and the sample lake, but not data/
	@rm -rf .venv .venv-celery .marketlake .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist mutants .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

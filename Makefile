# Everything a newcomer needs; `make help` lists the targets. The tools live in .venv, made from requirements.lock.

PYTEST_WORKERS ?= 2
BIN := .venv/bin
PYTEST = $(BIN)/python -m pytest -q -n $(PYTEST_WORKERS) --dist loadgroup
QUICK := tests/unit tests/sources tests/store tests/query tests/compare tests/metrics tests/portfolio

.DEFAULT_GOAL := help
.PHONY: help venv run quick test coverage mutants cluster-test check spark format docs airflow env benchmark campaign lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: ## set up .venv (the other targets do it by themselves)
	@sh scripts/bootstrap

run: venv ## pull, store and compare the sample market with Airflow embedded; LIVE=1 asks the real vendors
	@sh scripts/run $(if $(LIVE),live,sample)

quick: venv ## tests of units, sources, the store and answers in a minute, offline
	@$(PYTEST) -m "not slow" --hypothesis-profile quick --durations 5 $(QUICK)

test: check spark ## all checks and all tests, offline; ends with the 20 slowest tests
	@$(PYTEST) --durations 20

coverage: venv ## run all tests and report which lines and branches none of them takes
	@$(PYTEST) --cov --cov-report term:skip-covered --cov-report html:build/coverage
	@echo "to look at: build/coverage/index.html"

mutants: venv ## change the formulas, checks and the merge in small ways and see whether a test fails; MUTANTS="a.b.c*" for some
	@$(BIN)/mutmut run --max-children $(PYTEST_WORKERS) $(MUTANTS)
	@$(BIN)/mutmut results

cluster-test: venv ## Postgres, Redis and two Celery workers on loopback: kill one, compare; skipped where they are missing
	@sh scripts/cluster

check: venv ## format, lint, strict types, import contract
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

spark: venv ## add Spark to .venv where Java is, for `--engine spark` and its tests
	@sh scripts/spark

format: venv ## put the code into its format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: venv ## write the generated pages and the site, build/site/index.html
	@$(BIN)/python -m scripts.reference
	@$(BIN)/python scripts/metric_docs.py
	@$(BIN)/python scripts/quality_docs.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "to look at: build/site/index.html"

airflow: venv ## open Airflow's own pages on the simulated market
	@sh scripts/airflow

env: ## make .env with random passwords, and config/, for docker compose
	@sh scripts/env

benchmark: venv ## measure what the documentation promises
	@$(BIN)/python -m benchmarks

campaign: venv ## attack the lake: faults, kills and a year of days; half an hour, with a report
	@$(BIN)/python -W ignore -m tests.campaign all

lock: venv ## resolve the dependencies anew
	@sh scripts/lock

clean: ## remove .venv, caches and the sample lake; data/ stays
	@rm -rf .venv .venv-celery .marketlake .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist mutants .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

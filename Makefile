# Two commands matter: “make run” and “make test”. Everything they need is made in .venv on the first call.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
TEST_PROCESSES ?= 2
UV := uv==0.13.8

VENV := .venv
STAMP := $(VENV)/.installed
RUN := $(VENV)/bin/python -m

.PHONY: run test lint bench chaos acceptance screenshots demo-reset lock clean

run: $(STAMP)  ## start everything; PORT, DATA_DIR, DATABASE_URL, REDIS_URL and others are settings
	@exec $(RUN) deploy.run

test: $(STAMP)  ## all tests except the long ones
	@exec $(RUN) pytest -n $(TEST_PROCESSES) --dist loadgroup

lint: $(STAMP)  ## style, types, templates
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) djlint app/templates --lint --quiet

bench: $(STAMP)  ## print the figures and write bench/results
	@exec $(RUN) bench

chaos: $(STAMP)  ## 500 items while processes, Redis and the database die
	@exec $(RUN) tests.chaos --long

acceptance: $(STAMP)  ## the long checks
	@exec $(RUN) pytest -m acceptance -s

screenshots: $(STAMP)  ## pictures of the pages, light and dark
	@exec $(RUN) tests.screenshots

demo-reset: $(STAMP)  ## forget all data and load the demo anew
	@exec $(RUN) deploy.demo_reset

lock: $(STAMP)  ## requirements.in → requirements.txt, with hashes, for every platform
	$(RUN) pip install --quiet --only-binary :all: $(UV)
	$(RUN) uv pip compile --universal --generate-hashes --python-version 3.11 requirements.in -o requirements.txt

clean:  ## everything that was made, except your data (var/)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements.txt deploy/make_venv.py
	@$(PYTHON) deploy/make_venv.py

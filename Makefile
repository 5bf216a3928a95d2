# Every target does the set-up it needs.
SHELL := /bin/bash
PY := .venv/bin/python
PYTEST := $(PY) -m pytest
JOBS ?= 2

UNDER_KILLS := $(addprefix tests/faults/test_kills_while_,keys_change.py migrating.py)

# What is run on both databases each time; the rest does not know which it is.
ON_POSTGRESQL := $(wildcard tests/unit/edge/test_store_*.py) tests/migrations \
  $(addprefix tests/scenarios/test_,the_main_job.py restart.py duty.py promises.py timers.py retention.py reports.py backups.py) $(UNDER_KILLS)

.PHONY: help demo test test-postgresql test-canaries test-long test-door test-rotation test-faults package test-package lint unit scenarios real corpus faults bench docs pictures site config lock clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo:  ## Set up, start the real daemon on loopback, and play one whole conversation
	@.ci/setup demo
	@.venv/bin/relay demo

test: lint  ## Set up and run every check and test, as CI does; what the store is about also on PostgreSQL
	@$(PYTEST) -n $(JOBS) --ignore=tests/packaging tests
	@RELAY_TEST_STORE=postgresql $(PYTEST) -n $(JOBS) $(ON_POSTGRESQL)

test-postgresql:  ## The whole suite once more, on PostgreSQL (a server of its own for each process of the tests)
	@.ci/setup test
	@RELAY_TEST_STORE=postgresql $(PYTEST) -n $(JOBS) --ignore=tests/packaging tests

test-canaries:  ## The whole suite at DEBUG, every line of every message a canary: logs, output, state and temporary files
	@.ci/setup test
	@export TMPDIR=$$(mktemp -d -t relay-canaries-XXXXXX) && RELAY_CANARIES=full $(PYTEST) -n $(JOBS) --ignore=tests/packaging tests && rm -rf "$$TMPDIR"

test-long:  ## Generated messages and histories, very many (EXAMPLES=20000 of each kind; an hour and more)
	@.ci/setup test
	@RELAY_EXAMPLES=$(or $(EXAMPLES),20000) $(PYTEST) -n $(JOBS) tests/properties

test-door:  ## The door under siege, with its figures: 500 slow connections and load, timings, floods (two minutes)
	@.ci/setup test
	@RELAY_DOOR=full $(PYTEST) -s -p no:randomly tests/door

test-rotation:  ## Changes of the master key and migrations of every older schema, under load, each killed fifty times, on both databases
	@.ci/setup test
	@for store in sqlite postgresql; do \
	  RELAY_TEST_STORE=$$store RELAY_ROTATION_KILLS=$(or $(KILLS),50) RELAY_MIGRATION_KILLS=$(or $(KILLS),50) \
	    $(PYTEST) -s $(UNDER_KILLS) || exit 1; done

lint:  ## Formatting, lint, types and import contracts
	@.ci/setup test
	@.venv/bin/ruff format --check -q .
	@.venv/bin/ruff check -q .
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/lint-imports --no-cache > .lint-imports.log || (cat .lint-imports.log; exit 1)
	@rm -f .lint-imports.log

unit: lint  ## Only the unit tests
	@$(PYTEST) -n $(JOBS) tests/unit

scenarios:  ## Only the tests that read as conversations
	@.ci/setup test
	@$(PYTEST) tests/scenarios

real:  ## Only the tests with Postfix, swaks and mutt
	@.ci/setup test
	@$(PYTEST) tests/real

corpus:  ## Only the tests on real mail, where the folder is beside the checkout
	@.ci/setup test
	@$(PYTEST) -s tests/corpus

faults:  ## Only the tests that kill the daemon under load
	@.ci/setup test
	@$(PYTEST) -s tests/faults

test-faults:  ## The fault suite in full: 200 kills under load, each abort point 20 times, 10,000 messages in a mailbox, an hour of faults
	@.ci/setup test
	@RELAY_FAULTS=full RELAY_KILLS=200 RELAY_POWER_CUTS=2000 RELAY_POWER_CUT_MESSAGES=400 RELAY_SOAK_S=3600 \
	  $(PYTEST) -s -n $(JOBS) tests/faults

package:  ## The Debian package, in dist
	@.ci/setup test
	@packaging/build-deb dist

test-package:  ## The package built, installed, started by systemd, upgraded under load, removed, purged, in a machine of its own (as root)
	@.ci/setup test
	@$(PYTEST) -s tests/packaging

bench:  ## Every goal of speed and memory, beside Postfix, as a table (as root, an hour at most on a quiet machine; ONLY="G1 G4" for some)
	@.ci/setup test
	@$(PY) -m bench.goals $(if $(ONLY),--only $(ONLY))

docs:  ## Write the generated parts of the documentation again
	@.ci/setup demo
	@$(PY) docs/generate.py
	@$(PY) docs/monitoring/make_dashboard.py

pictures:  ## The pictures of the guides, drawn anew from the real commands
	@.ci/setup test
	@$(PY) docs/pictures.py

site:  ## The guides as plain pages, in dist/site
	@.ci/setup demo
	@$(PY) docs/site.py

config:  ## Write the example configuration again from the settings classes
	@.ci/setup demo
	@$(PY) -m relay.config config

lock:  ## Make the hashed locks again (needs pip-tools)
	@for one in "--extra=build:requirements.lock" "--extra=build --extra=dev:requirements-dev.lock"; do \
	  $(PY) -m piptools compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	    --allow-unsafe --strip-extras --no-annotate --no-header $${one%%:*} -o "$${one##*:}" pyproject.toml; done

clean:  ## Remove everything that was made here
	@rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

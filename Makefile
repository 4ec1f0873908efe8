# SPDX-License-Identifier: Apache-2.0
# Every target works on a clean clone; what it needs is made under .cache/ by scripts/.
# CORE=2.21 runs a target on another ansible-core; ARGS="-k word" reaches the runner.

CORE ?= 2.19
ARGS ?=
RUN := python3 scripts/run.py --core $(CORE)
SUITE := python3 scripts/suite.py --core $(CORE)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo stop quick lint test test-unit test-integration test-roles test-smoke test-e2e test-slow \
	benchmark docs build changelog requirements clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "make %-18s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## start an Ark and a client, and take packages from upstream to a host
	@$(RUN) python -m tests.lab.demo $(ARGS)

stop: ## end the servers that the demo left running
	@python3 -m tests.lab.pulp stop
	@python3 -m tests.lab.upstream stop

quick: ## check style and types, run the unit tests of changed files: less than a minute
	@python3 scripts/quick.py --core $(CORE) $(ARGS)

lint: ## check style, types, documentation and Ansible's own rules
	@python3 scripts/lint.py --core $(CORE) $(ARGS)

test: ## run all tests below but the slow ones
	@$(SUITE) unit integration roles smoke e2e

test-unit: ## test units on three versions of ansible-core and on the oldest Python
	@$(SUITE) unit $(ARGS)

test-integration: ## test each module against real Pulp servers
	@$(SUITE) integration $(ARGS)

test-roles: ## test each role against real Pulp servers
	@$(SUITE) roles $(ARGS)

test-smoke: ## take one quick pass on the oldest and the newest ansible-core
	@$(SUITE) smoke $(ARGS)

test-e2e: ## test what the demo shows, and what goes wrong
	@$(SUITE) e2e $(ARGS)

test-slow: ## test lost workers, rival runs, malformed input and take-over, for minutes
	@$(SUITE) slow $(ARGS)

benchmark: ## measure against a bare script that sends the same requests
	@$(RUN) python -m tests.benchmark.run $(ARGS)

docs: ## build the manual as HTML under build/docs
	@python3 scripts/manual.py

build: ## build the collection's tarball under build/
	@$(RUN) --staged ansible-galaxy collection build --force --output-path $(CURDIR)/build

changelog: ## write the changelog of the version in galaxy.yml from its fragments
	@$(RUN) --tools antsibull-changelog release --update-existing --reload-plugins

requirements: ## choose the newest versions of the development tools
	@python3 scripts/requirements.py

clean: stop ## end the servers and remove everything that was made
	rm -rf .cache build

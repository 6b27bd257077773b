# Kamal's deploy as a Pulumi program. `make` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
# The environment of the engine and the sandbox.
ENV := . .local/env;
HOSTS ?= 2

.PHONY: help up preview down clean engine test lint bench docs lock

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 15

up: engine ## everything from a fresh clone to a deployed app on two Docker hosts on this machine
	@$(PYTHON) -m dev.sandbox up --hosts $(HOSTS)
	@$(ENV) $(PYTHON) -m dev.sandbox.stack
	@$(ENV) pulumi up --yes --skip-preview --stack sandbox
	@$(ENV) $(PYTHON) -m dev.sandbox.stack --next

preview: ## what the next `pulumi up` will do on each host
	@$(ENV) pulumi preview --diff --stack sandbox

down: ## remove the app, the hosts and all that they left on this machine; the built engine stays
	@$(PYTHON) -m dev.sandbox down
	@$(PYTHON) -m tests.own_sandbox
	@rm -rf .local/state .local/app .local/build Pulumi.sandbox.yaml
	@echo "down: the built engine stays in .local/engine (make clean removes it, too)"

clean: down ## as down, and remove the engine and the Python environments
	@rm -rf .local .venv

engine:
	@$(PYTHON) -m dev.toolchain --sandbox

test: ## all tests: unit, host tool, plugin contract, end to end
	@sh tests/run

lint: ## style, types, shell
	@sh tests/lint

bench: up ## how long deploys take, as ratios to a floor measured in the same run
	@$(ENV) $(PYTHON) -m tests.bench

docs: ## make docs/settings.md anew from the code
	@$(ENV) python -m components.settings.reference >docs/settings.md

lock: ## pin the newest versions that pyproject.toml allows
	@.local/venv-tests/bin/pip install --quiet pip-tools
	@for extra in "" "--extra test"; do \
		file=requirements.txt; [ -z "$$extra" ] || file=tests/requirements.txt; \
		.local/venv-tests/bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
			--no-emit-index-url --no-emit-find-links --no-annotate --no-header $$extra -o $$file pyproject.toml && \
			sed -i '1i # Exact versions with hashes. Made from pyproject.toml by `make lock`.' $$file; \
	done

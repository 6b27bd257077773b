# Kamal's deploy as a Pulumi program. `make` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
HOSTS ?= 2
# `make up TLS=1`: the sample app on one host, with HTTPS.
TLS ?=
# `make up EXAMPLE=full`: a second app, with HTTPS, a worker, a database and assets.
EXAMPLE ?= sandbox
# The Python of the sandbox, and the environment of its stack.
SANDBOX := .local/venv-sandbox/bin/python
ENV := . .local/sandbox/env;
# Python compiles what it runs once, and starts faster afterwards.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help up preview down clean toolchain check test lint coverage bench docs lock

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 15

up: toolchain ## everything from a fresh clone to a deployed app on two Docker hosts on this machine (TLS=1, EXAMPLE=full)
	@$(SANDBOX) -m dev.sandbox up --hosts $(HOSTS) $(if $(TLS),--tls)
	@$(SANDBOX) -m dev.sandbox.examples $(EXAMPLE) $(if $(TLS),--tls)
	@$(ENV) pulumi up --yes --skip-preview --stack $(EXAMPLE)
	@$(SANDBOX) -m dev.sandbox.examples $(EXAMPLE) --next

preview: ## what the next `pulumi up` of the sandbox will do on each host
	@$(ENV) pulumi preview --diff --stack $(EXAMPLE)

down: ## remove the app, the hosts and everything they left on this machine; the toolchain stays
	@python=$(SANDBOX); [ -x $$python ] || python=$(PYTHON); \
		$$python -m dev.sandbox down && $$python -m tests.own_sandbox
	@rm -rf .local/state .local/app .local/app-full .local/build .local/docker.sock Pulumi.sandbox.yaml Pulumi.full.yaml
	@echo "down: the toolchain stays in .local (make clean removes it, too)"

clean: down ## like down, and remove the toolchain and the Python environments
	@rm -rf .local .venv

toolchain:
	@$(PYTHON) -m dev.toolchain $(if $(TLS),--tls,--sandbox)

check: ## lint, types, layers and unit tests: no root, no Docker, no Pulumi
	@sh tests/run lint unit

test: ## all tests: unit, host tool, plugin contract, sandbox, end to end
	@sh tests/run

lint: ## style, types, layers, shell
	@sh tests/run lint

coverage: ## which lines of components/ the unit tests run
	@$(PYTHON) -m dev.toolchain --check
	@.local/venv-tests/bin/python -m pytest -q tests/unit -n 2 --cov=components --cov-report=term:skip-covered

bench: ## how long deploys take, beside a floor measured in the same run (a part of it: BENCH='--only rollback')
	@$(PYTHON) -m dev.toolchain --tests
	@$(SANDBOX) -m dev.sandbox up --hosts 4
	@$(ENV) .local/venv-tests/bin/python -m tests.bench $(BENCH)

docs: ## write everything that is generated from the settings' models
	@$(PYTHON) -m dev.toolchain --check
	@.local/venv-tests/bin/python -m components.settings.reference

LOCK := .local/venv-tests/bin/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 \
	--no-emit-index-url --no-annotate --no-header --custom-compile-command "make lock"
lock: ## pin the newest versions that pyproject.toml allows
	@$(PYTHON) -m dev.toolchain --check
	@$(LOCK) -o requirements.txt pyproject.toml
	@$(LOCK) --extra test -o tests/requirements.txt pyproject.toml
	@$(LOCK) -o dev/sandbox/requirements.txt dev/sandbox/requirements.in
	@for file in requirements.txt tests/requirements.txt dev/sandbox/requirements.txt; do \
		sed -i '1i # Exact versions with hashes, written by `make lock`.' $$file; \
	done

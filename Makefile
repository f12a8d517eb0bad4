# Everything a person or a CI runs. `make demo` and `make test` need only Python 3.11+ and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Tests start about 150 processes of this code; each would compile all of it again.
unexport PYTHONDONTWRITEBYTECODE
# As a service sets it for itself: several test processes that each use all cores wait for each other.
export OPENBLAS_NUM_THREADS ?= 1

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

$(INSTALLED): requirements/dev.lock pyproject.toml clients/python/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e clients/python -e .
	@touch $@

.PHONY: install
install: $(INSTALLED) ## Make .venv and install the lock into it

.PHONY: demo
demo: $(INSTALLED) ## Start the stack, hold a conversation, show what is remembered
	agent-memory demo examples/conversations.toml

.PHONY: up
up: $(INSTALLED) ## Start the store, the three services and the gateway
	agent-memory up

.PHONY: test
test: $(INSTALLED) ## Run every default test, and print how much code the unit tests reach
	python -m pytest --numprocesses=logical --dist=worksteal --cov --cov-report= tests/unit
	python -m pytest --numprocesses=auto --dist=worksteal --ignore=tests/unit tests

.PHONY: test-long
test-long: $(INSTALLED) ## Run the tests that take minutes and want a quiet machine
	python -m pytest -m long tests
	python -m pytest --numprocesses=logical --hypothesis-profile=at-length -m hypothesis tests/unit

.PHONY: test-clients
test-clients: $(INSTALLED) ## Build the client of each language whose toolchain is here, and run all against a stack
	python -m pytest -m clients tests/clients
FRAMEWORKS := .venv-frameworks

$(FRAMEWORKS)/.installed: $(INSTALLED) requirements/frameworks.lock clients/python/pyproject.toml
	uv venv --quiet --clear --python $(BIN)/python $(FRAMEWORKS)
	uv pip install --quiet --python $(FRAMEWORKS)/bin/python --no-deps --require-hashes -r requirements/frameworks.lock
	uv pip install --quiet --python $(FRAMEWORKS)/bin/python --no-deps -e clients/python
	@touch $@

.PHONY: test-frameworks
test-frameworks: $(FRAMEWORKS)/.installed ## Test the client's adapters with the frameworks, in an environment of their own
	cd clients/python && ../../$(FRAMEWORKS)/bin/mypy --config-file tests/mypy.ini
	cd clients/python && ../../$(FRAMEWORKS)/bin/python -m pytest -c tests/pytest.ini --rootdir=tests tests

DOCS := .venv-docs

$(DOCS)/.installed: $(INSTALLED) requirements/docs.lock
	uv venv --quiet --clear --python $(BIN)/python $(DOCS)
	uv pip install --quiet --python $(DOCS)/bin/python --no-deps --require-hashes -r requirements/docs.lock
	@touch $@

.PHONY: docs
docs: $(DOCS)/.installed ## Build the site of the documentation into dist/docs; opens without a server
	python scripts/docs.py

# The program is built from Go modules at the first time, in half an hour, and kept in the cache.
.PHONY: test-cluster
test-cluster: $(INSTALLED) ## Test the manifests, the chart and the operators' pages against an API server of Kubernetes
	python -m tests.cluster.program
	python -m pytest -m cluster tests/cluster

.PHONY: fuzz
fuzz: $(INSTALLED) ## Feed every parser and a running stack with anything, and look for new examples of properties
	python -m tests.fuzz --seconds 120
	python -m pytest --numprocesses=logical --hypothesis-profile=searching -m hypothesis tests/unit

PROMTOOL := $(shell command -v promtool)

.PHONY: test-alerts
test-alerts: ## Check the alerting rules with promtool, and that each alert fires and clears
ifdef PROMTOOL
	$(PROMTOOL) check rules deploy/prometheus/agent-memory.yaml
	$(PROMTOOL) test rules tests/alerts/agent-memory.yaml
else
	@echo "promtool is not here, so alerting rules are checked without it; Debian's package prometheus has it"
endif

.PHONY: rehearse-alerts
rehearse-alerts: $(INSTALLED) ## Break a running stack until each alert fires, and mend it until it clears
	python -m pytest -m alerts tests/e2e/test_rehearsed_alerts.py

# Not locked: it is no part of what runs, and asks a service that is not there offline.
.PHONY: audit
audit: $(INSTALLED) ## Ask whether locked dependencies have known vulnerabilities (asks the package index)
	for lock in requirements/*.lock; do \
		uv tool run pip-audit==2.10.1 --strict --disable-pip --no-deps --requirement $$lock || exit 1; \
	done

.PHONY: generate
generate: $(INSTALLED) ## Regenerate every file that comes from the protos
	python scripts/generate.py

.PHONY: console
console: $(INSTALLED) ## Build the console, of which the built files are committed
	python scripts/console.py build

.PHONY: console-pictures
console-pictures: $(INSTALLED) ## Take the pictures of docs/console.md
	python scripts/console.py pictures

.PHONY: test-console
test-console: $(INSTALLED) ## Test the console in Chromium against running stacks
	python scripts/console.py test

.PHONY: chart
chart: $(INSTALLED) ## Write the Helm chart's templates and values from the manifests of kustomize
	python scripts/chart.py

.PHONY: generate-clients
generate-clients: $(INSTALLED) ## Regenerate the clients' code in the languages whose toolchains are here
	python scripts/generate_clients.py

.PHONY: protos-archive
protos-archive: $(INSTALLED) ## Pack the protos with all that `protoc -I` needs, into dist
	python scripts/protos_archive.py

.PHONY: release
release: $(INSTALLED) ## Build everything that a release publishes, of the last commit, into dist/release
	python scripts/release.py

# With the credentials of each registry in the environment; docs/releasing.md says what it does not do.
.PHONY: publish
publish: $(INSTALLED) ## Publish what `make release` built, and push the tags of its version
	cd dist/release && sha256sum --check --quiet SHA256SUMS
	uv publish dist/release/*.whl dist/release/agent_memory_*.tar.gz
	npm publish --access public dist/release/agent-memory-client-*.tgz
	version=$$(PYTHONPATH=scripts python -c 'import versions; print(versions.version())'); \
		git push origin "v$$version" "clients/go/v$$version"

.PHONY: released
released: $(INSTALLED) ## Make the last commit the release that later ones are compared with
	python scripts/generate.py --release

.PHONY: test-release
test-release: $(DOCS)/.installed ## Build a release, install it into empty environments, use it; build the documentation
	python -m pytest -m release tests/release

.PHONY: lock
lock: $(INSTALLED) ## Pin the dependencies again; add UPGRADE=1 for newer versions
	python scripts/lock.py $(if $(UPGRADE),--upgrade)

.PHONY: format
format: $(INSTALLED) ## Format code and protos
	ruff check --fix --quiet . || true
	ruff format --quiet .
	buf format --write --path protos/agent_memory

.PHONY: check
check: $(INSTALLED) ## Run every linter and compare generated files with their sources
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	buf lint
	buf format --diff --exit-code --path protos/agent_memory
	python scripts/baseline.py
	python scripts/structure.py --check
	python scripts/generate.py --check
	python scripts/generate_clients.py --check
	python scripts/lock.py --check
	python scripts/components.py
	python scripts/chart.py --check
	$(MAKE) --no-print-directory test-alerts

# Not among them: tokens.py compares with tokenizers that npm carries; search.py, precision.py and
# restart.py fill a store for minutes.
BENCHMARKS := embeddings interceptor authentication append growth pipeline services parts footprint

.PHONY: bench
bench: $(INSTALLED) ## Run the benchmarks
	for name in $(BENCHMARKS); do echo "== $$name"; python benchmarks/$$name.py || exit 1; done

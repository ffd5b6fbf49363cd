.DEFAULT_GOAL := help
.PHONY: help install dev tools test chaos check format dashboard demo bench sla capacity recovery clean

PY := .venv/bin/python
INSTALLED := .venv/.installed
DEV := .venv/.dev
TOOLS := .tools/.installed

# Those that Bytewax has wheels for. Asked for a version, as a shim may exist without its Python.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12,\
	$(shell $(name) --version >/dev/null 2>&1 && echo $(name))))

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED)  ## Make .venv with the project in it (PYTHON=... chooses the Python)

dev: $(DEV)  ## The same, with the tools for tests and checks

tools: $(TOOLS)  ## Make .tools: helm, kubeconform and schemas, for the tests of deploy/ (needs Go and npm)

test: $(DEV)  ## Run the tests (ARGS="-k window" passes options to pytest)
	$(PY) -m pytest $(ARGS)

chaos: $(DEV)  ## Kill the flow and its Kafka at random, count every record (SEED=1 MINUTES=3)
	$(PY) -m tests.chaos --seed $(or $(SEED),1) --minutes $(or $(MINUTES),3) $(ARGS)

check: $(DEV)  ## Check style, types, the direction of imports and known vulnerabilities
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) -m tests.dependencies.audit

format: $(DEV)  ## Rewrite the code in the project's format
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

dashboard: $(DEV)  ## Write deploy/grafana/windowing.json anew
	$(PY) -m deploy.grafana.dashboard > deploy/grafana/windowing.json.new
	mv deploy/grafana/windowing.json.new deploy/grafana/windowing.json

demo: $(INSTALLED)  ## Show windows that open and close (BOOTSTRAP=host:9092 for a broker of yours)
	$(PY) -m windowing.demo $(if $(BOOTSTRAP),--bootstrap $(BOOTSTRAP))

bench: $(DEV)  ## Measure what an event costs, beside baselines and peers (ARGS="..." passes options)
	$(PY) -m benchmarks ladder $(ARGS)

sla: $(DEV)  ## Hold this build to targets (FILE=benchmarks/sla.toml)
	$(PY) -m benchmarks sla $(or $(FILE),benchmarks/sla.toml)

capacity: $(DEV)  ## Search for the highest rate that is sustained (ARGS="..." passes options)
	$(PY) -m benchmarks capacity $(ARGS)

recovery: $(DEV)  ## Kill the flow under load and see it come back (ARGS="..." passes options)
	$(PY) -m benchmarks recovery $(ARGS)

clean:  ## Remove .venv, caches and build results
	rm -rf benchmarks/built .venv .tools build dist mutants .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find src tests benchmarks dataflows -name __pycache__ -prune -exec rm -rf {} +

$(PY):
	$(if $(PYTHON),,$(error No Python for Bytewax here: install python3.11 or python3.12 \
	(it has no wheels for newer ones yet), or name one: make PYTHON=/path/to/python3.11))
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# Before 25.1 pip knows no --group.
$(INSTALLED): pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --upgrade 'pip>=25.1'
	$(PY) -m pip install --quiet --editable .
	@touch $@

$(DEV): pyproject.toml $(INSTALLED)
	$(PY) -m pip install --quiet --group dev
	@touch $@

# Without these helm takes itself for one of Kubernetes 1.20.
KUBERNETES := $(foreach package,chartutil lint/rules,\
	-X helm.sh/helm/v3/pkg/$(package).k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/$(package).k8sVersionMinor=33)
TOOLS_NEED := tests/deploy/kubernetes_schemas.py tests/deploy/custom_resources/package.json

$(TOOLS): $(TOOLS_NEED) | $(DEV)
	GOBIN=$(CURDIR)/.tools/bin go install -ldflags "-s -w $(KUBERNETES)" helm.sh/helm/v3/cmd/helm@v3.18.4
	GOBIN=$(CURDIR)/.tools/bin go install -ldflags "-s -w" github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0
	$(PY) -m pip download --quiet --no-deps --dest .tools/wheels kubernetes-validate==1.37.0
	$(PY) -m tests.deploy.kubernetes_schemas .tools/wheels/kubernetes_validate-1.37.0-*.whl .tools/schemas
	mkdir -p .tools/custom_resources
	cp tests/deploy/custom_resources/package.json .tools/custom_resources
	npm install --prefix .tools/custom_resources --silent --no-audit --no-fund --no-package-lock
	@touch $@

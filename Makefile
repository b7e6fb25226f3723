# make lab    the course in JupyterLab          make test    everything that must hold
# make lint   ruff, notebooks included          make format  let ruff rewrite what it can
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# JupyterLab refuses to start as root unless told that this is meant.
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: lab test lint format clean

lab: $(VENV)/classroom
	$(BIN)/jupyter lab --notebook-dir=notebooks $(ROOT)

test: lint
	$(BIN)/python -m pytest tests -n 2 --dist loadscope

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info

$(VENV)/classroom: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet -e '.[classroom]'
	touch $@

$(VENV)/dev: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet -e '.[dev]'
	touch $@ $(VENV)/classroom

# Debian and Ubuntu ship Python without ensurepip; root may add it, others are told how.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: install it, or name it with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -qq -y python3-venv; } \
	  || { echo "Python's venv module is missing: run  sudo apt install python3-venv  and try again"; exit 1; }
	$(PYTHON) -m venv $(VENV)

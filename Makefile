# make lab    the course in JupyterLab          make test    every test, every notebook, the browser tests
# make lint   ruff, notebooks included          make format  let ruff rewrite what it can
# make first  one translation, as a picture     make wheelhouse  a folder that installs the course without internet
# make address REPO=owner/name                  put the address of your copy into badges, notebooks and README
# make page   the figures to push as a web page in build/page, for any web host
# make site   the course as a site in build/site, every lesson executed (once: later only what changed)
# The parts of make test: unit, lessons, browser, and on a machine with an NVIDIA GPU cuda (the others run on the CPU).
# make colab   the lessons and their tests with Colab's packages    make oldest  unit tests and lessons with the oldest packages allowed:
# before a lower bound in pyproject.toml changes, and before a release (half an hour; make test and .ci/run leave it out)
# make faults  a table of what the library bears: damaged files, kills, two writers, hostile archives and weights, wrong words
# make latency  how fast the figures answer, in Chromium and in JupyterLab (three minutes)
# make mutants  how many of 150 small faults in the core modules the tests notice (ten minutes; make test leaves it out)
# make coverage  what of the library the notebooks use (ten minutes)
# make twice    each cell of every lesson twice in a row, as learners run them (three minutes; make test leaves it out)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIX2PIX_PROFILE ?= smoke
# Two test processes share the cores, so each gets one thread.
ONE_THREAD := OMP_NUM_THREADS=1
# JupyterLab refuses to start as root without this.
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: lab first page site address wheelhouse test unit lessons coverage twice faults mutants colab oldest browser latency no-browser cuda no-gpu lint format clean

# publishing/jupyterlab: long lines of code wrap.
lab: $(VENV)/classroom
	JUPYTER_CONFIG_PATH=publishing/jupyterlab$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH} $(BIN)/jupyter lab --notebook-dir=. --LabApp.default_url=/lab/tree/notebooks $(ROOT)

first: $(VENV)/classroom
	$(BIN)/python -m pix2pix_edu first

page: $(VENV)/dev
	$(BIN)/python -m pix2pix_edu page build/page

# SITE_PROFILE=smoke builds it from shortened trainings.
SITE_PROFILE ?= class
site: $(VENV)/dev
	$(BIN)/python -m publishing.site.build build/site --profile $(SITE_PROFILE)

# The address in pyproject.toml, which is changed last, is replaced in all of these files.
STATED = $(shell sed -n 's|.*Repository = "https://github.com/\([^"]*\)".*|\1|p' pyproject.toml)
PLACES = README.md tests/setup_cell.py $(wildcard notebooks/*.ipynb notebooks/zh/*.ipynb docs/*.md) pyproject.toml
pages = $(subst /,.github.io/,$(1))
address:
	@echo '$(REPO)' | grep -Eq '^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+$$' || { echo "Name the repository as GitHub does: make address REPO=owner/name"; exit 1; }
	@perl -pi -e 's{(?:(?<=github\.com/)|(?<=\.com/github/))\Q$(STATED)\E(?![\w-])}{$(REPO)}g; s{\Q$(call pages,$(STATED))\E(?![\w-])}{$(call pages,$(REPO))}g' $(PLACES)

# For a class: docs/class_of_thirty.md.
wheelhouse: | $(BIN)/pip
	$(BIN)/python publishing/wheelhouse.py

test: lint unit lessons $(if $(shell command -v chromium),browser,no-browser) $(if $(shell nvidia-smi -L 2>/dev/null | grep '^GPU'),cuda,no-gpu)

unit: $(VENV)/dev
	$(ONE_THREAD) CUDA_VISIBLE_DEVICES= $(BIN)/python -m pytest tests -n 2 --dist loadscope

# Every notebook from a fresh kernel.
lessons: $(VENV)/dev
	$(ONE_THREAD) PIX2PIX_PROFILE=$(PIX2PIX_PROFILE) $(BIN)/python -m pytest --nbval-lax notebooks --nbval-cell-timeout 600 --durations 5 -n 2 --dist loadscope

# What of the library the notebooks use (nbval measures it in one process only).
coverage: $(VENV)/dev
	$(ONE_THREAD) PIX2PIX_PROFILE=smoke $(BIN)/python -m pytest --nbval-lax notebooks --cov pix2pix_edu --cov-report term:skip-covered

twice: $(VENV)/dev
	$(ONE_THREAD) $(BIN)/python -m pytest tests/lessons/each_cell_twice.py -n 2

# These tests are in make unit as well.
faults: $(VENV)/dev
	$(ONE_THREAD) CUDA_VISIBLE_DEVICES= $(BIN)/python -m pytest tests -m fault -n 2 --dist loadscope -q

mutants: $(VENV)/dev
	CUDA_VISIBLE_DEVICES= $(BIN)/python tests/mutants.py

# Each in an environment of its own; the first lines of pytest say which versions it has.
colab: $(VENV)-colab/ready
	$(ONE_THREAD) CUDA_VISIBLE_DEVICES= PIX2PIX_PROFILE=smoke $(VENV)-colab/bin/python -m pytest --nbval-lax notebooks tests/classroom -n 2 --dist loadscope

oldest: $(VENV)-oldest/ready
	$(ONE_THREAD) CUDA_VISIBLE_DEVICES= PIX2PIX_PROFILE=smoke $(VENV)-oldest/bin/python -m pytest --nbval-lax notebooks tests -n 2 --dist loadscope

no-browser:
	@echo "The browser tests were not run: install Chromium (sudo apt install chromium) to run them."

# JupyterLab in headless Chromium: needs Debian's package chromium.
browser: $(VENV)/dev
	$(BIN)/python -m pytest tests/browser -n 2 --dist loadscope

latency: $(VENV)/dev
	$(BIN)/python tests/browser/latency.py

# On a machine with an NVIDIA GPU.
cuda: $(VENV)/dev
	$(BIN)/python -m pytest tests/cuda

no-gpu:
	@echo "The tests that need a GPU were not run: make cuda runs them on a machine with an NVIDIA GPU."

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(VENV)-colab $(VENV)-oldest build dist *.egg-info

$(VENV)/classroom: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet -e '.[classroom]'
	touch $@

$(VENV)/dev: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet -e '.[dev]'
	touch $@ $(VENV)/classroom

# The first line of a list names its Python: looked for among the commands and in pyenv, whose own commands may refuse to run.
$(VENV)-%/ready: tests/%-requirements.txt pyproject.toml
	@wanted=$$(sed -n '1s/^# Python \([0-9.]*\).*/\1/p' $<); found=; \
	for python in python$$wanted "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$$wanted.*/bin/python; do \
	  if "$$python" -c 'import ensurepip' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	test -n "$$found" || echo "Python $$wanted is not on this machine: make $* runs on $(PYTHON) instead"; \
	"$${found:-$(PYTHON)}" -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --upgrade pip # the one of Python 3.11 searches the oldest set for half an hour
	$(@D)/bin/pip install --quiet -r $< -e .
	touch $@

# Debian and Ubuntu ship Python without ensurepip; root may add it, others are told how.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: install it, or name it with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -qq -y python3-venv; } \
	  || { echo "Python's venv module is missing: run  sudo apt install python3-venv  and try again"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# make lab    the course in JupyterLab          make test    every test, every notebook, the browser tests
# make lint   ruff, notebooks included          make format  let ruff rewrite what it can
# make first  one translation, as a picture     make wheelhouse  a folder that installs the course without internet
# make address REPO=owner/name                  put the address of your copy into badges, notebooks and README
# make page   the drawing page in build/page, for any web host
# The parts of make test: unit, lessons, browser; make colab runs the lessons on Colab's older front end,
# make cuda the tests that need a GPU (all others run on the CPU).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIX2PIX_PROFILE ?= smoke
# Two test processes share the cores, so each gets one thread.
ONE_THREAD := OMP_NUM_THREADS=1
# JupyterLab refuses to start as root without this.
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: lab first page address wheelhouse test unit lessons colab browser no-browser cuda lint format clean

lab: $(VENV)/classroom
	$(BIN)/jupyter lab --notebook-dir=notebooks $(ROOT)

first: $(VENV)/classroom
	$(BIN)/python -m pix2pix_edu first

page: $(VENV)/dev
	$(BIN)/python -m pix2pix_edu page build/page

# The address in pyproject.toml, which is changed last, is replaced in all of these files.
STATED = $(shell sed -n 's|.*Repository = "https://github.com/\([^"]*\)".*|\1|p' pyproject.toml)
PLACES = README.md tests/setup_cell.py $(wildcard notebooks/*.ipynb docs/*.md) pyproject.toml
address:
	@echo '$(REPO)' | grep -Eq '^[A-Za-z0-9_-]+/[A-Za-z0-9._-]+$$' || { echo "Name the repository as GitHub does: make address REPO=owner/name"; exit 1; }
	@perl -pi -e 's{(?:(?<=github\.com/)|(?<=\.com/github/))\Q$(STATED)\E(?![\w-])}{$(REPO)}g' $(PLACES)

# For a class: docs/class_of_thirty.md.
wheelhouse: | $(BIN)/pip
	$(BIN)/python publishing/wheelhouse.py

test: lint unit lessons $(if $(shell command -v chromium),browser,no-browser)

unit: $(VENV)/dev
	$(ONE_THREAD) CUDA_VISIBLE_DEVICES= $(BIN)/python -m pytest tests -n 2 --dist loadscope

# Every notebook from a fresh kernel, with the coverage of the library (nbval measures it in one process only).
lessons: $(VENV)/dev
	$(ONE_THREAD) PIX2PIX_PROFILE=$(PIX2PIX_PROFILE) $(BIN)/python -m pytest --nbval-lax notebooks -W default --nbval-cell-timeout 600 --durations 5 --cov pix2pix_edu --cov-report term:skip-covered

# The same with Colab's older Jupyter packages; torch is shared with the first environment.
colab: $(VENV)-colab/ready
	$(ONE_THREAD) PIX2PIX_PROFILE=smoke $(VENV)-colab/bin/python -m pytest --nbval-lax notebooks -W default -n 2 --dist loadscope

no-browser:
	@echo "The browser tests were not run: install Chromium (sudo apt install chromium) to run them."

# JupyterLab in headless Chromium: needs Debian's package chromium.
browser: $(VENV)/dev
	$(BIN)/python -m pytest tests/browser

# On a machine with an NVIDIA GPU.
cuda: $(VENV)/dev
	$(BIN)/python -m pytest tests/cuda

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(VENV)-colab build dist *.egg-info

$(VENV)/classroom: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet -e '.[classroom]'
	touch $@

$(VENV)/dev: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet -e '.[dev]'
	touch $@ $(VENV)/classroom

$(VENV)-colab/ready: tests/colab-requirements.txt $(VENV)/dev
	$(PYTHON) -m venv $(VENV)-colab
	$(VENV)-colab/bin/pip install --quiet -r tests/colab-requirements.txt
	$(VENV)-colab/bin/pip install --quiet --no-deps -e .
	$(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))" > $$($(VENV)-colab/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/zz-shared.pth
	touch $@

# Debian and Ubuntu ship Python without ensurepip; root may add it, others are told how.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: install it, or name it with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -qq -y python3-venv; } \
	  || { echo "Python's venv module is missing: run  sudo apt install python3-venv  and try again"; exit 1; }
	$(PYTHON) -m venv $(VENV)

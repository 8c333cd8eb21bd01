# The course's commands. Each sets up .venv first, when it isn't there or its list of packages has changed.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: course test test-matrix lab bench build assets

course: .venv/ready  ## execute every lesson; build/report/index.html shows what came out
	$(BIN)/course run

test: .venv/ready  ## every test: units, checks, notebooks against their sources and their numbers
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile

test-matrix:  ## the fast tests and lessons 02 and 09 with the oldest, the newest and Colab's packages
	$(PYTHON) -m tests.matrix

lab: .venv/ready  ## open JupyterLab at the first lesson
	$(BIN)/jupyter lab notebooks/00_start_here.ipynb

bench: .venv/ready  ## time the work that matters, beside its baselines: as it is here, and as an AVX2 laptop does it
	$(BIN)/python -m benchmarks.table
	$(BIN)/python -m benchmarks.table --laptop

build: .venv/ready  ## make the notebooks from solutions/NN_name.py, the list of wrong answers, the map of the kit
	$(BIN)/course build
	$(BIN)/python -m course_utils.kit.map
	$(BIN)/python -m tests.answers

assets: .venv/ready  ## make the shipped checkpoints again, from nothing
	$(BIN)/course assets

.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "The course needs Python 3.10 or\
	 newer; $(PYTHON) isn't ($$($(PYTHON) --version 2>&1)). Try: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

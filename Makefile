# Needs Python 3.10 or newer (with venv) and nothing else; every target sets itself up in .venv.
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
# Where to get the browser of the browser tests, if the machine has none: apt (as root), or none.
BROWSER ?= apt

BIN := $(VENV)/bin
# What pip says is shown while it works for the first time.
PIP = $(BIN)/python -m pip --disable-pip-version-check$(if $(CI)$(wildcard $(VENV)/.run), --quiet)
SOURCES := constraints.txt settings.ini setup.py pyproject.toml

export PYTHONHASHSEED := 0
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help demo setup browser test quick check notebooks outputs pytest prepare readme bench-quality bench-properties docs survival fuzz mutation lock wheel clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r t d; do printf '  make %-14s %s\n' "$$t" "$$d"; done

demo: $(VENV)/.run  ## train on the embedded table, identify a spectrum, write demo_out/
	$(BIN)/acml demo --out demo_out

setup: $(VENV)/.dev  ## the environment for development, in .venv

test: $(VENV)/.dev browser  ## everything: in sync, clean, notebooks (slow cells too) as their saved outputs say, pytest
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory outputs
	@$(MAKE) --no-print-directory pytest

quick: $(VENV)/.dev  ## the same without what is slow
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory notebooks
	@$(MAKE) --no-print-directory pytest ARGS="-m 'not slow and not browser'"

check: $(VENV)/.dev  ## notebooks clean; acml/, README.md and results as the notebooks say
	$(BIN)/python tools/check.py

notebooks: $(VENV)/.dev  ## nbdev_test: run all notebooks, outputs not compared (FLAGS=slow runs their slow cells too)
	OMP_NUM_THREADS=1 MPLBACKEND=agg $(BIN)/nbdev_test --n_workers $(WORKERS) --timing --do_print --flags "$(FLAGS)"

outputs: $(VENV)/.dev  ## run all notebooks, slow cells too, and compare with the saved outputs (ARGS='10_graph' picks some)
	$(BIN)/python tools/outputs.py --workers $(WORKERS) $(ARGS)

pytest: $(VENV)/.dev  ## what a notebook cannot test (ARGS='-k wheel' picks some)
	MPLBACKEND=agg $(BIN)/python -m pytest $(ARGS)

survival: $(VENV)/.dev  ## kills, full disks, two writers, changed data; half an hour (ARGS="kill --kills 5" for less)
	$(BIN)/python tests/survival.py $(ARGS)

fuzz: $(VENV)/.dev  ## damaged inputs for every reader, 200 each (ARGS="-n 100000 --keep fuzzed msp" for more; goes on)
	$(BIN)/python tests/fuzz.py $(ARGS)

mutation: $(VENV)/.dev  ## do the tests notice small faults? half an hour (ARGS="loss --n 100" picks)
	$(BIN)/python tests/mutation.py $(ARGS)

lock: $(VENV)/.dev  ## requirements.lock, with hashes, from constraints.txt
	$(PIP) install uv
	$(BIN)/python tools/lock.py

prepare: $(VENV)/.dev  ## before a commit: export, clean, stubs, README
	$(BIN)/python tools/check.py --fix

readme: $(VENV)/.dev  ## README.md and the results page, from notebooks and benchmarks/results/
	$(BIN)/python tools/readme.py

bench-quality: $(VENV)/.dev  ## measure the 13C tables again (ARGS="cnmr isomers" picks some; needs the NMRShiftDB2 table)
	$(BIN)/python benchmarks/quality.py $(ARGS)

docs: $(VENV)/.dev  ## the documentation site in _docs/, from the saved notebooks, offline; links checked
	$(BIN)/python tools/docs.py

bench-properties: $(VENV)/.dev  ## measure all tables of properties again, hours (ARGS=--quick: five minutes; needs moleculenet)
	$(BIN)/python benchmarks/properties.py --part all $(ARGS)

wheel: $(VENV)/.dev  ## a wheel in dist/
	rm -rf build
	$(PIP) wheel --no-deps --wheel-dir dist .

clean:  ## remove what make made
	rm -rf $(VENV) demo_out build dist *.egg-info

browser:
	@if [ "$(BROWSER)" = apt ] && ! command -v chromedriver >/dev/null 2>&1; then \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	        echo 'Installing chromium and chromium-driver for the browser tests'; \
	        (apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium chromium-driver) >/dev/null \
	            || echo 'Chromium could not be installed: the browser tests will skip'; \
	    else echo 'No chromedriver here, and no right to install it: the browser tests will skip'; fi; fi

# The environment. A stamp is written only after all went well, so an interrupted set-up starts again.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 10) else "acml needs Python 3.10 or newer, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.12 ...")'
	@echo 'Setting up $(VENV) (PyTorch, RDKit and others: some minutes, once)'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo '$(PYTHON) -m venv failed. On Debian or Ubuntu: apt-get install python3-venv'; exit 1; }

$(VENV)/.run: $(SOURCES) | $(BIN)/python
	$(PIP) install -c constraints.txt --upgrade pip
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(SOURCES) | $(BIN)/python
	$(PIP) install -c constraints.txt --upgrade pip
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $(VENV)/.run $@

# Everything starts from here: `make run` serves the site, `make help` lists the rest.

PYTHON ?= python3
# What to install: `training` (with torch) or `serving` (without).
EXTRAS ?= training
# Address of a package index that offers another build of torch, such as one for the CPU alone.
TORCH_INDEX ?=
# Further arguments for pytest: `make test ARGS="-m 'not slow'"`.
ARGS ?=
# Tests that run at once; many wait rather than work. A file's tests stay together: they share a served site.
TEST_PROCESSES ?= 3

# What `make model` learns from, and where its run is kept: killed, it goes on from there.
SPEECH ?= ../shared/data
TEACHER ?= ../shared/models/teacher
MODEL_RUN ?= var/shipped-model-run

VENV := .venv
BIN := $(VENV)/bin
BIOME := node_modules/.bin/biome
# Where both are offered, pip takes "2.13.0+cpu" as the newer of it and "2.13.0".
PIP_INSTALL := $(BIN)/python -m pip install --quiet -c constraints.txt \
	$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

INSTALLED := $(VENV)/.installed-$(EXTRAS)
INSTALLED_DEV := $(VENV)/.installed-$(EXTRAS)-dev
LIBRARIES := node_modules/.installed
STATIC := staticfiles/staticfiles.json
TRANSLATIONS := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))
READY := $(INSTALLED) $(LIBRARIES) $(TRANSLATIONS) $(STATIC)
READY_DEV := $(INSTALLED_DEV) $(READY)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test test-fast lint format types check bench model

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## Install everything, prepare the database and the model
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py register_shipped_model

run: $(READY) ## Serve the site with its workers; Ctrl-C stops all of it
	@$(BIN)/python manage.py serve

test: $(READY_DEV) ## Run the tests
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder $(ARGS)

test-fast: $(READY_DEV) ## Run the tests that take no browser, no served site and no training
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder \
		--ignore=tests/journeys --ignore=tests/egress -m "not browser and not slow" $(ARGS)

lint: $(INSTALLED_DEV) $(LIBRARIES) ## Check the style of code, templates, scripts and styles
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint --quiet templates
	$(BIOME) check --error-on-warnings

format: $(INSTALLED_DEV) $(LIBRARIES) ## Bring code and scripts into their style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIOME) check --write

types: $(INSTALLED_DEV) ## Check the types
	$(BIN)/mypy

check: $(READY) ## Check the settings and that no migration is missing
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: $(READY_DEV) ## Measure speed and memory against a plain server
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.reviews
	$(BIN)/python -m benchmarks.review_page
	$(BIN)/python -m benchmarks.head_training
	$(BIN)/python -m benchmarks.retraining
	LOAD_TESTS=1 $(BIN)/python -m pytest tests/training/versions/test_promotions_under_load.py \
		tests/journeys/test_retraining_on_real_speech.py

model: $(READY) ## Train the shipped model anew, from the speech and the teacher in SPEECH and TEACHER
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py train_model --teacher $(TEACHER) --corpus $(SPEECH)/crema-d \
		--noises $(SPEECH)/noise --rooms $(SPEECH)/rooms \
		--config training/configs/shipped.json --output $(MODEL_RUN)
	$(BIN)/python manage.py ship_model $(MODEL_RUN)/model --corpus $(SPEECH)/crema-d --noises $(SPEECH)/noise \
		--other-language $(SPEECH)/emodb --license $(TEACHER)/LICENSE

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name it with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	# An older pip does as well and takes a fifth longer.
	-$(BIN)/python -m pip install --quiet -c constraints.txt --upgrade pip

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) --editable ".[$(EXTRAS)]"
	@touch $@

$(INSTALLED_DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) --editable ".[$(EXTRAS),dev]"
	@touch $@ $(INSTALLED)

$(LIBRARIES): package.json package-lock.json
	@command -v npm > /dev/null || { echo "Node.js 20 or newer is needed, with npm."; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

%.mo: %.po | $(INSTALLED)
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

$(STATIC): $(INSTALLED) $(LIBRARIES) $(shell find */static 2> /dev/null)
	$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@touch $@

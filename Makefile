# Mithaq. `make run` and `make test` do all set-up by themselves, from a bare clone with only Python 3.11 or newer.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PO := locale/ar/LC_MESSAGES/django.po
MO := $(PO:.po=.mo)
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.PHONY: run install develop test lint bench lock pictures clean

run: install
	@$(BIN)/python manage.py up

install: $(VENV)/.installed $(MO)

develop: $(VENV)/.developed $(MO)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Mithaq needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "Installing the locked dependencies (a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
	@touch $@

$(VENV)/.developed: requirements-dev.txt | $(BIN)/python
	@echo "Installing the locked dependencies of development (a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	@touch $@ $(VENV)/.installed

$(MO): $(PO) | $(VENV)/.installed
	@$(BIN)/pybabel --quiet compile --domain django --directory locale

test: develop
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

lint: develop
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m pytest --quiet tests/test_translations.py

bench: develop
	@$(BIN)/python -m bench $(ARGS)

pictures: develop
	@$(BIN)/python docs/pictures.py

lock: develop
	$(BIN)/$(COMPILE) pyproject.toml --output-file requirements.txt
	$(BIN)/$(COMPILE) pyproject.toml --group dev --constraint requirements.txt --output-file requirements-dev.txt

clean:
	rm -rf $(VENV) $(MO) .pytest_cache .mypy_cache .ruff_cache staticfiles

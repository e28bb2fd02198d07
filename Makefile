# make run and make test are enough to start. The other targets are short names for longer commands.
HOST ?= 127.0.0.1
PORT ?= 8000
PYTHON ?= python3
ARGS ?=
export PYTHON

.PHONY: help run dev staff test bench lighthouse lint format messages requirements

help:  ## List the commands
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/'

run:  ## Serve the site with its content; make run PORT=8001 HOST=0.0.0.0
	@sh bin/environment requirements.txt
	@exec .venv/bin/python manage.py serve --host "$(HOST)" --port "$(PORT)"

dev:  ## Serve with DEBUG, and restart when a file changes
	@sh bin/environment requirements.txt requirements-dev.txt
	@DEBUG=1 exec .venv/bin/python manage.py serve --host "$(HOST)" --port "$(PORT)" --reload

staff:  ## Create a staff account; asks for a name and a password
	@sh bin/environment requirements.txt
	@.venv/bin/python manage.py prepare
	@.venv/bin/python manage.py createsuperuser --email ""

test:  ## Run every test; make test ARGS="-k search"
	@if [ "$$(id -u)" = 0 ]; then exec "$(PYTHON)" -m tests $(ARGS); fi; \
	sh bin/environment requirements.txt requirements-dev.txt && exec .venv/bin/python -m tests $(ARGS)

lighthouse:  ## Show the Lighthouse scores of each kind of page; make lighthouse ARGS=/en/partners/
	@sh bin/environment requirements.txt requirements-dev.txt
	@.venv/bin/python -m bench.lighthouse $(ARGS)

bench:  ## Compare the speed of the site with nginx and other sites; make bench ARGS=speed
	@sh bin/environment requirements.txt requirements-dev.txt
	@.venv/bin/python -m bench.pages $(ARGS)

lint:  ## Check code and templates with ruff, djlint and mypy
	@sh bin/environment requirements.txt requirements-dev.txt
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/djlint templates --lint --check --quiet
	.venv/bin/mypy .

format:  ## Format code and templates
	@sh bin/environment requirements.txt requirements-dev.txt
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/djlint templates --reformat --quiet || true

messages:  ## Collect the interface texts into locale/
	@sh bin/environment requirements.txt
	.venv/bin/python manage.py makemessages

requirements:  ## Compile the pinned, hashed requirement files
	@sh bin/environment requirements.txt requirements-dev.txt
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url $(ARGS) requirements.in -o requirements.txt
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url $(ARGS) requirements-dev.in -o requirements-dev.txt

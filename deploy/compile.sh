#!/bin/sh
# Compiles translations and Python files, which the site's user cannot do as it does not own the program.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Settings of no installation: nothing of the real data is touched, or made by root.
env -i PATH="$PATH" DATA_DIR="$scratch" .venv/bin/python manage.py compilemessages -v 0
.venv/bin/python -m compileall -q -x '/(\.venv|\.git|node_modules)/' .

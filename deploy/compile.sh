#!/bin/sh
# Compiles translations and Python files. The site's user cannot do this, because it does not own the program.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Without the settings of the installation, so that root neither changes its data nor creates files in it.
env -i PATH="$PATH" DATA_DIR="$scratch" .venv/bin/python manage.py compilemessages -v 0
.venv/bin/python -m compileall -q -x '/(\.venv|\.git|node_modules)/' .

#!/usr/bin/env bash
# Makes .venv with every locked package and this project in it. Does nothing when it is already as it should be.
# PYTHON chooses the interpreter (default: python3).
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}

fail() {
    echo "setup: $1" >&2
    echo "       $2" >&2
    exit 1
}

command -v "$python" >/dev/null ||
    fail "there is no '$python' on this machine" "Install Python 3.11 or newer, or name one: make setup PYTHON=/path/to/python3.12"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "'$python' is $("$python" --version 2>&1), and Python 3.11 or newer is needed" \
        "Install a newer one beside it and name it: make setup PYTHON=python3.12"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "'$python' lacks the venv module" "Debian and Ubuntu keep it in a package of its own: apt install python3-venv"

# An environment belongs to one interpreter and one folder: with another of either it is made anew.
home=$("$python" -c 'import os, sys; print(sys.version, os.path.realpath(sys.base_prefix), os.getcwd())' | tr '\n' ' ')
wanted=$("$python" - "$home" <<'PY'
import hashlib
import pathlib
import sys

digest = hashlib.sha256(sys.argv[1].encode())
for name in ("pyproject.toml", "requirements/dev.txt", "scripts/setup.sh"):
    digest.update(pathlib.Path(name).read_bytes())
print(digest.hexdigest())
PY
)

[ "$(cat .venv/.setup-stamp 2>/dev/null)" != "$wanted" ] || exit 0

if [ "$(cat .venv/.setup-home 2>/dev/null)" != "$home" ]; then
    echo "setup: making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
    printf '%s' "$home" >.venv/.setup-home
fi

pip=(.venv/bin/python -m pip --disable-pip-version-check --no-input install --quiet)
echo "setup: installing the packages of requirements/dev.txt"
"${pip[@]}" --require-hashes -r requirements/dev.txt
"${pip[@]}" --no-deps --no-build-isolation -e .

printf '%s' "$wanted" >.venv/.setup-stamp
echo "setup: done"

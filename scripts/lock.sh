#!/usr/bin/env bash
# Writes requirements/dev.txt and requirements/runtime.txt from pyproject.toml, and requirements/bench.txt for the peers of
# the benchmarks: every package pinned, every file hashed, no download address. Pins that still fit are kept; `--upgrade`
# (or `make lock UPGRADE=1`) moves all of them.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/python -m piptools compile --quiet \
        --generate-hashes --allow-unsafe --strip-extras --resolver=backtracking \
        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options "$@"
}

compile --extra dev --output-file requirements/dev.txt "$@" pyproject.toml
# The development pins are constraints for the runtime ones, so that what is tested is what is shipped.
compile --constraint requirements/dev.txt --output-file requirements/runtime.txt "$@" pyproject.toml
compile --output-file requirements/bench.txt "$@" benchmarks/peers/requirements.in

if grep -nE '://|^-' requirements/*.txt; then
    echo "lock: the lines above name an address or an option; a lock file holds neither" >&2
    exit 1
fi

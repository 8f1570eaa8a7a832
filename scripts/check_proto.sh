#!/usr/bin/env bash
# Fails when the committed code in pdp/api/v1 is not what the protos generate.
#
#   scripts/check_proto.sh [CHECKED]    looks at CHECKED/pdp/api/v1 (default: this checkout)
set -euo pipefail
cd "$(dirname "$0")/.."

checked=${1:-.}
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

scripts/generate_proto.sh "$fresh"
if ! diff -r -u -x '__init__.py' -x '__pycache__' "$checked/pdp/api/v1" "$fresh/pdp/api/v1"; then
    echo "proto-check: pdp/api/v1 is not what proto/ generates; run 'make proto' and commit the result" >&2
    exit 1
fi

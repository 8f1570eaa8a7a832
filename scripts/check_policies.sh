#!/usr/bin/env bash
# Validates every policy folder and runs every case file that lies with the policies: what an edit has to pass.
set -euo pipefail
cd "$(dirname "$0")/.."

.venv/bin/pdp validate policies

exec .venv/bin/pdp test --policies policies policies

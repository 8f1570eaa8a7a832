#!/usr/bin/env bash
# Validates every policy folder and runs every case file that lies with the policies: what an edit has to pass.
set -euo pipefail
cd "$(dirname "$0")/.."

.venv/bin/pdp validate policies --fail-on warning

# What must never be allowed cannot be.
.venv/bin/pdp prove policies/*/

# Every rule decides in a case, every sentence is told in one, and hardly a change of a rule goes unnoticed.
exec .venv/bin/pdp test --policies policies policies --sentences \
    --require rules=100 --require clauses=100 --require conditions=100 --require changes=95

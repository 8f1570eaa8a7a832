#!/usr/bin/env bash
# Validates every policy folder and runs every case file that lies with the policies: what an edit has to pass.
set -euo pipefail
cd "$(dirname "$0")/.."

.venv/bin/pdp validate policies

cases=()
while IFS= read -r file; do cases+=("$file"); done < <(find policies -type f -name '*.json' -path '*cases*' | LC_ALL=C sort)
if [ ${#cases[@]} -eq 0 ]; then
    echo "policies: there is no case file under policies/" >&2
    exit 1
fi
.venv/bin/pdp test --policies policies "${cases[@]}"

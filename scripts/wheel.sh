#!/usr/bin/env bash
# Builds the wheel into dist/, installs it with the runtime packages alone into an empty environment, and uses it there.
# What works in a checkout and not for whoever installs the wheel (a file left out, a development package needed) fails here.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rm -f dist/*.whl
.venv/bin/python -m build --wheel --no-isolation --outdir dist . >"$work/build.log" || { cat "$work/build.log" >&2; exit 1; }

.venv/bin/python -m venv "$work/env"
pip=("$work/env/bin/python" -m pip --disable-pip-version-check --no-input)
"${pip[@]}" install --quiet --require-hashes -r requirements/runtime.txt
"${pip[@]}" install --quiet --no-deps dist/*.whl
"${pip[@]}" check

# From here on the checkout is out of reach of the interpreter.
cd "$work"
"$work/env/bin/python" - "$root/requirements/runtime.txt" <<'PY'
import re
import sys
from importlib.metadata import distributions
from pathlib import Path

def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()

locked = {plain(name) for name in re.findall(r"^([\w.-]+)==", Path(sys.argv[1]).read_text(), re.MULTILINE)}
present = {plain(each.metadata["Name"]) for each in distributions()}
extra = present - locked - {"promise-pdp", "pip", "setuptools"}
if extra:
    sys.exit(f"wheel: packages that requirements/runtime.txt does not name: {', '.join(sorted(extra))}")
if (missing := locked - present):
    sys.exit(f"wheel: packages that were not installed: {', '.join(sorted(missing))}")
PY

"$work/env/bin/pdp" --help >/dev/null
"$work/env/bin/pdp" check --policies "$root/policies" --format json "$root/scripts/sample_request.json" >"$work/answer.json" || {
    status=$?
    cat "$work/answer.json" >&2
    echo "wheel: 'pdp check' answered $status to scripts/sample_request.json, which the policies allow" >&2
    exit 1
}
echo "wheel: $(cd "$root" && echo dist/*.whl) works with the runtime packages alone"

#!/bin/sh
# The steps that make /opt/pdp: an environment with the locked packages and the wheel, and nothing that installs more.
# The Dockerfile runs them, and `python -m tests.deploy.chroot` runs them in a tree of the same Debian.
# Takes the folder with runtime.txt and the wheel; pip's own variables (PIP_NO_INDEX, PIP_FIND_LINKS) say where from.
set -eu
from=$1

python3 -m venv /opt/pdp
/opt/pdp/bin/pip install --no-cache-dir --disable-pip-version-check --quiet \
    --require-hashes --only-binary :all: --requirement "$from/runtime.txt"
/opt/pdp/bin/pip install --no-cache-dir --disable-pip-version-check --quiet --no-deps --no-index "$from"/promise_pdp-*.whl
/opt/pdp/bin/pip check --disable-pip-version-check

# Whoever gets in finds nothing to install more with.
/opt/pdp/bin/pip uninstall --yes --quiet setuptools pip
rm -f /opt/pdp/bin/activate* /opt/pdp/bin/Activate.ps1

# The root file system is read-only at run time, so nothing is compiled then.
/opt/pdp/bin/python -m compileall -q /opt/pdp/lib
/opt/pdp/bin/pdp --version

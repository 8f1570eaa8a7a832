#!/usr/bin/env bash
# The tests of the stores start a PostgreSQL server of their own and need its programs. Installs them when they are missing
# and this machine lets us; otherwise says what is left out. No server of the system is started.
set -euo pipefail

for found in /usr/lib/postgresql/*/bin/initdb; do
    [ -x "$found" ] && exit 0
done
command -v initdb >/dev/null && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "postgresql: installing the package postgresql for the tests of the stores"
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends postgresql; } >/dev/null && exit 0
fi
echo "postgresql: the programs of PostgreSQL are not there and cannot be installed here:" >&2
echo "            the tests that need them are left out, or fail where CI is set (Debian and Ubuntu: apt install postgresql)" >&2

#!/usr/bin/env bash
# The tests of the caches start a Redis of their own and need its program. Installs it when it is missing and this machine
# lets us; otherwise says what is left out. No server of the system is started.
set -euo pipefail

command -v redis-server >/dev/null && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "redis: installing the package redis-server for the tests of the caches"
    # A package that is installed starts its service, unless it is told not to.
    policy=/usr/sbin/policy-rc.d
    [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && trap 'rm -f "$policy"' EXIT; }
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends redis-server; } >/dev/null && exit 0
fi
echo "redis: redis-server is not there and cannot be installed here:" >&2
echo "       the tests that need it are left out, or fail where CI is set (Debian and Ubuntu: apt install redis-server)" >&2

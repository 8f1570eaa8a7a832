#!/usr/bin/env bash
# The test of the dashboard and the alerts starts a Prometheus of its own and needs its program. Installs it when it is
# missing and this machine lets us; otherwise says what is left out. No server of the system is started.
set -euo pipefail

command -v prometheus >/dev/null && command -v promtool >/dev/null && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "prometheus: installing the package prometheus for the test of the dashboard"
    # A package that is installed starts its service, unless it is told not to.
    policy=/usr/sbin/policy-rc.d
    [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && trap 'rm -f "$policy"' EXIT; }
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends prometheus; } >/dev/null && exit 0
fi
echo "prometheus: the program is not there and cannot be installed here:" >&2
echo "            the test that needs it is left out, or fails where CI is set (Debian and Ubuntu: apt install prometheus)" >&2

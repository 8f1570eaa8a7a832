#!/usr/bin/env bash
# Edits a served policy: first wrongly, then rightly, and shows what the server says. Works on a copy, on a free port.
set -euo pipefail

folder=$(mktemp -d)
cp -r policies/kidsonline policies/shared "$folder"
: >"$folder/.log" # there before the server has opened it
pdp serve --listen 127.0.0.1:0 --policies "$folder" --workers 1 --store none: --decision-log none --watch-seconds 0 2>"$folder/.log" &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$folder"' EXIT
until grep -q '"event": "ready"' "$folder/.log"; do kill -0 $server; sleep 0.1; done
address=$(sed -n 's/.*"event": "ready", "address": "\([^"]*\)".*/\1/p' "$folder/.log")

say() { sed -e "s#$folder/##" -e 's/sha256:\(....\)[0-9a-f]*/sha256:\1…/' -e 's/since .*, by/since …, by/' -e 's/at 20.*; the/at …; the/' -e '/^worker/d'; }

echo "# an effect is misspelt"
sed -i 's/^\(p, [a-z-]*\), deny,/\1, Deny,/;T;:rest n;b rest' "$folder/kidsonline/policy.csv"
pdp reload kidsonline --server "$address" | say || true
pdp status --server "$address" | say || true
echo "# it is mended"
cp policies/kidsonline/policy.csv "$folder/kidsonline/policy.csv"
pdp reload kidsonline --server "$address" | say
pdp status --server "$address" | say

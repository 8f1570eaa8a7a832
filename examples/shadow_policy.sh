#!/usr/bin/env bash
# Serves a policy, compares the answers with those of an edited copy, and shows what would change.
set -euo pipefail

folder=$(mktemp -d)
mkdir "$folder/next"
cp -r policies/kidsonline policies/shared "$folder/next"
# The edit to be tried: family members read no more.
sed -i 's/^p, family-member-reads,/# &/' "$folder/next/kidsonline/policy.csv"
: >"$folder/log" # there before the server has opened it
pdp serve --listen 127.0.0.1:0 --shadow "$folder/next" --workers 1 --store none: --decision-log none 2>"$folder/log" &
server=$!
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
until grep -q '"event": "ready"' "$folder/log"; do kill -0 $server; sleep 0.1; done
address=$(sed -n 's/.*"event": "ready", "address": "\([^"]*\)".*/\1/p' "$folder/log")

pdp check examples/aunt-reads-photo.json --server "$address" | head -1
pdp check examples/school-posts-photo.json --server "$address" | head -1 || true
sleep 1
kill $server
wait $server || true
pdp shadow "$folder/log" | sed 's/example: .*/example: …/'

#!/usr/bin/env bash
# Two persons sign a policy folder; an edit has to be signed again. Works on a copy.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r policies/kidsonline policies/shared "$folder"
verify() { pdp verify "$folder/kidsonline" --policy-keys "$folder/keys" --second-signature | sed "s#$folder/##" || true; }

pdp new-key lan "$folder/lan.pem" >"$folder/keys"
pdp new-key minh "$folder/minh.pem" >>"$folder/keys"
echo "# one person signs"
pdp sign "$folder/kidsonline" --key "$folder/lan.pem"
verify
echo "# the other one signs too"
pdp sign "$folder/kidsonline" --key "$folder/minh.pem"
verify
echo "# somebody edits a row"
sed -i 's/, nothing$/, nothing /;T;:rest n;b rest' "$folder/kidsonline/policy.csv"
verify

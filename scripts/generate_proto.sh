#!/usr/bin/env bash
# Generates the Python code of the wire contract from proto/.
#
#   scripts/generate_proto.sh [TARGET]    writes TARGET/pdp/api/v1 (default: this checkout)
#
# PYTHON chooses the interpreter that has grpcio-tools (default: .venv/bin/python).
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:-.}
python=${PYTHON:-.venv/bin/python}
protos=(proto/pdp/api/v1/*.proto)

new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

"$python" -m grpc_tools.protoc --proto_path=proto --python_out="$new" --pyi_out="$new" --grpc_python_out="$new" \
    "${protos[@]#proto/}"

# For a file without a service the plugin writes a module with nothing in it.
for file in "${protos[@]}"; do
    grep -q '^service ' "$file" || rm "$new/pdp/api/v1/$(basename "$file" .proto)_pb2_grpc.py"
done

# Only now, when everything went well; what the protos no longer describe goes with it.
mkdir -p "$target/pdp/api/v1"
rm -f "$target"/pdp/api/v1/*_pb2.py "$target"/pdp/api/v1/*_pb2.pyi "$target"/pdp/api/v1/*_pb2_grpc.py
cp "$new"/pdp/api/v1/*_pb2* "$target/pdp/api/v1/"

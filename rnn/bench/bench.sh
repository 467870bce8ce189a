#!/usr/bin/env bash
# The recurrent networks against C references built here, and against PyTorch where it is installed, on one core.
set -euo pipefail
cd "$(dirname "$0")"
pin=()
if command -v taskset >/dev/null; then pin=(taskset -c 0); fi
exe=$(mktemp)
trap 'rm -f "$exe"' EXIT
go build -o "$exe" .
"${pin[@]}" "$exe" -c testdata -only step,batch,quantised,scale,train,blas,lag

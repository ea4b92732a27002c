#!/usr/bin/env bash
# Prints the path of versitygw, an S3 server that looks at signatures and conditions; Go installs
# it where it is absent. Status 3 where that cannot be.
set -uo pipefail
bin=$(go env GOPATH 2>/dev/null || true)/bin
server=$(command -v versitygw || { [[ -x $bin/versitygw ]] && echo "$bin/versitygw"; } || true)
if [[ -z $server ]] && command -v go >/dev/null; then
  package=github.com/versity/versitygw/cmd/versitygw@v1.8.0
  CGO_ENABLED=0 GOFLAGS=-p=1 nice go install "$package" >&2 && server=$bin/versitygw
fi
[[ -n $server ]] || { echo "neither versitygw nor Go is here" >&2; exit 3; }
echo "$server"

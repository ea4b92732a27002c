#!/usr/bin/env bash
# 64 writers, 4 mergers, 2 cleaners and 2 readers of an icedb table at once for ICEFALL_SOAK_SECONDS
# (60): on the memory store, and on an S3 server of its own, versitygw, which Go installs.
set -euo pipefail
test_binary=$1
export ICEFALL_SOAK_SECONDS=${ICEFALL_SOAK_SECONDS:-60}
export ICEFALL_SOAK_WRITERS=${ICEFALL_SOAK_WRITERS:-64}
run() {
  echo "icedb soak: $1, $ICEFALL_SOAK_WRITERS writers, $ICEFALL_SOAK_SECONDS s"
  ICEFALL_SOAK_LOCATION=$1 "$test_binary" --gtest_filter='TableSoakTest.*'
}
run memory
if ! server=$("$(dirname "$0")/../support/versitygw.sh"); then
  echo "icedb soak: not against an S3 server"
  exit 0
fi
folder=$(mktemp -d)
port=${ICEFALL_SOAK_PORT:-19345}
mkdir "$folder/lake"
"$server" --port "127.0.0.1:$port" --access user --secret password posix "$folder" \
  >"$folder.log" 2>&1 &
server_id=$!
trap 'kill $server_id; wait $server_id 2>/dev/null || true; rm -rf "$folder" "$folder.log"' EXIT
for _ in $(seq 100); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
  sleep 0.1
done
export AWS_ACCESS_KEY_ID=user AWS_SECRET_ACCESS_KEY=password
run "s3://lake?endpoint=http://127.0.0.1:$port&region=us-east-1&addressing=path"

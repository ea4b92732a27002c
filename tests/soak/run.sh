#!/bin/sh
# The crash tests with many more rounds than `make test` has time for; ends with what was tried.
#   ICEFALL_KILL_ROUNDS=2000 tests/soak/run.sh
set -eu
cd "$(dirname "$0")/../.."
build=${ICEFALL_BUILD_DIR:-build/release}
export ICEFALL_KILL_ROUNDS="${ICEFALL_KILL_ROUNDS:-500}"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
"$build/tests/crash/processes_test" --gtest_filter='*Killed*' \
  --gtest_output="json:$results/kills.json"
"$build/tests/crash/power_cut_test" --gtest_brief=1 --gtest_output="json:$results/cuts.json"
python3 - "$results" <<'END'
import json, pathlib, sys

folder = pathlib.Path(sys.argv[1])

def cases(name):
    for suite in json.loads((folder / name).read_text())["testsuites"]:
        yield from suite["testsuite"]

for case in cases("kills.json"):
    if "rounds" in case:
        print(f"kill -9: {case['rounds']} rounds, {case['rows']} rows verified")
cuts = list(cases("cuts.json"))
events = sum(int(case["events"]) for case in cuts)
states = sum(int(case["states"]) for case in cuts)
print(f"power cuts: {len(cuts)} operations, {events} events, {states} states")
END

#!/bin/sh
# The crash tests with many more rounds than `make test` has time for; ends with what was tried.
#   ICEFALL_KILL_ROUNDS=2000 ICEFALL_RACE_SEEDS=20000 tests/soak/run.sh
set -eu
cd "$(dirname "$0")/../.."
build=${ICEFALL_BUILD_DIR:-build/release}
export ICEFALL_KILL_ROUNDS="${ICEFALL_KILL_ROUNDS:-500}"
export ICEFALL_SESSION_KILLS="${ICEFALL_SESSION_KILLS:-200}"
export ICEFALL_RACE_SEEDS="${ICEFALL_RACE_SEEDS:-5000}"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
"$build/tests/crash/processes_test" --gtest_filter='*Killed*' \
  --gtest_output="json:$results/kills.json"
"$build/tests/crash/power_cut_test" --gtest_brief=1 --gtest_output="json:$results/cuts.json"
ICEFALL_EVERY_FAULT=1 "$build/tests/crash/statement_faults_test" --gtest_brief=1 \
  --gtest_output="json:$results/faults.json"
"$build/tests/races/interleaving_test" --gtest_brief=1 \
  --gtest_output="json:$results/races.json"
"$build/tests/races/sessions_test" --gtest_brief=1 \
  --gtest_output="json:$results/sessions.json"
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
for case in cases("faults.json"):
    print(f"full disk, permission lost: {case['calls']} store calls of all operations")
for case in cases("races.json"):
    if "seeds" in case:
        print(f"{case['name']}: {case['seeds']} seeds, {case['transactions']} transactions, "
              f"{case['operations']} operations, {case['switches']} switches")
for case in cases("sessions.json"):
    print(f"{case['name']}: {case['kills']} kills, {case['transactions']} transactions, "
          f"{case['operations']} operations")
END

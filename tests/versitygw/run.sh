#!/usr/bin/env bash
# Against versitygw, an S3 server that looks at signatures and conditions: the stores' conformance
# suite with its races, databases through SQL, and killed processes.
#   tests/versitygw/run.sh BUILD_DIRECTORY
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$(cd "${1:?usage: tests/versitygw/run.sh BUILD_DIRECTORY}" && pwd)
python=${ICEFALL_DEPS_DIR:-${PWD}/.deps}/venv/bin/python
ICEFALL_VERSITYGW=$(tests/support/versitygw.sh)
export ICEFALL_VERSITYGW ICEFALLDB=${build}/src/cli/icefalldb PYTHONDONTWRITEBYTECODE=1
with_server=("${python}" tests/store/with_s3_server.py)
"${with_server[@]}" "${build}/tests/store/store_conformance_test" --gtest_brief=1
"${with_server[@]}" "${build}/src/sql/sql_remote_store_test" --gtest_brief=1 --gtest_filter='*S3*'
"${with_server[@]}" "${python}" -m pytest -q -p no:cacheprovider tests/versitygw

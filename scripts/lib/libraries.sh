# Lays out .deps/duckdb and .deps/arrow: include/, lib/, licenses/.

# What is laid out follows from the pins and from this file.
libraries_key() { cat "${SCRIPTS}/dependencies.lock" "${SCRIPTS}/lib/libraries.sh" | sha256sum; }

install_duckdb() {
  local key
  key=$(libraries_key)
  up_to_date duckdb "${key}" && return 0
  local work library headers staged
  work=$(mktemp -d "${DEPS}/work.XXXXXX") staged="${work}/staged"
  mkdir -p "${staged}/lib" "${staged}/licenses"
  library=$(fetch '@duckdb/node-bindings-linux-x64' "${work}") || exit 1
  tar -xzf "${library}" -C "${work}" package/libduckdb.so package/LICENSE
  mv "${work}/package/libduckdb.so" "${staged}/lib/"
  mv "${work}/package/LICENSE" "${staged}/licenses/"
  headers=$(fetch duckdb "${work}") || exit 1
  tar -xzf "${headers}" -C "${work}" --strip-components=1 --wildcards \
    'duckdb-*/external/duckdb/src/include'
  mv "${work}/external/duckdb/src/include" "${staged}/include"
  publish "${staged}" duckdb "${key}"
  rm -rf "${work}"
}

install_arrow() {
  local key
  key=$(libraries_key)
  up_to_date arrow "${key}" && return 0
  local work wheel staged name
  work=$(mktemp -d "${DEPS}/work.XXXXXX") staged="${work}/staged"
  mkdir -p "${staged}/lib"
  wheel=$(fetch pyarrow "${work}") || exit 1
  "${DEPS}/venv/bin/python" -m zipfile -e "${wheel}" "${work}"
  mv "${work}/pyarrow/include" "${staged}/include"
  mv "${work}"/pyarrow-*.dist-info/licenses "${staged}/licenses"
  # The rest of the wheel is Python, or parts of Arrow that nothing here links.
  for name in arrow arrow_compute parquet; do
    mv "${work}/pyarrow/lib${name}.so."* "${staged}/lib/"
    (cd "${staged}/lib" && ln -s "lib${name}.so."* "lib${name}.so")
  done
  publish "${staged}" arrow "${key}"
  rm -rf "${work}"
}

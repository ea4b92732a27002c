# Downloads the files of dependencies.lock with the machine's own clients and checks their hashes.

# lock_field PACKAGE COLUMN: one field of the package's line in dependencies.lock.
lock_field() {
  awk -v package="$1" -v column="$2" '$1 !~ /^#/ && $2 == package { print $column }' \
    "${SCRIPTS}/dependencies.lock"
}

# verify_file FILE EXPECTED_SHA256
verify_file() {
  local found
  [[ -f $1 ]] || { say "$1 was not downloaded under that name"; return 1; }
  found=$(sha256sum "$1" | cut -d' ' -f1)
  [[ ${found} == "$2" ]] && return 0
  say "hash mismatch: ${1##*/}: expected $2, found ${found}"
  return 1
}

# download CLIENT PACKAGE VERSION DIRECTORY: the client names the file as the lock does.
download() {
  case $1 in
    npm)
      (cd "$4" && npm pack --loglevel=error "$2@$3" >/dev/null) ;;
    pip-sdist)
      # Metadata is prepared by the sdist's own backend, which the environment provides, pinned.
      PATH="${DEPS}/venv/bin:${PATH}" "${DEPS}/venv/bin/pip" download -q --no-deps \
        --no-binary "$2" --no-build-isolation -d "$4" "$2==$3" ;;
    pip-wheel)
      "${DEPS}/venv/bin/pip" download -q --no-deps --only-binary=:all: --python-version 3.11 \
        --implementation cp --platform manylinux_2_28_x86_64 -d "$4" "$2==$3" ;;
    *) die "dependencies.lock: unknown client '$1'" ;;
  esac
}

# fetch PACKAGE DIRECTORY: downloads into DIRECTORY, verifies, prints the file's path.
fetch() {
  local client version file sha256
  client=$(lock_field "$1" 1) version=$(lock_field "$1" 3)
  file=$(lock_field "$1" 4) sha256=$(lock_field "$1" 5)
  [[ -n ${sha256} ]] || die "dependencies.lock has no complete line for '$1'"
  say "fetching ${file}"
  retry download "${client}" "$1" "${version}" "$2" || die "could not download $1 ${version}"
  verify_file "$2/${file}" "${sha256}" || die "$1 ${version} is not what dependencies.lock pins"
  echo "$2/${file}"
}

# up_to_date NAME KEY: whether .deps/NAME was completed from exactly this key.
up_to_date() { [[ -f ${DEPS}/$1/.complete && $(<"${DEPS}/$1/.complete") == "$2" ]]; }

# publish STAGED NAME KEY: the marker is written before the rename, so a folder under its final
# name is always whole.
publish() {
  echo "$3" >"$1/.complete"
  rm -rf "${DEPS:?}/$2"
  mv "$1" "${DEPS}/$2"
}

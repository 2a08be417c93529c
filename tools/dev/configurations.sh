# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# Build folders below build/: one for each compiler and set of flags.

# Each configuration names its compiler and its flags.
forget_the_environment() {
  local name
  for name in CC CXX CPPFLAGS CFLAGS CXXFLAGS LDFLAGS DESTDIR; do
    [[ -z ${!name-} ]] || say "$name of the environment is not taken"
    unset "$name"
  done
}

# One command at a time in a tree, as they share its build folders.
hold_build_folder() {
  if ! mkdir -p build || [[ ! -w build ]]; then
    die "No build folder can be made in $PWD: copy the tree to where you may write."
  fi
  command -v flock >/dev/null || return 0
  exec {lock}>build/.lock
  if ! flock --nonblock "$lock"; then
    say "another command is at work in this tree: waiting for its end"
    flock "$lock"
  fi
}

# configure FOLDER COMPILER MESON_ARGUMENT…
configure() {
  local folder=build/$1 compiler=$2 again=()
  [[ -f $folder/build.ninja ]] && again=(--reconfigure)
  CXX=$compiler meson setup "$folder" "${again[@]}" "${@:3}"
}

build() { # FOLDER TARGET…
  meson compile -C "build/$1" --ninja-args=-k,0 "${@:2}"
}

run_tests() { # FOLDER TEST|--suite=SUITE…
  meson test -C "build/$1" --no-rebuild --print-errorlogs "${@:2}"
}

# make_programs NAME COMPILER "TARGET…" MESON_ARGUMENT…
make_programs() {
  local targets
  read -ra targets <<<"$3"
  configure "$1" "$2" "${@:4}" && build "$1" "${targets[@]}"
}

# One configuration: NAME COMPILER "SUITE…" "TARGET…" MESON_ARGUMENT…; no targets means all of them.
# What it comes to is read from its log afterwards. No log means that it was not built, for the reason in its complaints.
check() {
  local name=$1 suites complaints=build/$1/complaints begin=$SECONDS
  local programs=("$1" "$2" "$4" "${@:5}")
  read -ra suites <<<"$3"
  say "$name: $3"
  rm -f "build/$name/"{meson-logs/testlog.json,not-here,build-seconds,complaints}
  # Where something failed, once more: what fails again is noted, without all that did not.
  if make_programs "${programs[@]}" || { mkdir -p "build/$name" && make_programs "${programs[@]}" 2>&1 | tee "$complaints"; }; then
    echo $((SECONDS - begin)) >"build/$name/build-seconds"
    run_tests "$name" "${suites[@]/#/--suite=}" 2> >(tee "$complaints" >&2) || true
  fi
}

# One configuration for another machine, if what it needs is here: NAME "COMPILER COMMAND…" "SUITE…" "TARGET…". What is
# missing is the reason why it is skipped.
check_cross() {
  local name=$1 compiler=${2%% *} needed
  for needed in $2; do
    is_there "$needed" && continue
    say "$name: skipped, there is no $needed"
    mkdir -p "build/$name"
    echo "there is no $needed" >"build/$name/not-here"
    return
  done
  check "$name" "$compiler" "$3" "$4" --cross-file=test/lab/cross/{linux,"$name"}.ini
}

# Adds the configurations up; the last line is the total, and the status says whether anything failed.
summary() { python3 test/tools/summary.py "${@/#/build/}"; }

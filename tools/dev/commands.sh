# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# The commands of ./dev, each a function.

quick_tests() {
  need building quick_tests
  check gcc g++ "quick lint" quick_programs
  summary gcc
}

long_tests() {
  need building quick_tests all_tests
  need_if_possible bare_systems
  local systems=test/random_operations/systems/random_operations_on
  local programs="test/unit/pools/every_pool test/fuzz/fuzz_groups test/random_operations/random_operations ${systems}_macos ${systems}_windows ${systems}_qnx"
  check gcc g++ long "test/unit/unit $programs"
  check clang clang++-19 long "test/unit/unit test/fuzz/fuzz_detect $programs"
  summary gcc clang
}

all_tests() {
  need building quick_tests all_tests benchmarks
  need_if_possible other_machines
  need_if_possible bare_systems
  need_if_possible windows
  need_if_possible docs
  need_if_possible pages
  local instrumented=(-Ddebug=false -Db_lundef=false)
  check gcc g++ "unit models fault compile_fail codegen lint tidy consumer docs report examples boards windows network lab bare" ""
  # What Clang compiles with its sanitizers it need not compile once more without.
  check clang clang++-19 "models fuzz debugging compile_fail codegen examples" unsanitized_programs
  check asan clang++-19 "unit fault" "unit_programs fault" "${instrumented[@]}" -Db_sanitize=address,undefined \
    -Dcpp_args='-gline-tables-only -fno-sanitize-recover=all'
  check tsan clang++-19 threads thread_programs "${instrumented[@]}" -Db_sanitize=thread -Dcpp_args=-gline-tables-only
  # Catch2 3 is a library for this machine's processor; version 2 is nothing but headers.
  local catch2=/usr/include/catch2/catch.hpp
  local on_arm64="test/mte/mte test/unit/jit/jit"
  check_cross arm64-gcc "aarch64-linux-gnu-g++ qemu-aarch64 $catch2" "mte jit" "$on_arm64"
  check_cross arm64-clang "clang++-19 aarch64-linux-gnu-g++ qemu-aarch64 $catch2" "mte jit" "$on_arm64"
  check bench g++ benchmark "" "${benchmark_build[@]}"
  summary gcc clang asan tsan arm64-gcc arm64-clang bench
}

fuzz() {
  need building fuzzing
  configure clang clang++-19
  build clang test/fuzz/fuzz_detect test/fuzz/fuzz_groups
  run_tests clang --suite=long fuzz_detect_long fuzz_groups_long
}

# Only the library's headers count. A child process of a case that ends without its exit handlers is not counted. What
# counts lines makes calls of its own, which some cases forbid: whether tests hold is the question of other commands.
coverage() {
  need building coverage
  configure coverage g++ -Db_coverage=true -Ddoctor=false
  build coverage unit_programs
  run_tests coverage --suite=unit || say "not every test holds while lines are counted"
  mkdir -p build/coverage/report
  gcovr --root . --object-directory build/coverage --filter '(include|policies|backends)/' --gcov-ignore-parse-errors \
    --print-summary --html-details build/coverage/report/index.html
  say "line by line: build/coverage/report/index.html"
}

build_all() {
  need building quick_tests
  configure gcc g++
  build gcc
}

# run|debug NAME ARGUMENT...
one_test() {
  need building one_test
  [[ $1 == run ]] || need debugging
  configure gcc g++ >/dev/null
  python3 test/tools/run_one.py "$1" build/gcc "${@:2}"
}

lint() {
  need building quick_tests
  rm -f build/gcc/meson-logs/testlog.json
  configure gcc g++
  run_tests gcc --suite=lint --suite=tidy || true
  summary gcc
}

docs() {
  need docs
  python3 tools/reference/build.py . build/docs
}

format() {
  need formatting
  python3 test/lint/spdx.py --fix .
  python3 test/lint/format.py --fix .
  python3 tools/one_file/module_interface.py
}

# Paths are those of the folder that ./dev is called from.
single_header() {
  local tree=$PWD
  need single_header >&2
  # shellcheck disable=SC2154 # ./dev notes it
  (cd "$called_from" && python3 "$tree/tools/one_file/single_header.py" "$@")
}

readonly benchmark_build=(--buildtype=release -Dtests=false -Ddoctor=false -Dbenchmarks=true)

bench() {
  need building benchmarks
  need_if_possible tag_benchmarks
  need_peers
  configure bench g++ "${benchmark_build[@]}"
  build bench
  # jemalloc is loaded, and has more thread-local storage than the dynamic linker keeps free for that.
  export GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384
  if [[ ${1-} == --record ]]; then
    build/bench/benchmarks/quire-bench "${@:2}" --json build/bench/recorded.json
    python3 benchmarks/page/recorded.py . --record build/bench/recorded.json
  else
    build/bench/benchmarks/quire-bench "$@"
  fi
}

lab() {
  need building
  need_if_possible lab
  python3 test/lab/run.py "$@"
}

# All that .gitignore names; the lock is in use.
clean() {
  find build/ -mindepth 1 -maxdepth 1 ! -name .lock -exec rm -rf {} +
  rm -rf packaging/conan/test_package/build
  find . -path ./build -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
}

# The same commit makes the same bytes, with the same Git and gzip, whatever their user has set: the ends of lines, and
# attributes of files, would change what Git writes.
release() {
  need release
  [[ -e .git ]] || die "A release is made from a clone: there is no .git here."
  [[ -z $(git status --porcelain) ]] || die "This is not committed, and a release is:" "$(git status --short)"
  python3 test/lint/version.py .
  local name archive
  name=quire-$(sed -n "s/^  version: '\(.*\)',$/\1/p" meson.build)
  archive=build/release/$name.tar.gz
  mkdir -p build/release
  git -c tar.umask=0022 -c core.autocrlf=false -c core.eol=lf -c core.attributesFile=/dev/null \
    archive --format=tar --prefix="$name/" HEAD | env -u GZIP gzip -9n >"$archive.partial"
  mv "$archive.partial" "$archive"
  (cd build/release && sha256sum "$name.tar.gz" | tee "$name.tar.gz.sha256")
}

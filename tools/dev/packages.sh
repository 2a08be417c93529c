# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# The packages that ./dev needs, and their installation.

# A package of Debian 12 and 13; what shows that it, or its like on another system, is there: a command, or a file; and
# what it is, for those who install it elsewhere.
declare -A shown_by described
while read -r package place words; do
  shown_by[$package]=$place
  described[$package]=$words
done <<'END'
g++                           g++                          GCC 12 or later
meson                         meson                        Meson 1.0.1 or later
ninja-build                   ninja                        Ninja
pkg-config                    pkg-config                   pkg-config
python3                       python3                      Python 3.11 or later
libboost-dev                  /usr/include/boost/config.hpp  headers of Boost 1.74 or later
libboost-context-dev          /usr/lib/*/libboost_context.so  Boost.Context 1.74 or later
libnuma-dev                   /usr/include/numa.h          libnuma 2 with its header
wabt                          /usr/include/wasm-rt.h       wabt 1.0.32 or later with wasm2c's run-time library
catch2                        /usr/include/catch2/catch*.hpp  Catch2 2.13, or 3
clang-format-19               clang-format-19              clang-format 19, by this name
clang-tidy-19                 clang-tidy-19                clang-tidy 19, by this name
shellcheck                    shellcheck                   shellcheck
clang-19                      clang++-19                   Clang 19, by this name
libc++-19-dev                 /usr/lib/llvm-19/include/c++/v1/expected  libc++ 19
libclang-rt-19-dev            /usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.tsan-*.a  the sanitizers of Clang 19
binutils                      objdump                      GNU binutils
cmake                         cmake                        CMake 3.20 or later
python3-pip                   pip3                         pip
mmdebstrap                    mmdebstrap                   mmdebstrap
numactl                       numactl                      numactl
procps                        free                         procps
valgrind                      valgrind                     Valgrind with its headers
libbenchmark-dev              /usr/include/benchmark/benchmark.h  Google Benchmark 1.7 or later
libmimalloc-dev               /usr/lib/*/libmimalloc.so    mimalloc 2 or later
libjemalloc2                  /usr/lib/*/libjemalloc.so.2  jemalloc 5
libmemkind0                   /usr/lib/*/libmemkind.so.0   memkind 1
libfoonathan-memory-dev       /usr/lib/*/libfoonathan_memory.so  foonathan/memory 0.7 with its headers
libhwloc15                    /usr/lib/*/libhwloc.so.15    hwloc 2, which the Unified Memory Framework needs
clang                         clang                        any Clang that compiles for WebAssembly
lld                           wasm-ld                      LLD, of the same version as clang
wasi-libc                     /usr/lib/wasm32-wasi/libc.a  wasi-libc
libclang-rt-dev-wasm32        /usr/lib/llvm-*/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a  compiler-rt of clang for wasm32
libstb-dev                    /usr/include/stb/stb_image.h  stb's headers
fonts-dejavu-core             /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf  the font DejaVu Sans
qemu-user                     qemu-aarch64                 QEMU 7.2 or later, emulation of programs
qemu-system-arm               qemu-system-arm              QEMU 7.2 or later, emulation of ARM boards
g++-aarch64-linux-gnu         aarch64-linux-gnu-g++        GCC 12 or later for arm64
g++-i686-linux-gnu            i686-linux-gnu-g++           GCC 12 or later for i686
g++-powerpc64le-linux-gnu     powerpc64le-linux-gnu-g++    GCC 12 or later for ppc64le
g++-riscv64-linux-gnu         riscv64-linux-gnu-g++        GCC 12 or later for riscv64
g++-sparc64-linux-gnu         sparc64-linux-gnu-g++        GCC 12 or later for sparc64
gcc-arm-none-eabi             arm-none-eabi-g++            GCC 12 or later for ARM without a system
libstdc++-arm-none-eabi-dev   /usr/include/newlib/c++      headers of libstdc++ for ARM without a system
libnewlib-dev                 /usr/include/newlib/stdlib.h  headers of newlib
g++-mingw-w64-x86-64-posix    x86_64-w64-mingw32-g++-posix  MinGW-w64 GCC 12 or later with POSIX threads
wine64                        /usr/lib/wine/wine64         Wine 8 or later for 64-bit programs
wine                          wine                         Wine's commands
gdb                           gdb                          GDB
gcovr                         gcovr                        gcovr 5.2 or later
python3-clang-19              /usr/lib/python3/dist-packages/clang/cindex.py  Clang 19's bindings for Python
python3-markdown              /usr/lib/python3/dist-packages/markdown/__init__.py  Markdown for Python
python3-pygments              /usr/lib/python3/dist-packages/pygments/__init__.py  Pygments
python3-yaml                  /usr/lib/python3*/dist-packages/yaml/__init__.py  PyYAML 6 for Python
git                           git                          Git
chromium                      chromium                     Chromium, by this name
END
readonly shown_by described

# The packages of each task.
declare -A packages_for=(
  [building]="g++ meson ninja-build pkg-config python3 libboost-dev libnuma-dev wabt"
  [quick_tests]="catch2 clang-format-19 clang-tidy-19 shellcheck python3-yaml"
  [all_tests]="clang-19 libc++-19-dev libclang-rt-19-dev binutils cmake git libboost-context-dev python3-pip numactl procps gdb
    valgrind"
  [one_test]="catch2"
  [debugging]="gdb"
  [formatting]="python3 clang-format-19"
  [single_header]="python3"
  [fuzzing]="catch2 clang-19 libclang-rt-19-dev"
  [coverage]="catch2 gcovr"
  [docs]="python3 g++ libboost-dev wabt python3-clang-19 python3-markdown python3-pygments"
  [pages]="chromium"
  [release]="git python3"
  [other_machines]="g++-aarch64-linux-gnu g++-i686-linux-gnu qemu-user gcc-arm-none-eabi libstdc++-arm-none-eabi-dev
    libnewlib-dev qemu-system-arm"
  [bare_systems]="mmdebstrap"
  [windows]="g++-mingw-w64-x86-64-posix wine64 wine"
  [benchmarks]="clang-19 libbenchmark-dev clang lld wasi-libc libclang-rt-dev-wasm32 libstb-dev fonts-dejavu-core
    python3-pip"
  [mimalloc]="libmimalloc-dev"
  [jemalloc]="libjemalloc2"
  [memkind]="libmemkind0"
  [foonathan_memory]="libfoonathan-memory-dev"
  [umf]="libhwloc15"
  [tag_benchmarks]="g++-aarch64-linux-gnu qemu-user"
  [lab]="catch2 g++-aarch64-linux-gnu g++-powerpc64le-linux-gnu g++-sparc64-linux-gnu g++-riscv64-linux-gnu
    g++-i686-linux-gnu qemu-user"
)
readonly packages_for
# What the benchmarks compare with: where one cannot be had, that is no reason to do without the others.
readonly peers=(mimalloc jemalloc memkind foonathan_memory umf)

# Whether this is a Debian whose packages bear the names of the table.
is_served() (
  # shellcheck source=/dev/null
  . /etc/os-release 2>/dev/null && [[ ${ID-} == debian && ${VERSION_ID-} =~ ^1[23]$ ]]
)

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

is_there() {
  case $1 in
    /*) compgen -G "$1" >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# Waits for another installation to end, and removes nothing that is installed.
install_packages() {
  say "installing what is missing: $*"
  as_root apt-get update -q || die "apt-get update failed, for the reason above. Not installed: $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends --no-remove \
    -o DPkg::Lock::Timeout=600 "$@" || die "apt-get install failed, for the reason above. Not installed: $*"
}

# missing_for TASK...
missing_for() {
  local task package
  for task in "$@"; do
    for package in ${packages_for[$task]}; do
      is_there "${shown_by[$package]}" || printf '%s\n' "$package"
    done
  done | sort -u
}

# Says what is missing on a system where packages have other names and places. The build finds what is really there, or
# stops with a sentence.
list_missing() {
  local package
  say "this is neither Debian 12 nor Debian 13, so nothing is installed; not found:"
  for package in "$@"; do
    printf '   %-30s %s\n' "$package" "${described[$package]}"
  done
  printf '   (on the left, the names of Debian'"'"'s packages)\n'
  for package in "$@"; do
    [[ $package =~ ^(g\+\+|meson|ninja-build|python3)$ ]] && die "Nothing can be built without ${described[$package]}."
  done
  return 0
}

# need TASK...
# Installs the packages of these tasks that are missing.
need() {
  local missing
  mapfile -t missing < <(missing_for "$@")
  [[ ${#missing[@]} -eq 0 ]] && return

  if ! is_served; then
    list_missing "${missing[@]}"
    return
  fi
  [[ $EUID -eq 0 ]] || command -v sudo >/dev/null || die "Missing: ${missing[*]}" \
    "Run this as root, or install sudo, or let root run: apt-get install --no-install-recommends ${missing[*]}"
  install_packages "${missing[@]}"
}

# The like for what some tests need, which are skipped without it.
need_if_possible() {
  (need "$@") || say "what needs these packages is skipped"
}

need_peers() {
  local peer
  for peer in "${peers[@]}"; do
    need_if_possible "$peer"
  done
}

# setup [--yes]
# Installs what any command needs, after a question. Some packages exist for some processors only.
setup() {
  local missing task answer
  mapfile -t missing < <(missing_for "${!packages_for[@]}")
  if [[ ${#missing[@]} -eq 0 ]]; then
    say "the packages of all commands are installed"
    return
  fi
  if is_served && [[ ${1-} != --yes ]]; then
    [[ -t 0 && -t 2 ]] ||
      die "Missing: ${missing[*]}" "There is no terminal to ask at: ./dev setup --yes installs them."
    read -rp "Install ${#missing[@]} packages (${missing[*]})? [y/N] " answer
    [[ $answer == [yY]* ]] || die "Not installed: ${missing[*]}"
  fi
  need building quick_tests all_tests one_test debugging formatting fuzzing coverage release benchmarks
  for task in docs pages other_machines bare_systems windows tag_benchmarks lab; do
    need_if_possible "$task"
  done
  need_peers
}

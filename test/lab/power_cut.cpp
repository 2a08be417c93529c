// SPDX-License-Identifier: BSL-1.0
// A program that grows and flushes a file on the disk of a guest until the guest loses its power, and checks after the
// next start that what it has told of as flushed is there. A file that is full is followed by a new one.
//
// usage: power_cut FILE HONEST|LYING SIZE TURN   the size and the turn that the last run has told of; 0 0 at first
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <sys/mount.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <quire/file_memory.hpp>

namespace {

/// A flush that tells of what it has not done: the check must notice that.
struct lying_kernel : quire::calls::linux_kernel {
  static int sync_mapping(void*, std::size_t) noexcept { return 0; }
};
using lying_allocator = quire::linux_allocator::with_backing<quire::backing::linux_mmap<lying_kernel>>;

constexpr std::size_t page = quire::pages::unit;

[[noreturn]] void stop(const char* what) {
  std::printf("wrong: %s\n", what);
  std::exit(1);
}

/// Each word of a page tells where it lies; the first of all is the turn.
std::uint64_t word_at(std::uint64_t index) { return (index + 1) * 0x9e3779b97f4a7c15U; }

void write_page(std::byte* base, std::uint64_t number) {
  for (std::uint64_t i = number * page / 8; i < (number + 1) * page / 8; ++i) {
    const std::uint64_t word = word_at(i);
    if (i != 0) std::memcpy(base + 8 * i, &word, 8);
  }
}
bool is_written(const std::byte* base, std::uint64_t number) {
  for (std::uint64_t i = number * page / 8; i < (number + 1) * page / 8; ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, base + 8 * i, 8);
    if (i != 0 && word != word_at(i)) return false;
  }
  return true;
}
std::uint64_t turn_in(const std::byte* base) {
  std::uint64_t turn = 0;
  std::memcpy(&turn, base, 8);
  return turn;
}

/// False if there is no file, or one without a header yet, as may be while nothing was told of it.
template <class File>
bool open_and_check(File& file, const char* path, std::uint64_t size, std::uint64_t turn) {
  using quire::errc;
  const auto opened = file.open(path);
  if (!opened && size == 0 && (opened.error().code == errc::not_allocated || opened.error().code == errc::damaged))
    return false;
  if (!opened) stop(opened.error().message());
  std::printf("opened %zu recovered %d after %llu\n", opened->size, opened->recovered,
              static_cast<unsigned long long>(size));
  if (!opened->recovered) stop("the file does not know that the machine has stopped");
  if (opened->size < size) stop("a size that was flushed is lost");
  for (std::uint64_t i = 0; i < opened->size / page; ++i)
    if (!is_written(file.data(), i)) stop("contents that were flushed are lost");
  if (opened->size != 0 && turn_in(file.data()) < turn) stop("a word that was flushed is lost");
  return true;
}

template <class File>
void make_anew(File& file, const char* path) {
  if (!file.close()) stop("it cannot be closed");
  std::puts("anew");
  (void)::tcdrain(STDOUT_FILENO);  // before the old file goes
  (void)File::remove(path);
  if (const auto made = file.create({.path = path, .maximum = quire::pages{256}}); !made) stop(made.error().message());
}

template <class File>
int run(const char* path, std::uint64_t size, std::uint64_t turn) {
  File file;
  if (!open_and_check(file, path, size, turn))
    make_anew(file, path);
  else if (file.size() != 0)
    turn = std::max(turn, turn_in(file.data()));
  for (;;) {
    ++turn;
    const std::uint64_t more = 1 + turn % 3;
    auto grown = file.grow(quire::pages{more});
    if (!grown && grown.error().code == quire::errc::limit_exceeded) {
      make_anew(file, path);
      grown = file.grow(quire::pages{more});
    }
    if (!grown) stop(grown.error().message());
    for (std::uint64_t i = 0; i < more; ++i) write_page(file.data(), grown->n + i);
    std::memcpy(file.data(), &turn, 8);
    if (turn % 2 == 0) continue;
    const auto flushed = file.flush();
    if (!flushed) stop(flushed.error().message());
    std::printf("flushed %zu %llu\n", *flushed, static_cast<unsigned long long>(turn));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  ::mkdir("/disk", 0700);
  if (::mount("/dev/vda", "/disk", "ext4", 0, nullptr) != 0) stop("the disk cannot be mounted");
  const std::uint64_t size = std::strtoull(argv[3], nullptr, 10), turn = std::strtoull(argv[4], nullptr, 10);
  return std::string_view(argv[2]) == "LYING" ? run<quire::file_memory<lying_allocator>>(argv[1], size, turn)
                                              : run<quire::file_memory<>>(argv[1], size, turn);
}

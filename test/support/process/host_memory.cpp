// SPDX-License-Identifier: BSL-1.0
#include "support/process/host_memory.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

namespace quire::test {
namespace {

constexpr int reservation = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

void insist(bool done, const char* what) noexcept {
  if (done) return;
  std::perror(what);
  std::abort();
}

}  // namespace

std::byte* host_memory::reserve(std::size_t bytes, std::size_t alignment) noexcept {
  void* const p = ::mmap(nullptr, bytes + alignment, PROT_NONE, reservation, -1, 0);
  if (p == MAP_FAILED) return nullptr;
  auto* const begin = static_cast<std::byte*>(p);
  const std::size_t low = (alignment - reinterpret_cast<std::uintptr_t>(p) % alignment) % alignment;
  if (low != 0) release(begin, low);
  release(begin + low + bytes, alignment - low);
  return begin + low;
}

bool host_memory::reserve_at(std::byte* where, std::size_t bytes) noexcept {
  void* const p = ::mmap(where, bytes, PROT_NONE, reservation | MAP_FIXED_NOREPLACE, -1, 0);
  if (p == where) return true;
  if (p != MAP_FAILED) release(static_cast<std::byte*>(p), bytes);
  return false;
}

void host_memory::release(std::byte* p, std::size_t bytes) noexcept { insist(::munmap(p, bytes) == 0, "munmap"); }

void host_memory::protect(std::byte* p, std::size_t bytes, int protection) noexcept {
  insist(::mprotect(p, bytes, protection) == 0, "mprotect");
}

void host_memory::forget(std::byte* p, std::size_t bytes) noexcept {
  insist(::mmap(p, bytes, PROT_NONE, reservation | MAP_FIXED, -1, 0) == p, "mmap");
}

void host_memory::share(std::byte* p, std::size_t bytes, int file, long offset, int protection) noexcept {
  insist(::mmap(p, bytes, protection, MAP_SHARED | MAP_FIXED, file, offset) == p, "mmap");
}

void host_memory::copy_on_write(std::byte* p, std::size_t bytes, int file, long offset, int protection) noexcept {
  insist(::mmap(p, bytes, protection, MAP_PRIVATE | MAP_FIXED, file, offset) == p, "mmap");
}

void host_memory::populate_and_lock(std::byte* p, std::size_t bytes) noexcept {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  for (std::size_t i = 0; i < bytes; i += page) (void)*static_cast<volatile const std::byte*>(p + i);
}

bool host_memory::is_resident(const std::byte* p) noexcept {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  auto* const begin = const_cast<std::byte*>(p) - reinterpret_cast<std::uintptr_t>(p) % page;
  unsigned char there = 0;
  return ::mincore(begin, page, &there) == 0 && (there & 1) != 0;
}

}  // namespace quire::test

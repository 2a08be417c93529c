// SPDX-License-Identifier: BSL-1.0
// One operation of a tagged memory, by Quire or by hand, for instructions.py to count.
//
// usage: tags quire|by_hand|two_passes grow|allocate|reset PAGES
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <quire/mte_thread_scope.hpp>
#include <quire/platform/linux_arm64_mte.hpp>

#include "../memories.hpp"

namespace bench {
namespace {

constexpr std::size_t capacity = 96;  // pages: constant, whatever part of it is used, so that all other costs are equal

using by_quire = quire_memory<quire::linux_arm64_mte_allocator>;

/// The code that an expert writes: the same calls and checks, and loops over the widest instruction.
class tagged_by_hand {
  static constexpr int tagged = 0x20;  // PROT_MTE

 public:
  explicit tagged_by_hand(bool in_two_passes) : in_two_passes_(in_two_passes) {}

  void open(std::size_t count, std::size_t) {
    if ((getauxval(AT_HWCAP2) >> 18 & 1) == 0) stop("HWCAP2_MTE");
    const int word = prctl(PR_GET_TAGGED_ADDR_CTRL, 0UL, 0UL, 0UL, 0UL);
    if (word < 0 || (word & 3) != 3) stop("PR_GET_TAGGED_ADDR_CTRL");
    void* const p = mmap(nullptr, whole, PROT_NONE | tagged, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) stop("mmap");
    base_ = static_cast<std::byte*>(p) + before;
    asm volatile("irg %0, %0, %1" : "+r"(base_) : "r"(~(static_cast<std::uint64_t>(word) >> 3)));
    grow(count);
  }
  void close() {
    if (munmap(untagged(base_) - before, whole) != 0) stop("munmap");
  }
  void grow(std::size_t count) {
    const std::size_t bytes = count * wasm_page;
    std::byte* const p = base_ + size_;
    if (mprotect(untagged(p), bytes, PROT_READ | PROT_WRITE | tagged) != 0) stop("mprotect");
    for (std::size_t done = 0; done < bytes; done += 2_MiB)
      if (madvise(untagged(p) + done, std::min(2_MiB, bytes - done), MADV_POPULATE_WRITE) != 0) stop("madvise");
    tag(p, bytes);
    size_ += bytes;
  }
  void reset() {
    if (mprotect(untagged(base_), size_, PROT_READ | PROT_WRITE | tagged) != 0) stop("mprotect");
    if (in_two_passes_) {
      // Unchecked, and through an untagged pointer: QEMU 7.2 cannot execute memset's DC ZVA through a tagged one.
      asm volatile("msr tco, #1" : : : "memory");
      std::memset(untagged(base_), 0, size_);
      asm volatile("msr tco, #0" : : : "memory");
      tag(base_, size_);
      return;
    }
    const std::size_t block = cache_block();
    for (std::byte *p = base_, *end = p + size_; p != end; p += block)
      asm volatile("dc gzva, %0" : : "r"(p) : "memory");
    expect_tag(base_ + size_);
  }

 private:
  static constexpr std::size_t before = 64_KiB, whole = quire::align_up(capacity * wasm_page + 2 * before, 2_MiB);

  static std::byte* untagged(std::byte* p) {
    return reinterpret_cast<std::byte*>(reinterpret_cast<std::uintptr_t>(p) << 8 >> 8);
  }
  static std::size_t cache_block() {
    std::uint64_t id;
    asm("mrs %0, dczid_el0" : "=r"(id));
    if ((id & 16) != 0) stop("DC GVA");
    return std::size_t{4} << (id & 15);
  }
  static void expect_tag(std::byte* end) {
    std::byte* p = end - 16;
    asm volatile("ldg %0, [%0]" : "+r"(p) : : "memory");
    if (p != end - 16) stop("PROT_MTE");
  }
  static void tag(std::byte* from, std::size_t bytes) {
    const std::size_t block = cache_block();
    for (std::byte *p = from, *end = p + bytes; p != end; p += block) asm volatile("dc gva, %0" : : "r"(p) : "memory");
    expect_tag(from + bytes);
  }

  bool in_two_passes_;
  std::byte* base_ = nullptr;
  std::size_t size_ = 0;
};

void live(auto memory, std::string_view operation, std::size_t count) {
  memory.open(operation == "grow" ? 1 : count, capacity);
  if (operation == "grow") memory.grow(count);
  if (operation == "reset") memory.reset();
  memory.close();
}

}  // namespace
}  // namespace bench

int main(int, char** arguments) {
  const std::string_view who = arguments[1], operation = arguments[2];
  const auto count = static_cast<std::size_t>(std::atoi(arguments[3]));
  const quire::tagging::mte_thread_scope checking;
  if (!checking) bench::stop("checks of tags");
  if (who == "quire")
    bench::live(bench::by_quire{}, operation, count);
  else
    bench::live(bench::tagged_by_hand{who == "two_passes"}, operation, count);
}

#include "support/machine.hpp"

#include <cstddef>
#include <fstream>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace quire::test {
namespace {

constexpr std::size_t huge = std::size_t{2} << 20;

/// Memory for a try.
class trial {
 public:
  explicit trial(std::size_t bytes)
      : bytes_(bytes), p_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {}
  trial(const trial&) = delete;
  trial& operator=(const trial&) = delete;
  ~trial() { ::munmap(p_, bytes_); }
  [[nodiscard]] void* get() const { return p_; }

 private:
  std::size_t bytes_;
  void* p_;
};

bool binds(int mode) {
  const trial page{4096};
  const unsigned long node_0 = 1;
  return ::syscall(SYS_mbind, page.get(), 4096UL, mode, &node_0, 65UL, 0) == 0;
}

std::string content_of(const char* path) {
  std::ifstream file{path};
  std::string text;
  std::getline(file, text);
  return text;
}

}  // namespace

const char* no_numa_calls() {
  constexpr int mpol_bind = 2;
  return binds(mpol_bind) ? nullptr : "this kernel, or a filter of its calls, refuses mbind";
}

const char* no_weighted_interleave() {
  constexpr int mpol_weighted_interleave = 6;
  if (const char* const why = no_numa_calls()) return why;
  return binds(mpol_weighted_interleave) ? nullptr : "this kernel has no weighted interleave (Linux 6.9 has)";
}

const char* no_mapping_names() {
  const trial page{4096};
  constexpr int set_vma = 0x53564d41;
  return ::prctl(set_vma, 0UL, page.get(), 4096UL, "quire") == 0 ? nullptr
                                                                 : "this kernel is built without names for mappings";
}

const char* no_locking() {
  const trial pages{16 * huge};
  return ::mlock(pages.get(), 16 * huge) == 0 ? nullptr : "RLIMIT_MEMLOCK does not allow to lock 32 MiB";
}

const char* no_huge_pool() {
  const std::string free = content_of("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
  return !free.empty() && std::stoul(free) >= 16 ? nullptr
                                                 : "there is no pool of huge pages with 16 free pages of 2 MiB";
}

const char* no_huge_pages() {
  const std::string enabled = content_of("/sys/kernel/mm/transparent_hugepage/enabled");
  const bool on = enabled.find("[madvise]") != std::string::npos || enabled.find("[always]") != std::string::npos;
  return on ? nullptr : "transparent huge pages are switched off";
}

const char* no_collapse() {
  const trial pages{2 * huge};
  constexpr int madv_collapse = 25;
  auto* const block =
      reinterpret_cast<std::byte*>((reinterpret_cast<std::size_t>(pages.get()) + huge - 1) & ~(huge - 1));
  *block = std::byte{1};
  return ::madvise(block, huge, madv_collapse) == 0 ? nullptr : "this kernel cannot collapse pages (Linux 6.1 can)";
}

const char* no_guard_markers() {
  const trial page{4096};
  constexpr int madv_guard_install = 102;
  return ::madvise(page.get(), 4096, madv_guard_install) == 0 ? nullptr
                                                              : "this kernel has no guard markers (Linux 6.13 has)";
}

const char* no_sealing() {
  constexpr long mseal = 462;
  const bool seals_nothing = ::syscall(mseal, nullptr, 0UL, 0UL) == 0;  // what it seals stays until the process ends
  return seals_nothing ? nullptr : "this kernel cannot seal mappings (Linux 6.10 can, on 64 bits)";
}

}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
#include "support/process/machine.hpp"

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/process/process_maps.hpp"

namespace quire::test {
namespace {

constexpr std::size_t huge = std::size_t{2} << 20;
constexpr int madv_populate_write = 23;
const std::size_t page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));

/// Memory for an experiment: one page by default.
class trial {
 public:
  explicit trial(std::size_t bytes = page_bytes, int protection = PROT_READ | PROT_WRITE)
      : bytes_(bytes), p_(::mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {}
  trial(const trial&) = delete;
  trial& operator=(const trial&) = delete;
  ~trial() { ::munmap(p_, bytes_); }
  [[nodiscard]] void* get() const { return p_; }
  [[nodiscard]] std::byte* first() const { return static_cast<std::byte*>(p_); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  bool advise(int advice) const { return ::madvise(p_, bytes_, advice) == 0; }

 private:
  std::size_t bytes_;
  void* p_;
};

bool binds(int mode) {
  const trial page;
  const unsigned long node_0 = 1;
  return ::syscall(SYS_mbind, page.get(), page.bytes(), mode, &node_0, 65UL, 0) == 0;
}

/// Whether the advice shows among the two-letter flags of a mapping.
bool keeps(int advice, const char* flag) {
  const trial page;
  return page.advise(advice) && mapping_at(page.get()).has_flag(flag);
}

/// Returns the place of one huge page in memory for two.
std::byte* block_in(const trial& two) {
  return two.first() + (huge - reinterpret_cast<std::size_t>(two.get()) % huge) % huge;
}
bool is_huge(const std::byte* block) { return mapping_at(block).anonymous_huge >= huge; }

bool writes_from(const std::byte* p) {
  int ends[2];
  if (::pipe(ends) != 0) return false;
  const bool read_it = ::write(ends[1], p, 1) == 1;
  ::close(ends[0]);
  ::close(ends[1]);
  return read_it;
}

std::string content_of(const char* path) {
  std::ifstream file{path};
  std::string text;
  std::getline(file, text);
  return text;
}

std::size_t resident_bytes_of_process() {
  std::ifstream file{"/proc/self/statm"};
  std::size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * page_bytes;
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
  const trial page;
  constexpr int set_vma = 0x53564d41;
  return ::prctl(set_vma, 0UL, page.get(), page.bytes(), "quire") == 0
             ? nullptr
             : "this kernel is built without names for mappings";
}

const char* no_locking() {
  const trial pages{16 * huge};
  constexpr int madv_dontneed_locked = 24;
  if (::mlock(pages.get(), pages.bytes()) != 0) return "RLIMIT_MEMLOCK does not allow to lock 32 MiB";
  *pages.first() = std::byte{1};
  const bool kept = pages.advise(madv_dontneed_locked) && *pages.first() == std::byte{1};
  return kept ? "this kernel says that it discards locked pages, and keeps them" : nullptr;
}

const char* no_huge_mappings() {
  void* const p =
      ::mmap(nullptr, huge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_HUGETLB | 21 << 26, -1, 0);
  const bool maps = p != MAP_FAILED || errno == ENOMEM;
  if (p != MAP_FAILED) ::munmap(p, huge);
  if (!maps) return "this kernel maps no huge pages of 2 MiB";
  return no_populate_advice() == nullptr ? nullptr : "a pool needs MADV_POPULATE, of Linux 5.14";
}

const char* no_huge_pool() {
  if (const char* const why = no_huge_mappings()) return why;
  const std::string free = content_of("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
  return !free.empty() && std::stoul(free) >= 16 ? nullptr
                                                 : "there is no pool of huge pages with 16 free pages of 2 MiB";
}

const char* no_huge_pages() {
  const trial pages{2 * huge};
  std::byte* const block = block_in(pages);
  const bool advised = pages.advise(MADV_HUGEPAGE);
  *block = std::byte{1};
  return advised && is_huge(block) ? nullptr : "this kernel gives no transparent huge pages of 2 MiB";
}

bool has_other_huge_pages() {
  const std::string bytes = content_of("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
  return !bytes.empty() && bytes != std::to_string(huge);
}

const char* no_huge_advice() {
  return keeps(MADV_HUGEPAGE, "hg") && keeps(MADV_NOHUGEPAGE, "nh") ? nullptr
                                                                    : "this kernel keeps no advice on huge pages";
}

const char* no_collapse() {
  const trial pages{2 * huge};
  constexpr int madv_collapse = 25;
  std::byte* const block = block_in(pages);
  *block = std::byte{1};
  const bool collapsed = ::madvise(block, huge, madv_collapse) == 0;
  return collapsed && is_huge(block) ? nullptr : "this kernel cannot collapse pages (Linux 6.1 can)";
}

const char* no_dump_advice() { return keeps(MADV_DONTDUMP, "dd") ? nullptr : "this kernel keeps no advice on dumps"; }

const char* no_fork_advice() { return keeps(MADV_DONTFORK, "dc") ? nullptr : "this kernel keeps no advice on forks"; }

const char* no_populate_advice() {
  return trial{}.advise(madv_populate_write) ? nullptr : "this kernel populates no pages on advice (Linux 5.14 does)";
}

const char* no_populating() {
  const trial page;
  const bool lies = page.advise(madv_populate_write) && resident_bytes(page.get(), page.bytes()) == 0;
  return lies ? "this kernel says that it populates pages, and does not" : nullptr;
}

const char* no_shown_execution() {
  const trial page;
  ::mprotect(page.get(), page.bytes(), PROT_READ | PROT_EXEC);
  return mapping_at(page.get()).permissions == "r-xp" ? nullptr : "this kernel does not show what may be executed";
}

const char* no_free_address_space() {
  constexpr std::size_t much = std::size_t{1} << 30, little = std::size_t{4} << 20;
  const std::size_t before = resident_bytes_of_process();
  const trial reserved{much, PROT_NONE};
  return resident_bytes_of_process() < before + little ? nullptr
                                                       : "an emulator keeps books of each page that is reserved";
}

const char* no_guard_markers() {
  const trial page;
  constexpr int madv_guard_install = 102;
  const bool marked = page.advise(madv_guard_install) && !writes_from(page.first());
  return marked ? nullptr : "this kernel has no guard markers (Linux 6.13 has)";
}

const char* no_sealing() {
  constexpr long mseal = 462;
  const bool seals_nothing = ::syscall(mseal, nullptr, 0UL, 0UL) == 0;  // sealed mappings stay until the process ends
  return seals_nothing ? nullptr : "this kernel cannot seal mappings (Linux 6.10 can, on 64 bits)";
}

const char* no_protection_keys() {
#if defined(__x86_64__) || defined(__i386__) || defined(__powerpc64__)
  constexpr unsigned long denying_access = 1;
  long keys[3];
  int taken = 0;
  while (taken != 3 && (keys[taken] = ::syscall(SYS_pkey_alloc, 0UL, denying_access)) >= 0) ++taken;
  const bool enough = taken == 3;
  while (taken != 0) ::syscall(SYS_pkey_free, keys[--taken]);
  return enough ? nullptr : "this machine, or its kernel, has no protection keys";
#else
  return "this processor has no register for protection keys that the library knows";
#endif
}

}  // namespace quire::test

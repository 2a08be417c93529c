// SPDX-License-Identifier: BSL-1.0
// Features of newer kernels: where the kernel has one it works; elsewhere the library refuses it, or does without.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <sys/mman.h>
#include <unistd.h>

#include <quire/effective.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>
#include <quire/tagging/named.hpp>

#include "report.hpp"
#include "settings.hpp"
#include "support/process/machine.hpp"

namespace quire::test {
namespace {

using store = backing::linux_mmap<>;
using kernel = calls::linux_kernel;

std::size_t resident(const std::byte* p, std::size_t bytes) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> there(bytes / page);
  if (::mincore(const_cast<std::byte*>(p), bytes, there.data()) != 0) return 0;
  return page *
         static_cast<std::size_t>(std::count_if(there.begin(), there.end(), [](auto c) { return (c & 1) != 0; }));
}

/// Reports that a step of the store was refused with this code of the kernel.
void refused_at(step at, int native) {
  CHECK(store::code_of(at, native) == errc::not_supported);
  refused_with({store::code_of(at, native), at, native});
}

TEST_CASE("populated pages are resident at once, also before Linux 5.14", "[kernel]") {
  linux_allocator::with_residency<residency::populated> a;
  REQUIRE(a.allocate(pages{8}, pages{16}));
  CHECK(resident(a.data(), a.size()) == a.size());
  REQUIRE(a.grow(pages{8}));
  CHECK(resident(a.data(), a.size()) == a.size());
  WARN((no_populate_advice() == nullptr ? "by MADV_POPULATE_WRITE" : "by touching"));
}

TEST_CASE("locked pages can be discarded, also before Linux 5.18", "[kernel]") {
  if (const char* const why = no_locking()) return skip(why);
  linux_allocator::with_residency<residency::locked> a;
  REQUIRE(a.allocate(pages{8}));
  std::fill(a.bytes().begin(), a.bytes().end(), std::byte{1});
  REQUIRE(a.discard(0, a.size()));
  CHECK(std::all_of(a.bytes().begin(), a.bytes().end(), [](std::byte b) { return b == std::byte{0}; }));
  CHECK(effective(a).locked == true);
}

TEST_CASE("collapse makes huge pages since Linux 6.1, and is refused before", "[kernel]") {
  linux_allocator::with_page_size<page_size::transparent_huge<>> a;
  if (number_at("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size") != std::size_t{2} << 20)
    return skip("this kernel's huge pages are not of 2 MiB");
  REQUIRE(a.allocate(pages{32}, pages{64}));
  a.bytes()[0] = std::byte{1};
  const auto got = a.collapse(0, a.size());
  if (no_collapse() == nullptr) {
    CHECK(got.has_value());
    CHECK(effective(a).huge_bytes == a.size());
  } else {
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::not_supported);
    refused_with(got.error());
  }
}

TEST_CASE("guard markers work since Linux 6.13, and are refused before", "[kernel]") {
  linux_allocator a;
  REQUIRE(a.allocate(pages{4}));
  const int native = kernel::madvise(a.data(), 65536, kernel::advice_install_guard);
  if (no_guard_markers() != nullptr) return refused_at(step::protect, native);
  CHECK(native == 0);
  CHECK(kernel::madvise(a.data(), 65536, kernel::advice_remove_guard) == 0);
}

TEST_CASE("sealing works since Linux 6.10, and is refused before", "[kernel]") {
  linux_allocator* const a = new linux_allocator;  // sealed mappings stay until the process ends
  REQUIRE(a->allocate(pages{1}));
  const int native = kernel::mseal(a->data(), 65536);
  if (no_sealing() != nullptr) return refused_at(step::protect, native);
  CHECK(native == 0);
}

TEST_CASE("names of mappings are kept where the kernel supports them, and refused elsewhere", "[kernel]") {
  linux_allocator::with_tagging<tagging::named<"lab">> a;
  const auto got = a.allocate(pages{1});
  if (no_mapping_names() == nullptr) {
    REQUIRE(got);
    CHECK(effective(a).name == mapping_label("lab"));
  } else {
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::not_supported);
    refused_with(got.error());
  }
}

TEST_CASE("folios of 64 KiB are used where they are advised", "[kernel]") {
  const std::string folder = "/sys/kernel/mm/transparent_hugepage/hugepages-64kB/";
  const auto given = [&] { return number_at(folder + "stats/anon_fault_alloc"); };
  std::ifstream enabled{folder + "enabled"};
  std::string modes;
  std::getline(enabled, modes);
  if (modes.find("[madvise]") == std::string::npos || !given()) return skip("folios of 64 KiB are not switched on");
  const auto before = *given();
  linux_allocator::with_page_size<page_size::transparent_huge<>> a;
  REQUIRE(a.allocate(pages{8}, pages{64}));  // less than a huge page
  for (std::size_t i = 0; i < a.size(); i += 65536) a.bytes()[i] = std::byte{1};
  CHECK(*given() - before >= 8);
  CHECK(resident(a.data(), a.size()) == a.size());
}

}  // namespace
}  // namespace quire::test

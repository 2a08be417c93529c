// SPDX-License-Identifier: BSL-1.0
// Pools whose arenas last until the process ends.
#include <cerrno>
#include <cstddef>
#include <sys/mman.h>
#include <vector>

#include <quire/platform/linux.hpp>
#include <quire/residency/excluded_from_dumps.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/older_kernel.hpp"
#include "support/fakes/recording_calls.hpp"
#include "support/process/machine.hpp"
#include "support/process/process_maps.hpp"
#include "unit/pools/pooled.hpp"

namespace quire::test {
namespace {

namespace r = recycling;
template <class A, class R>
using sealed = pool<A, R, bounds::sealed_guard_markers>;
constexpr std::size_t page = 4096;

bool is_resident(std::byte* p) {
  unsigned char there = 0;
  return ::mincore(p, page, &there) == 0 && (there & 1) != 0;
}

TEST_CASE("no call takes a slot of a sealed pool away, and its memory is given back in the end", "[pool][sealed]") {
  if (const char* reason = no_sealing()) return skip(reason);
  if (const char* reason = no_guard_markers()) return skip(reason);
  test_environment::run_isolated("sealed", [] {
    constexpr auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };
    sealed<linux_allocator, r::zero_dirty> p;
    check(p.open({.slots = 8, .maximum = pages{4}}).has_value(), "the pool opens");
    std::byte* base = nullptr;
    for (int user = 0; user < 3; ++user) {
      auto m = p.acquire(pages{1});
      check(m.has_value() && all_zero(m->bytes()), "a user finds zeros");
      base = m->data();
      fill(m->bytes(), 0xab);
      check(::munmap(base, page) != 0 && errno == EPERM, "a slot cannot be unmapped");
      check(::mprotect(base + 2 * chunk, page, PROT_READ | PROT_WRITE) != 0, "nor a guard be opened");
      check(::mremap(base, page, 2 * page, MREMAP_MAYMOVE) == MAP_FAILED, "nor moved");
      check(::mmap(base, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED, "nor covered");
      check(m->protect(0, chunk, access::read).error().code == errc::not_permitted, "nor protected");
      check(m->data()[0] == std::byte{0xab}, "and contents stay");
      check(m->grow(pages{3}).has_value() && all_zero(m->bytes().subspan(chunk)), "but it grows");
      fill(m->bytes(), 0xcd);
      check(m->shrink(pages{2}).has_value() && m->grow(pages{1}).has_value(), "and shrinks");
      check(all_zero(m->bytes().subspan(2 * chunk)), "to zeros");
      check(m->discard(0, chunk).has_value() && all_zero(m->bytes().first(chunk)), "and discards");
      check(m->reset(pages{2}).has_value() && all_zero(m->bytes()), "and resets");
      fill(m->bytes(), 0xef);
    }
    check(p.statistics().retired == 0, "all slots are clean");
    check(is_resident(base), "memory stayed for the next user");
    check(p.close().has_value(), "the pool closes");
    check(!is_resident(base) && ::munmap(base, page) != 0, "the memory is given back, the addresses are not");
  });
}

using recorded = recording_calls<calls::linux_kernel>;

TEST_CASE("a sealed pool seals its records as its arenas, and gives their memory back in the end", "[pool][sealed]") {
  if (const char* reason = no_sealing()) return skip(reason);
  if (const char* reason = no_guard_markers()) return skip(reason);
  test_environment::run_isolated("records", [] {
    constexpr auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };
    sealed<linux_allocator::with_backing<backing::linux_mmap<recorded>>, r::zero_all> p;
    recorded::watcher::take();
    check(p.open({.slots = 8, .maximum = pages{4}}).has_value(), "the pool opens");
    std::vector<made_call> all;
    for (const made_call& c : recorded::watcher::take())
      if (c.what == call::mseal) all.push_back(c);
    check(all.size() == 2, "one arena and the records are sealed");
    int resident = 0;
    for (const made_call& each : all) {
      auto* const begin = const_cast<std::byte*>(each.where);
      check(::mprotect(begin, page, PROT_READ) != 0 && errno == EPERM, "neither can be protected");
      resident += is_resident(begin);
    }
    check(resident == 1, "the records are in use, the guard before the first slot has no memory");
    check(p.close().has_value(), "the pool closes");
    for (const made_call& each : all) {
      auto* const begin = const_cast<std::byte*>(each.where);
      check(!is_resident(begin) && ::munmap(begin, page) != 0, "the memory is given back, the addresses are not");
    }
  });
}

TEST_CASE("a sealed pool can be left out of core dumps, and its slots lie in any order", "[pool][sealed]") {
  if (const char* reason = no_sealing()) return skip(reason);
  if (const char* reason = no_guard_markers()) return skip(reason);
  if (const char* reason = no_dump_advice()) return skip(reason);
  test_environment::run_isolated("dumps", [] {
    constexpr auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };
    sealed<linux_allocator::with_residency<residency::excluded_from_dumps>, r::zero_all> p;
    check(p.open({.slots = 8, .maximum = pages{4}, .seed = 7}).has_value(), "the pool opens");
    for (int user = 0; user < 3; ++user) {
      auto m = p.acquire(pages{1});
      check(m->grow(pages{3}) && m->shrink(pages{2}) && m->reset(pages{4}), "it grows by markers");
      const auto all = mappings_in(m->data(), m->capacity());
      check(all.size() == 1 && all[0].has_flag("dd"), "its pages are in no dump");
    }
  });
}

using recorded_without = recording_calls<older_kernel>;

TEST_CASE("a kernel without markers or seals does not open a sealed pool, and nothing is left of it",
          "[pool][sealed]") {
  sealed<linux_allocator::with_backing<backing::linux_mmap<recorded_without>>, r::zero_all> p;
  recorded_without::watcher::take();
  const auto opened = p.open({.slots = 8, .maximum = pages{4}});
  REQUIRE(!opened);
  CHECK(opened.error().code == errc::not_supported);
  CHECK(p.slots() == 0);
  std::size_t mapped = 0, unmapped = 0;
  for (const made_call& c : recorded_without::watcher::take()) {
    mapped += c.what == call::mmap;
    unmapped += c.what == call::munmap;
  }
  CHECK((mapped == unmapped && mapped != 0));
}

}  // namespace
}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
// The effect of each policy on Linux, as the kernel reports it: it acts, or allocate returns errc::not_supported.
#include <cerrno>
#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>

#include <quire/all_of.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/placement/bind.hpp>
#include <quire/placement/interleave.hpp>
#include <quire/placement/local.hpp>
#include <quire/placement/weighted_interleave.hpp>
#include <quire/platform/linux.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/not_inherited.hpp>
#include <quire/residency/populated.hpp>
#include <quire/tagging/named.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/khugepaged.hpp"
#include "support/process/machine.hpp"
#include "support/process/process_maps.hpp"
#include "support/process/sanitizers.hpp"
#include "support/stores.hpp"

namespace quire::test {
namespace {

namespace r = residency;
template <class R>
using residing = linux_allocator::with_residency<R>;

const std::size_t page = calls::linux_kernel::page_bytes();

template <class A>
void start(A& a, std::uint64_t initial = 4, std::uint64_t maximum = 64) {
  REQUIRE(a.allocate(pages{initial}, pages{maximum}).has_value());
}

TEST_CASE("a page becomes resident on the first touch", "[linux]") {
  linux_allocator a;
  start(a);
  CHECK(resident_bytes(a.data(), a.size()) == 0);
  a.data()[65536] = std::byte{1};
  CHECK(resident_bytes(a.data() + 65536, page) == page);
  CHECK(resident_bytes(a.data(), 65536) == 0);
}

TEST_CASE("populated pages are resident before the first touch", "[linux]") {
  if (const char* const reason = no_populating()) return skip(reason);
  residing<r::populated> a;
  start(a);
  CHECK(resident_bytes(a.data(), a.size()) == a.size());
  REQUIRE(a.grow(pages{40}).has_value());
  CHECK(resident_bytes(a.data(), a.size()) == a.size());
  REQUIRE(a.reset(pages{3}).has_value());
  CHECK(resident_bytes(a.data(), a.size()) == a.size());
  CHECK(resident_bytes(a.data() + a.size(), a.capacity() - a.size()) == 0);
  REQUIRE(a.discard(0, 65536).has_value());
  CHECK(resident_bytes(a.data(), 65536) == 0);  // the page becomes resident again on demand
}

TEST_CASE("locked pages are resident and locked and lose the lock on shrink", "[linux]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer makes mlock do nothing");
  if (const char* const reason = no_locking()) return skip(reason);
  residing<r::locked> a;
  start(a);
  const auto expect_locked = [&] {
    CHECK(resident_bytes(a.data(), a.size()) == a.size());
    for (const auto& m : mappings_in(a.data(), a.size())) {
      CHECK(m.has_flag("lo"));
      CHECK(m.locked == m.rss);
    }
  };
  expect_locked();
  REQUIRE(a.grow(pages{3}).has_value());
  expect_locked();
  REQUIRE(a.shrink(pages{5}).has_value());
  expect_locked();
  CHECK_FALSE(mapping_at(a.data() + a.size()).has_flag("lo"));
  REQUIRE(a.discard(0, 65536).has_value());
  CHECK(resident_bytes(a.data(), 65536) == 0);
  a.data()[5] = std::byte{1};
  CHECK(mapping_at(a.data()).locked >= page);  // locked as soon as it is resident
  REQUIRE(a.reset(pages{6}).has_value());
  expect_locked();
}

TEST_CASE("attributes cover the whole reservation after every operation", "[linux]") {
  if (const char* const reason = no_dump_advice()) return skip(reason);
  if (const char* const reason = no_fork_advice()) return skip(reason);
  const auto has_flag = []<class A>(A a, const char* flag) {
    start(a);
    bool everywhere = mapping_at(a.data()).has_flag(flag) && mapping_at(a.data() + a.reserved() - 1).has_flag(flag);
    REQUIRE(a.grow(pages{8}).has_value());
    REQUIRE(a.shrink(pages{3}).has_value());
    REQUIRE(a.reset(pages{9}).has_value());
    for (const auto& m : mappings_in(a.data(), a.reserved())) everywhere = everywhere && m.has_flag(flag);
    return everywhere;
  };
  CHECK_FALSE(has_flag(linux_allocator{}, "dd"));
  CHECK_FALSE(has_flag(linux_allocator{}, "dc"));
  CHECK(has_flag(residing<r::excluded_from_dumps>{}, "dd"));
  CHECK(has_flag(residing<r::not_inherited>{}, "dc"));
  using both = residing<all_of<r::excluded_from_dumps, r::not_inherited>>;
  CHECK(has_flag(both{}, "dd"));
  CHECK(has_flag(both{}, "dc"));
  if (no_huge_advice() == nullptr) {
    CHECK(has_flag(huge_linux_allocator{}, "hg"));
    CHECK(has_flag(linux_allocator::with_page_size<page_size::no_huge>{}, "nh"));
  }
  using remapped = both::with_backing<remapping<backing::linux_mmap<>>>;
  CHECK(has_flag(remapped{}, "dd"));
  CHECK(has_flag(remapped{}, "dc"));
}

TEST_CASE("a policy does not affect a neighbouring memory", "[linux]") {
  if (const char* const reason = no_dump_advice()) return skip(reason);
  residing<r::excluded_from_dumps> a;
  linux_allocator b;
  start(a);
  start(b);
  CHECK_FALSE(mapping_at(b.data()).has_flag("dd"));
}

TEST_CASE("not_inherited pages are absent from a child and others are copied", "[linux]") {
  if (const char* const reason = no_fork_advice()) return skip(reason);
  residing<r::not_inherited> a;
  linux_allocator b;
  start(a);
  start(b);
  b.data()[0] = std::byte{7};
  test_environment::run_isolated("a child", [&] {
    expect_read_fault<test_environment>(a.data(), fault::maperr);
    test_environment::check(b.data()[0] == std::byte{7}, "an ordinary memory is inherited");
  });
}

TEST_CASE("shrink and discard and reset give memory back", "[linux]") {
  linux_allocator a;
  start(a, 40);
  fill(a.bytes(), 1);
  REQUIRE(a.shrink(pages{10}).has_value());
  CHECK(resident_bytes(a.data() + a.size(), 10 * 65536) == 0);
  CHECK(resident_bytes(a.data(), a.size()) == a.size());
  REQUIRE(a.discard(65536, 2 * 65536).has_value());
  CHECK(resident_bytes(a.data() + 65536, 2 * 65536) == 0);
  CHECK(resident_bytes(a.data(), 65536) == 65536);
  REQUIRE(a.reset(pages{20}).has_value());
  CHECK(resident_bytes(a.data(), a.capacity()) == 0);
}

TEST_CASE("reserved pages and guards are mapped without access", "[linux]") {
  linux_allocator a;
  start(a);
  CHECK(mapping_at(a.data()).permissions == "rw-p");
  CHECK(mapping_at(a.data() - 1).permissions == "---p");
  CHECK(mapping_at(a.data() + a.size()).permissions == "---p");
  CHECK(mapping_at(a.data() + a.reserved()).permissions == "---p");
  CHECK(mappings_in(a.data() - 65536, a.reserved() + 2 * 65536).size() == 3);
}

TEST_CASE("protect changes the permissions that the kernel shows", "[linux]") {
  linux_allocator a;
  start(a);
  REQUIRE(a.protect(page, 2 * page, access::read).has_value());
  CHECK(mapping_at(a.data()).permissions == "rw-p");
  CHECK(mapping_at(a.data() + page).permissions == "r--p");
  CHECK(mapping_at(a.data() + 3 * page - 1).permissions == "r--p");
  CHECK(mapping_at(a.data() + 3 * page).permissions == "rw-p");
  REQUIRE(a.protect(0, 65536, access::none).has_value());
  CHECK(mapping_at(a.data()).permissions == "---p");
}

TEST_CASE("protect for execution changes the permissions that the kernel shows", "[linux]") {
  if (const char* const reason = no_shown_execution()) return skip(reason);
  using running = linux_allocator::with_backing<backing::linux_mmap<calls::linux_kernel, execution::allowed>>;
  running code;
  start(code);
  CHECK(mapping_at(code.data()).permissions == "rw-p");
  REQUIRE(code.protect(0, 65536, access::read_execute).has_value());
  CHECK(mapping_at(code.data()).permissions == "r-xp");
}

TEST_CASE("a sealed memory refuses protect and deallocate and stays usable", "[linux]") {
  if (const char* const reason = no_sealing()) return skip(reason);
  test_environment::run_isolated("sealing", [] {  // in a child process, as only its end removes the seal
    const auto expect_not_permitted = [](const result<void>& got, step at) {
      test_environment::check(!got && got.error() == error{errc::not_permitted, at, EPERM}, "it is not permitted");
    };
    linux_allocator a;
    test_environment::check(a.allocate(pages{4}, pages{64}).has_value(), "allocate succeeds");
    test_environment::check(calls::linux_kernel::mseal(a.data(), a.size()) == 0, "it can be sealed");
    expect_not_permitted(a.protect(0, page, access::read), step::protect);
    expect_not_permitted(a.deallocate(a.data(), a.size()), step::release);
    fill(a.bytes(), 3);
    test_environment::check(a.size() == 4 * 65536 && holds(a.bytes(), 3), "and it is as it was");
    test_environment::check(a.grow(pages{1}).has_value(), "what was not sealed still changes");
  });
}

TEST_CASE("a huge page is used where the block is accessible at the first touch", "[linux]") {
  if (const char* const reason = no_huge_pages()) return skip(reason);
  huge_linux_allocator exact;
  start(exact, 64, 128);  // two blocks at once
  exact.data()[0] = std::byte{1};
  CHECK(mapping_at(exact.data()).anonymous_huge == 2_MiB);

  linux_allocator::with_page_size<page_size::transparent_huge<page_size::in_blocks>> coarse;
  start(coarse, 1, 128);
  coarse.data()[0] = std::byte{1};
  CHECK(mapping_at(coarse.data()).anonymous_huge == 2_MiB);

  linux_allocator::with_page_size<page_size::no_huge> never;
  start(never, 64, 128);
  fill(never.bytes(), 1);
  CHECK(mapping_at(never.data()).anonymous_huge == 0);
}

TEST_CASE("collapse makes blocks huge that small growth completed", "[linux]") {
  if (const char* const reason = no_huge_pages()) return skip(reason);
  if (const char* const reason = no_collapse()) return skip(reason);
  const std::size_t collapsed = collapsed_by_khugepaged();
  huge_linux_allocator a;
  start(a, 0, 128);
  for (int i = 0; i < 48; ++i) {
    REQUIRE(a.grow(pages{1}).has_value());
    fill(a.bytes().subspan(a.size() - 65536), 0x3c);
  }
  const bool is_huge = mapping_at(a.data()).anonymous_huge != 0;
  if (is_huge && collapsed_by_khugepaged() != collapsed) return skip("khugepaged has collapsed the block already");
  CHECK_FALSE(is_huge);
  CHECK(is_refused(a.collapse(0, 65536), errc::invalid_argument));  // not a whole block
  CHECK(is_refused(a.collapse(page, 2_MiB), errc::invalid_argument));
  CHECK(is_refused(a.collapse(1, 2_MiB), errc::invalid_argument));
  CHECK(is_refused(a.collapse(0, 4_MiB), errc::out_of_range));
  REQUIRE(a.collapse(0, a.size()).has_value());
  CHECK(mapping_at(a.data()).anonymous_huge == 2_MiB);  // the complete block
  CHECK(holds(a.bytes(), 0x3c));
  CHECK(a.grow(pages{1}).has_value());
}

TEST_CASE("collapse fails where a touched block stays small", "[linux]") {
  if (const char* const reason = no_huge_pages()) return skip(reason);
  if (const char* const reason = no_collapse()) return skip(reason);
  huge_linux_allocator a;
  start(a, 0, 128);
  for (int i = 0; i < 128; ++i) {  // in small steps, so that no page is huge already
    REQUIRE(a.grow(pages{1}).has_value());
    if (i / 32 != 2) fill(a.bytes().subspan(a.size() - 65536), 0x3c);
  }
  REQUIRE(a.collapse(0, a.size()).has_value());
  CHECK(mapping_at(a.data()).anonymous_huge == 6_MiB);  // all blocks except the one that was never touched

  REQUIRE(a.reset(pages{0}));
  for (int i = 0; i < 128; ++i) {
    REQUIRE(a.grow(pages{1}).has_value());
    fill(a.bytes().subspan(a.size() - 65536), 0x3c);
  }
  REQUIRE(a.protect(2_MiB, 65536, access::read));  // so that the second block is more than one mapping
  for (const auto& got : {a.collapse(0, a.size()), a.collapse(2_MiB, 2_MiB)}) {
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error() == error{errc::not_supported, step::populate, EINVAL});
  }
  CHECK(mapping_at(a.data()).anonymous_huge == 2_MiB);
  CHECK(mapping_at(a.data() + 6_MiB).anonymous_huge == 4_MiB);  // the other blocks became huge
  CHECK(holds(a.bytes(), 0x3c));
}

struct memory_policy {
  int mode = -1;
  unsigned long nodes = 0;
};
memory_policy policy_at(const void* p) {
  constexpr unsigned long of_address = 2;
  memory_policy got;
  unsigned long mask[16]{};
  if (::syscall(SYS_get_mempolicy, &got.mode, mask, 1024UL, p, of_address) != 0) return {};
  got.nodes = mask[0];
  return got;
}

template <class L>
constexpr L on_node_zero() {
  L where{};
  if constexpr (requires { where.nodes; }) where.nodes.insert(0);
  return where;
}
template <class L>
void expect_mode(int mode, unsigned long nodes) {
  typename linux_allocator::with_placement<L> a{on_node_zero<L>()};
  start(a);
  CHECK(policy_at(a.data()).mode == mode);
  CHECK(policy_at(a.data()).nodes == nodes);
  CHECK(policy_at(a.data() + a.reserved() - 1).mode == mode);
  REQUIRE(a.grow(pages{3}).has_value());
  CHECK(policy_at(a.data() + a.size() - 1).mode == mode);
}

/// Before Linux 5.14, MPOL_LOCAL is shown as MPOL_PREFERRED without a node.
int mode_shown_for_local() {
  linux_allocator memory;
  start(memory);
  REQUIRE(calls::linux_kernel::mbind(memory.data(), memory.size(), calls::linux_kernel::numa_local, nullptr, 0) == 0);
  return policy_at(memory.data()).mode;
}

TEST_CASE("a placement is the memory policy of the whole reservation", "[linux][numa]") {
  if (const char* const reason = no_numa_calls()) return skip(reason);
  constexpr int standard = 0, preferred = 1, bound = 2, interleaved = 3, weighted = 6;
  linux_allocator anywhere;
  start(anywhere);
  CHECK(policy_at(anywhere.data()).mode == standard);
  expect_mode<placement::prefer>(preferred, 1);
  expect_mode<placement::bind>(bound, 1);
  expect_mode<placement::interleave>(interleaved, 1);
  expect_mode<placement::local>(mode_shown_for_local(), 0);
  if (no_weighted_interleave() == nullptr) expect_mode<placement::weighted_interleave>(weighted, 1);
}

template <class L>
error error_of(L where) {
  typename linux_allocator::with_placement<L> a{where};
  const auto got = a.allocate(pages{1}, pages{2});
  REQUIRE_FALSE(got.has_value());
  CHECK(a.data() == nullptr);
  return got.error();
}

TEST_CASE("a placement on an absent node is not_supported", "[linux][numa]") {
  if (const char* const reason = no_numa_calls()) return skip(reason);
  for (const unsigned nowhere : {1000U, 1023U}) {
    CAPTURE(nowhere);
    for (const error e : {error_of(placement::prefer{.node = nowhere}), error_of(placement::bind{node_set{nowhere}}),
                          error_of(placement::bind{node_set{0, nowhere}}),  // the kernel would drop it silently
                          error_of(placement::interleave{node_set{0, nowhere}})}) {
      CHECK(e.code == errc::not_supported);
      CHECK(e.at == step::configure);
    }
  }
  if (no_weighted_interleave() == nullptr)
    CHECK(error_of(placement::weighted_interleave{node_set{0, 1000}}).code == errc::not_supported);
}

TEST_CASE("a placement on no node or on an impossible node is invalid_argument", "[linux][numa]") {
  constexpr error invalid{errc::invalid_argument, step::plan, 0};
  CHECK(error_of(placement::bind{}) == invalid);
  CHECK(error_of(placement::interleave{}) == invalid);
  CHECK(error_of(placement::weighted_interleave{}) == invalid);
  for (const unsigned too_large : {1024U, 5000U}) {
    CHECK(error_of(placement::prefer{.node = too_large}) == invalid);
    CHECK(error_of(placement::bind{node_set{0, too_large}}) == invalid);
  }
}

TEST_CASE("weighted interleaving succeeds where the kernel has it and is not_supported elsewhere", "[linux][numa]") {
  if (const char* const reason = no_numa_calls()) return skip(reason);
  linux_allocator::with_placement<placement::weighted_interleave> a{placement::weighted_interleave{node_set{0}}};
  const auto got = a.allocate(pages{1}, pages{2});
  CHECK(got.has_value() == (no_weighted_interleave() == nullptr));
  if (!got) CHECK(got.error().code == errc::not_supported);
}

TEST_CASE("a name shows in maps or is not_supported", "[linux]") {
  linux_allocator::with_tagging<tagging::named<"quire: heap (1)">> a;
  const auto got = a.allocate(pages{1}, pages{4});
  if (no_mapping_names() == nullptr) {
    REQUIRE(got.has_value());
    CHECK(mapping_at(a.data()).name == "[anon:quire: heap (1)]");
    CHECK(mapping_at(a.data() + a.reserved() - 1).name == "[anon:quire: heap (1)]");
    return;
  }
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error().code == errc::not_supported);
  CHECK(got.error().at == step::configure);
  CHECK(a.data() == nullptr);
}

}  // namespace
}  // namespace quire::test

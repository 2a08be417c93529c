// SPDX-License-Identifier: BSL-1.0
// Requests on fake kernels built without the feature: a request that is fulfilled without the call succeeds, and every
// other fails.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

#include <quire/explain.hpp>
#include <quire/fallback.hpp>
#include <quire/headroom.hpp>
#include <quire/ostream.hpp>
#include <quire/quire.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/fake_kernel.hpp"

namespace quire::test {
namespace {

template <class Calls>
using over = linux_allocator::with_backing<backing::linux_mmap<Calls>>;

/// Refuses some advice, also for an empty range, as madvise(2) checks the advice first.
struct advice_refused : fake_kernel {
  static inline bool refuses_huge = false, refuses_no_huge = false, refuses_discard = false;
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    if (advice == advice_huge && refuses_huge) return invalid;
    if (advice == advice_no_huge && refuses_no_huge) return invalid;
    if (advice == advice_discard && refuses_discard) return invalid;
    return fake_kernel::madvise(p, bytes, advice);
  }
};

TEST_CASE("no_huge succeeds and transparent_huge fails on a kernel without transparent huge pages", "[lacking]") {
  const pretence p;
  using a = advice_refused;
  using no_huge = over<a>::with_page_size<page_size::no_huge>;
  a::refuses_huge = a::refuses_no_huge = true;
  a::refuses_discard = false;
  no_huge memory;
  REQUIRE(memory.allocate(pages{4}, pages{64}));
  CHECK((memory.grow(pages{4}) && memory.shrink(pages{2}) && memory.reset(pages{3})));
  CHECK(p.kernel().open.empty());  // a seccomp filter may kill the process for opening a file

  over<a>::with_page_size<page_size::transparent_huge<>> huge;
  const auto got = huge.allocate(pages{4});
  REQUIRE_FALSE(got);
  CHECK(got.error() == error{errc::not_supported, step::configure, a::invalid});
  CHECK(explain(got.error(), huge).owner == "this kernel: no transparent huge pages");
}

TEST_CASE("no_huge fails on a kernel that refuses only that advice", "[lacking]") {
  const pretence p;
  using a = advice_refused;
  over<a>::with_page_size<page_size::no_huge> memory;
  const error refused{errc::not_supported, step::configure, a::invalid};
  a::refuses_no_huge = true;
  a::refuses_huge = a::refuses_discard = false;
  CHECK(memory.allocate(pages{4}).error() == refused);
  a::refuses_huge = a::refuses_discard = true;  // a seccomp filter that refuses every madvise call
  CHECK(memory.allocate(pages{4}).error() == refused);
  CHECK(memory.data() == nullptr);
  a::refuses_huge = a::refuses_no_huge = a::refuses_discard = false;
  CHECK(memory.allocate(pages{4}));
}

/// A kernel without NUMA, or one whose calls a seccomp filter hides.
struct without_mbind : fake_kernel {
  static inline int refusal = no_call;
  static int mbind(void*, std::size_t, int, const unsigned long*, unsigned long) noexcept { return refusal; }
  static int get_mempolicy(int*, unsigned long*, unsigned long, const void*, unsigned long) noexcept { return refusal; }
};

template <class Policy>
error placed(Policy policy) {
  typename over<without_mbind>::template with_placement<Policy> memory{policy};
  const auto got = memory.allocate(pages{1}, pages{2});
  if (!got) return got.error();
  CHECK((memory.grow(pages{1}) && memory.reset(pages{1})));
  return {};
}

const error placement_refused{errc::not_supported, step::configure, without_mbind::no_call};

/// A /sys that shows processors but no nodes.
void show_no_nodes() {
  pretence::file("/sys/devices/system/cpu/online") = "0-1\n";
  pretence::kernel().files.erase("/sys/devices/system/node/has_memory");
}

TEST_CASE("a kernel without NUMA grants placements on node 0 and refuses others", "[lacking]") {
  const pretence p;
  without_mbind::refusal = without_mbind::no_call;
  show_no_nodes();
  CHECK(placed(placement::local{}) == error{});
  CHECK(placed(placement::prefer{.node = 0}) == error{});
  CHECK(placed(placement::bind{.nodes = {0}}) == error{});
  CHECK(placed(placement::interleave{.nodes = {0}}) == error{});

  CHECK(placed(placement::prefer{.node = 1}) == placement_refused);
  CHECK(placed(placement::bind{.nodes = {1}}) == placement_refused);
  CHECK(placed(placement::bind{.nodes = {0, 1}}) == placement_refused);
  CHECK(placed(placement::interleave{.nodes = {0, 1}}) == placement_refused);

  p.file("/proc/meminfo") = "MemTotal: 4096 kB\nMemAvailable: 1024 kB\n";
  CHECK(detail::memory_within_reach<without_mbind>({.mode = numa_mode::bind}).room() == 1024U * 1024);
}

TEST_CASE("a placement on node 0 fails where mbind is hidden but nodes may exist", "[lacking]") {
  const pretence p;
  without_mbind::refusal = without_mbind::no_call;
  CHECK(placed(placement::local{}) == placement_refused);  // /sys is hidden as well
  show_no_nodes();
  p.file("/sys/devices/system/node/has_memory") = "0\n";  // the kernel has NUMA, and another node may come online
  CHECK(placed(placement::local{}) == placement_refused);
  CHECK(placed(placement::prefer{.node = 0}) == placement_refused);
  show_no_nodes();
  p.kernel().refusals["/sys/devices/system/node"] = -EACCES;
  CHECK(placed(placement::bind{.nodes = {0}}) == placement_refused);
  p.kernel().refusals.clear();
  without_mbind::refusal = without_mbind::forbidden;
  CHECK(placed(placement::local{}).code == errc::not_permitted);
}

TEST_CASE("fallback keeps a candidate whose request is fulfilled already", "[lacking]") {
  const pretence p;
  without_mbind::refusal = without_mbind::no_call;
  show_no_nodes();
  const auto acting = [](unsigned node) {
    using memory_type = over<without_mbind>;
    fallback<memory_type::with_placement<placement::prefer>, memory_type> memory{placement::prefer{.node = node}};
    REQUIRE(memory.allocate(pages{1}));
    return memory.acting();
  };
  CHECK(acting(0) == 0);
  CHECK(acting(1) == 1);
}

/// A kernel that makes all blocks huge except some, and counts the requests.
struct collapsing : fake_kernel {
  static inline int answers[4] = {};
  static inline bool pages_there[4] = {}, mincore_fails = false;
  static inline std::byte* first = nullptr;
  static constexpr std::size_t block = std::size_t{2} << 20;
  static inline unsigned asked = 0;

  static std::size_t index_of(const void* p) {
    return static_cast<std::size_t>(static_cast<const std::byte*>(p) - first) / block;
  }
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    if (advice != advice_collapse) return fake_kernel::madvise(p, bytes, advice);
    ++asked;
    return answers[index_of(p)];
  }
  static int mincore(void* p, std::size_t bytes, unsigned char* there) noexcept {
    if (mincore_fails) return no_call;
    std::fill_n(there, bytes / page_bytes(), static_cast<unsigned char>(pages_there[index_of(p)]));
    return 0;
  }
};

TEST_CASE("collapse fails where a block with pages stays small but collapses the others", "[lacking]") {
  const pretence p;
  using c = collapsing;
  using huge = over<c>::with_page_size<page_size::transparent_huge<>>;
  huge memory;
  REQUIRE(memory.allocate(pages{128}, pages{128}));
  c::first = memory.data();
  c::mincore_fails = false;
  const auto collapse = [&](std::array<int, 4> answers, std::array<bool, 4> there) {
    std::copy(answers.begin(), answers.end(), c::answers);
    std::copy(there.begin(), there.end(), c::pages_there);
    c::asked = 0;
    const auto got = memory.collapse(0, 4 * c::block);
    return got ? 0 : got.error().native;
  };
  constexpr int no = c::invalid;
  CHECK(collapse({0, 0, 0, 0}, {true, true, true, true}) == 0);
  CHECK(collapse({0, no, 0, 0}, {true, false, true, true}) == 0);  // the block was never touched
  CHECK(collapse({0, no, 0, 0}, {true, true, true, true}) == no);  // the block has pages and cannot become huge
  CHECK(c::asked == 4);
  CHECK(collapse({no, 0, 0, 0}, {true, true, true, true}) == no);
  CHECK(collapse({0, 0, 0, no}, {true, true, true, true}) == no);
  CHECK(collapse({no, no, no, no}, {false, false, false, false}) == no);
  CHECK(collapse({0, c::no_memory, 0, 0}, {true, true, true, true}) == c::no_memory);
  CHECK(c::asked == 2);
  c::mincore_fails = true;  // then it is unknown whether the block has pages
  CHECK(collapse({0, no, 0, 0}, {true, false, true, true}) == no);
}

}  // namespace
}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
// Features are detected by their effect: on kernels that refuse the call, lack it, are short of memory, or succeed
// without effect.
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include <quire/calls/linux.hpp>
#include <quire/detect.hpp>
#include <quire/system/each_reading.hpp>

#include "support/catch/catch.hpp"
#include "support/process/machine.hpp"

namespace quire::test {
namespace {

using here = calls::linux_kernel;
using enum memory_feature;

/// Every call that a feature needs returns `Answer`; mapping memory works.
template <int Answer>
struct answering : here {
  static int madvise(void*, std::size_t, int) noexcept { return Answer; }
  static int mlock(const void*, std::size_t) noexcept { return Answer; }
  static int mbind(void*, std::size_t, int, const unsigned long*, unsigned long) noexcept { return Answer; }
  static int get_mempolicy(int*, unsigned long*, unsigned long, const void*, unsigned long) noexcept { return Answer; }
  static int query_pages(unsigned long, void* const*, int*) noexcept { return Answer; }
  static int name_mapping(void*, std::size_t, const char*) noexcept { return Answer; }
  static int mseal(void*, std::size_t) noexcept { return Answer; }
  static int mincore(void*, std::size_t, unsigned char* there) noexcept {
    *there = 0;
    return Answer;
  }
  static int open_to_read(const char*) noexcept { return Answer == 0 ? 1000 : -Answer; }
  static void close(int) noexcept {}
  static long read(int, void*, std::size_t) noexcept { return -Answer; }
  static long read_at(int, void* buffer, std::size_t bytes, std::uint64_t) noexcept {
    std::memset(buffer, 0, bytes);
    return Answer == 0 ? static_cast<long>(bytes) : -Answer;
  }
  static long scan_written_pages(int, std::uint64_t, std::uint64_t, scanned_run&) noexcept { return -Answer; }
  static long allocate_key() noexcept { return Answer == 0 ? 1 : -Answer; }
  static int free_key(long) noexcept { return Answer; }
};

/// The features that detection finds with these calls where node 0 is allowed.
template <class Calls>
feature_facts features() {
  return detail::try_features<Calls>({node_set{0}, "a test"});
}

template <class F>
void each_but_tags(const feature_facts& all, F check) {
  for (const memory_feature each : detected_features) {
    INFO(name(each));
    if (each != memory_tags) check(each, all[each]);
  }
}

TEST_CASE("a call refused by a filter makes its feature unusable and keeps the code", "[detect]") {
  for (const auto& all : {features<answering<EPERM>>(), features<answering<ENOSYS>>()})
    each_but_tags(all, [](memory_feature which, const feature& each) {
      const bool never_reached =
          which == discard_locked || which == soft_dirty || which == dirty_scan || which == populate;
      CHECK(each.usable.known() == !never_reached);
      CHECK_FALSE(each.usable == true);
      CHECK((each.refusal != 0) == !never_reached);
    });
}

TEST_CASE("a feature is unknown where its call lacks memory", "[detect]") {
  each_but_tags(features<answering<EAGAIN>>(), [](memory_feature, const feature& each) {
    CHECK_FALSE(each.usable.known());
    CHECK_FALSE(each.usable.source().empty());
  });
  // Sealing is probed on an empty range, for which ENOMEM means that the call exists.
  each_but_tags(features<answering<ENOMEM>>(),
                [](memory_feature which, const feature& each) { CHECK(each.usable.known() == (which == sealing)); });
}

TEST_CASE("a feature is unusable where its call succeeds without effect", "[detect]") {
  each_but_tags(features<answering<0>>(), [](memory_feature which, const feature& each) {
    // Names and keys are not verified: no system is known to accept them without effect.
    const bool by_call = which == mapping_names || which == protection_keys;
    CHECK((each.usable == true) == by_call);
    CHECK(each.refusal == 0);
  });
}

TEST_CASE("a feature whose probe needs memory is unknown where mmap fails", "[detect]") {
  struct full : here {
    static calls::mapping mmap(void*, std::size_t, int, int) noexcept { return {nullptr, ENOMEM}; }
  };
  each_but_tags(features<full>(), [](memory_feature which, const feature& each) {
    if (which != sealing && which != protection_keys) CHECK_FALSE(each.usable.known());
  });
  const auto caps = detect<full>({.try_huge_pages = true});
  REQUIRE(caps);
  CHECK_FALSE(caps->memory.address_bits.known());
  CHECK_FALSE(caps->memory.default_address_bits.known());
  CHECK_FALSE(caps->huge_pages.first_touch_bytes.known());
  if (no_huge_pages() == nullptr) CHECK_FALSE(caps->huge_pages.come_when_touched.known());
}

/// mbind succeeds without effect.
struct forgetful : here {
  static int mbind(void*, std::size_t, int, const unsigned long*, unsigned long) noexcept { return 0; }
};

TEST_CASE("placement is unusable where mbind succeeds without setting a policy", "[detect]") {
  if (const char* const why = no_numa_calls()) return skip(why);
  CHECK(features<forgetful>()[placement].usable == false);
  CHECK(features<here>()[placement].usable == true);
}

/// A kernel on which a touch makes `Together` bytes resident: a folio of 64 KiB or a huge page.
template <std::size_t Together>
struct generous : here {
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    return advice == advice_huge ? 0 : here::madvise(p, bytes, advice);
  }
  static int mincore(void* p, std::size_t bytes, unsigned char* there) noexcept {
    const int n = here::mincore(p, bytes, there);
    const auto block = reinterpret_cast<std::uintptr_t>(p) / Together * Together;
    unsigned char first = 0;
    if (here::mincore(reinterpret_cast<void*>(block), 1, &first) == 0 && (first & 1) != 0)
      std::memset(there, 1, std::min(bytes, Together) / page_bytes());
    return n;
  }
};

TEST_CASE("folios are detected by the bytes that one touch brings in", "[detect]") {
  const auto brought = detail::bytes_of_first_touch<generous<65536>>();
  CHECK(brought == 65536U);
  CHECK(*detail::bytes_of_first_touch<here>() >= here::page_bytes());
}

TEST_CASE("huge pages are detected by the last page of a block", "[detect]") {
  constexpr std::size_t block = std::size_t{2} << 20;
  CHECK(detail::comes_when_touched<generous<block>>(block) == true);
  CHECK(detail::comes_when_touched<answering<EINVAL>>(block) == false);
  CHECK_FALSE(detail::comes_when_touched<answering<ENOMEM>>(block));
  CHECK(detail::comes_when_collapsed<answering<EINVAL>>(block) == false);
  CHECK_FALSE(detail::comes_when_collapsed<answering<EAGAIN>>(block));
}

void agrees(const feature& detected, const char* missing) {
  CHECK(detected.usable == (missing == nullptr));
  CHECK_FALSE(detected.usable.source().empty());
}

TEST_CASE("detected features of this machine agree with independent probes", "[detect]") {
  const auto caps = detect({.try_huge_pages = true});
  REQUIRE(caps);
  const feature_facts& found = caps->features;
  agrees(found[guard_markers], no_guard_markers());
  agrees(found[sealing], no_sealing());
  agrees(found[mapping_names], no_mapping_names());
  agrees(found[placement], no_numa_calls());
  agrees(found[weighted_interleave], no_weighted_interleave());
  CHECK(found[discard].usable == true);
  if (has_other_huge_pages()) return;
  if (caps->huge_pages.come_when_collapsed.known())
    CHECK(caps->huge_pages.come_when_collapsed.value() == (no_collapse() == nullptr));
  if (no_huge_pages() != nullptr) CHECK_FALSE(caps->huge_pages.come_when_touched == true);
}

TEST_CASE("detection leaves the mappings and locked pages of the process unchanged", "[detect]") {
  const auto state = [] {
    const auto caps = detect({.count_mappings = true});
    return std::pair{caps->limits.mappings.used.value(), caps->limits.locked.used.value()};
  };
  const auto before = state();
  for (int round = 0; round < 20; ++round) CHECK(detect({.try_huge_pages = true}));
  CHECK(state() == before);
}

}  // namespace
}  // namespace quire::test

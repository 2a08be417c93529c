// SPDX-License-Identifier: BSL-1.0
// Plans of MPU regions grant exactly the requested access, byte for byte, in no more regions than promised.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <unordered_set>
#include <vector>

#include <quire/backing/detail/mpu/pmsav7.hpp>
#include <quire/backing/detail/mpu/pmsav8.hpp>

#include "support/catch/catch.hpp"
#include "unit/buffers/mpu_rules.hpp"

namespace quire::test {
namespace {

using backing::detail::mpu_blocks;
using backing::detail::mpu_list;
using backing::detail::mpu_ranges;
using layout_of_pages = std::vector<access>;  // of a storage, page by page

constexpr std::uint32_t base = 0x20010000;

template <class Map>
mpu_list plan_of(const layout_of_pages& wanted, std::uint32_t page, bool by_gaps) {
  Map map{{base, base + page * static_cast<std::uint32_t>(wanted.size())}, page, by_gaps};
  for (std::uint32_t i = 0; i != wanted.size(); ++i) map.paint({base + i * page, base + (i + 1) * page}, wanted[i]);
  mpu_list planned;
  map.plan(planned);
  return planned;
}

/// Whether the plan grants the requested access at every 32 bytes of the storage, and none around it.
template <class Rules>
bool means(const mpu_list& planned, const layout_of_pages& wanted, std::uint32_t page, bool by_gaps, Rules rules) {
  const std::uint32_t end = base + page * static_cast<std::uint32_t>(wanted.size());
  for (std::uint32_t at = base - 4 * page; at != end + 4 * page; at += 32) {
    const allowed_access found = rules(planned, at);
    if (at < base || at >= end) {
      if (found) return false;
      continue;
    }
    const access want = wanted[(at - base) / page];
    if (found != want && !(by_gaps && !found && want == access::none)) return false;
  }
  return true;
}
bool means_as_blocks(const layout_of_pages& wanted, std::uint32_t page) {
  const mpu_list planned = plan_of<mpu_blocks>(wanted, page, false);
  if (planned.size() > backing::detail::most_mpu_regions) return true;  // fits nowhere, and is refused
  return are_blocks(planned) && means(planned, wanted, page, false, by_blocks);
}
bool means_as_ranges(const layout_of_pages& wanted, bool by_gaps) {
  const mpu_list planned = plan_of<mpu_ranges>(wanted, 32, by_gaps);
  return means(planned, wanted, 32, by_gaps, by_ranges);
}

constexpr access colours[] = {access::none, access::read, access::read_write};
layout_of_pages nth_layout(std::size_t pages, unsigned n) {
  layout_of_pages wanted;
  for (std::size_t i = 0; i != pages; ++i, n /= 3) wanted.push_back(colours[n % 3]);
  return wanted;
}
layout_of_pages one_range(std::size_t pages, std::size_t from, std::size_t to) {
  layout_of_pages wanted(pages, access::none);
  std::fill(wanted.begin() + static_cast<std::ptrdiff_t>(from), wanted.begin() + static_cast<std::ptrdiff_t>(to),
            access::read_write);
  return wanted;
}

/// The fewest regions for a layout of at most 16 pages, found by exhaustive search: each further region has lower
/// priority than those before it, so that it may cover pages that they already decided.
std::size_t fewest_blocks(const layout_of_pages& wanted) {
  const unsigned n = static_cast<unsigned>(wanted.size());
  const std::uint32_t goal = (1U << n) - 1;
  std::vector<std::uint32_t> reached{0};
  std::unordered_set<std::uint32_t> seen{0};
  const auto can_take = [&](std::uint32_t pages, access its, std::uint32_t done) {
    for (unsigned i = 0; i != n; ++i)
      if ((pages >> i & 1) != 0 && (done >> i & 1) == 0 && wanted[i] != its) return false;
    return true;
  };
  for (std::size_t regions = 0;; ++regions) {
    std::vector<std::uint32_t> next;
    for (const std::uint32_t done : reached) {
      if (done == goal) return regions;
      for (unsigned size = n; size != 0; size /= 2)
        for (unsigned first = 0; first != n; first += size)
          for (const access its : colours) {
            const unsigned parts = size >= 8 ? 8 : 1, each = size / parts;
            std::uint32_t all = done;
            for (unsigned i = 0; i != parts; ++i) {
              const std::uint32_t part = ((1U << each) - 1) << (first + i * each);
              if (can_take(part, its, done)) all |= part;
            }
            if (all != done && seen.insert(all).second) next.push_back(all);
          }
    }
    reached.swap(next);
  }
}

}  // namespace

TEST_CASE("a plan for any layout of eight pages grants exactly the requested access") {
  bool good = true;
  for (unsigned n = 0; n != 6561; ++n) {
    good = good && means_as_blocks(nth_layout(8, n), 32) && means_as_blocks(nth_layout(8, n), 256);
    good = good && means_as_ranges(nth_layout(8, n), false) && means_as_ranges(nth_layout(8, n), true);
  }
  CHECK(good);
}

TEST_CASE("a plan for one accessible range is exact and within the promised number of regions") {
  for (std::size_t pages = 1; pages <= 64; ++pages) {
    std::size_t most = 0;
    bool good = true;
    for (std::size_t from = 0; from <= pages; ++from)
      for (std::size_t to = from; to <= pages; ++to) {
        const layout_of_pages wanted = one_range(pages, from, to);
        good = good && means_as_blocks(wanted, 32);
        most = std::max(most, plan_of<mpu_blocks>(wanted, 32, false).size());
      }
    INFO(pages << " pages, at most " << most << " regions");
    CHECK(good);
    CHECK(most <= mpu_blocks::most_for_one_range(pages));
  }
  for (const bool by_gaps : {false, true})
    for (std::size_t from = 0; from <= 24; ++from)
      for (std::size_t to = from; to <= 24; ++to) {
        const layout_of_pages wanted = one_range(24, from, to);
        CHECK(means_as_ranges(wanted, by_gaps));
        CHECK(plan_of<mpu_ranges>(wanted, 32, by_gaps).size() <= (by_gaps ? 1 : mpu_ranges::most_for_one_range(24)));
      }
}

TEST_CASE("a plan for one range uses the fewest possible regions") {
  for (const std::size_t pages : {8U, 16U}) {
    bool least = true;
    for (std::size_t from = 0; from <= pages; ++from)
      for (std::size_t to = from; to <= pages; ++to) {
        const layout_of_pages wanted = one_range(pages, from, to);
        least = least && plan_of<mpu_blocks>(wanted, 32, false).size() == fewest_blocks(wanted);
      }
    CHECK(least);
  }
}

TEST_CASE("a plan for many pieces is exact and near the fewest regions") {
  std::minstd_rand random{7};
  std::size_t above_least = 0;
  for (int round = 0; round != 600; ++round) {
    const std::size_t pages = round % 3 == 0 ? 64 : 16;
    layout_of_pages wanted(pages, access::none);
    for (int piece = 0; piece != 1 + round % 5; ++piece) {
      const std::size_t from = random() % pages, to = from + random() % (pages - from) + 1;
      std::fill(wanted.begin() + static_cast<std::ptrdiff_t>(from), wanted.begin() + static_cast<std::ptrdiff_t>(to),
                colours[random() % 3]);
    }
    INFO("round " << round);
    REQUIRE(means_as_blocks(wanted, 128));
    REQUIRE(means_as_ranges(wanted, round % 2 == 0));
    if (pages == 16) above_least += plan_of<mpu_blocks>(wanted, 128, false).size() - fewest_blocks(wanted);
  }
  CHECK(above_least < 40);  // in all 400 rounds together
}

TEST_CASE("regions read back from the registers yield a plan with the same access") {
  std::minstd_rand random{11};
  for (int round = 0; round != 300; ++round) {
    layout_of_pages wanted = nth_layout(12, static_cast<unsigned>(random()) % 531441);
    const mpu_list first = plan_of<mpu_blocks>(wanted, 64, false);
    if (first.size() > backing::detail::most_mpu_regions) continue;
    mpu_blocks again{{base, base + 64 * 12}, 64, false};
    for (std::size_t i = 0; i != first.size(); ++i) again.take(first[i]);
    mpu_list second;
    again.plan(second);
    REQUIRE(means(second, wanted, 64, false, by_blocks));
  }
}

}  // namespace quire::test

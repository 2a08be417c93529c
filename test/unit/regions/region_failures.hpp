// SPDX-License-Identifier: BSL-1.0
#pragma once
// Makes each call of each operation on regions fail.
#include <cstddef>
#include <span>
#include <vector>

#include <quire/region_allocator.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/fakes/failing_calls.hpp"

namespace quire::test {

/// Two regions of eight granules: `used` has filled pages at 1, 2 and 5, and that at 5 is read-only; `other` is filled.
template <class A>
struct region_world {
  using regions_type = region_allocator<A>;

  template <class... Given>
  explicit region_world(Given... given) : regions(given...), granule(regions.granularity()) {
    used = regions.reserve(8 * granule).value();
    other = regions.reserve(8 * granule, {.initial = access::read_write}).value();
    (void)regions.commit(part(1, 2)).value();
    (void)regions.commit(part(5, 1)).value();
    fill(part(1, 2), 1);
    fill(part(5, 1), 1);
    fill(other, 2);
    if constexpr (requires { regions.protect({}, access::read); })
      (void)regions.protect(part(5, 1), access::read).value();
  }
  [[nodiscard]] std::span<std::byte> part(std::size_t from, std::size_t count) const {
    return used.subspan(from * granule, count * granule);
  }

  regions_type regions;
  std::size_t granule;
  std::span<std::byte> used, other;
};

/// `gives_up`: the pages from `first` on may lose their contents, or their access, when it fails.
template <class A>
struct operation_on_regions {
  const char* name;
  result<void> (*run)(region_world<A>&);
  std::size_t gives_up = 8;
};

inline result<void> outcome_of(const result<std::span<std::byte>>& got) {
  if (!got) return std::unexpected(got.error());
  return {};
}

template <class A>
std::vector<operation_on_regions<A>> operations_on_regions() {
  using world = region_world<A>;
  std::vector<operation_on_regions<A>> all{
      {"reserve", [](world& w) { return outcome_of(w.regions.reserve(w.granule)); }},
      {"reserve and commit",
       [](world& w) { return outcome_of(w.regions.reserve(w.granule, {.initial = access::read_write})); }},
      {"commit gaps", [](world& w) { return w.regions.commit(w.part(0, 5)); }},
      {"commit a gap", [](world& w) { return w.regions.commit(w.part(6, 2)); }},
      {"commit everything", [](world& w) { return w.regions.commit(w.part(0, 8)); }},
      {"decommit", [](world& w) { return w.regions.decommit(w.part(2, 6)); }, 2},
      {"decommit nothing", [](world& w) { return w.regions.decommit(w.part(3, 2)); }},
      {"release", [](world& w) { return w.regions.release(w.used); }},
  };
  if constexpr (requires(world& w) { w.regions.discard({}); })
    all.push_back({"discard", [](world& w) { return w.regions.discard(w.part(1, 2)); }, 1});
  if constexpr (requires(world& w) { w.regions.protect({}, access::read); })
    all.push_back({"protect", [](world& w) { return w.regions.protect(w.part(1, 2), access::read); }});
  if constexpr (region_allocator<A>::releases_tails)
    all.push_back({"release_tail", [](world& w) { return w.regions.release_tail(w.used, 2 * w.granule); }, 2});
  return all;
}

/// What a refused operation leaves: the same regions, and pages with their contents; those that are given up can be
/// decommitted and used anew, or the region is broken. Returns whether it is.
template <class A>
bool verify_after_refusal(region_world<A>& w, const operation_on_regions<A>& op, const region_statistics& before) {
  const region_statistics now = w.regions.statistics();
  bool broken = false;
  CHECK(now.regions == before.regions);
  CHECK(now.reserved == before.reserved);
  if (op.gives_up == 8) CHECK(now.committed == before.committed);
  for (const std::size_t at : {1U, 2U, 5U}) {
    const auto found = w.regions.find(w.part(at, 1).data());
    REQUIRE(found);
    if (at < op.gives_up) {
      CHECK(found->where == zone::accessible);
      CHECK(holds(w.part(at, 1), 1));
    } else if (const auto again = w.regions.decommit(w.part(at, 1)); !again) {
      CHECK(again.error().code == errc::broken);  // only release is left
      broken = true;
    } else {
      CHECK(w.regions.commit(w.part(at, 1)));
      CHECK(all_zero(w.part(at, 1)));
    }
  }
  CHECK(holds(w.other, 2));
  return broken;
}

/// `rules` say with what codes a call fails, and whether it may stop halfway; `charged` is told how many bytes are
/// committed.
template <class A, class Rules, class Charged, class... Given>
class every_failure_of_regions {
  using injector = typename detail::region_store<A>::calls::watcher;
  using operation = operation_on_regions<A>;

 public:
  static void of(const operation& op, Charged charged, Given... given) {
    const std::vector<made_call> calls = record(op, given...);
    bool has_tried = false, has_failed = false;
    for (std::size_t at = 0; at < calls.size(); ++at)
      for (const int code : Rules::errors_of(calls[at]))
        for (const bool halfway : {false, true}) {
          if (halfway && !Rules::may_stop_halfway(calls[at])) continue;
          INFO(op.name << ": call " << at << " fails with " << code << (halfway ? " halfway" : ""));
          injector::forget();
          attempt(op, {at, {code, halfway}}, {}, charged, given...);
          charged(std::size_t{0});
          has_tried = true;
          has_failed |= !injector::failed.empty();
          // What could not be unmapped while it was moved to its alignment stays.
          if (!injector::has_failed(effect::unmaps)) CHECK(injector::mapped.all().empty());
          CHECK_FALSE(injector::touched_foreign_memory);
        }
    CHECK(has_failed == has_tried);
  }

 private:
  static std::vector<made_call> record(const operation& op, Given... given) {
    injector::forget();
    region_world<A> w(given...);
    injector::arm();
    CHECK(op.run(w).has_value());
    return injector::made;
  }
  static void attempt(const operation& op, failure_plan plan, failure_plan second, Charged charged, Given... given) {
    region_world<A> w(given...);
    const region_statistics before = w.regions.statistics();
    injector::arm(plan, second);
    const result<void> got = op.run(w);
    injector::disarm();
    // Where the system's choice of addresses is aligned already, fewer calls are made than were recorded.
    if (injector::failed.empty()) CHECK(got.has_value());
    const bool broken = !got && verify_after_refusal(w, op, before);
    charged(w.regions.statistics().committed);
    if (broken)
      CHECK(w.regions.release(w.used));
    else if (!got)
      CHECK(op.run(w).has_value());
  }
};

template <class A, class Rules, class Charged, class... Given>
void survive_every_failure_of_regions(Charged charged, Given... given) {
  for (const operation_on_regions<A>& op : operations_on_regions<A>())
    every_failure_of_regions<A, Rules, Charged, Given...>::of(op, charged, given...);
}
template <class A, class Rules>
void survive_every_failure_of_regions() {
  survive_every_failure_of_regions<A, Rules>([](std::size_t) {});
}

}  // namespace quire::test

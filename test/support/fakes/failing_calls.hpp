// SPDX-License-Identifier: BSL-1.0
#pragma once
// Makes chosen calls fail, and keeps a journal of the mapped ranges.
#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "support/address_ranges.hpp"
#include "support/fakes/watched_calls.hpp"

namespace quire::test {

/// Call number `at` from now on, counted from 0, fails in this way.
struct failure_plan {
  static constexpr std::size_t never = static_cast<std::size_t>(-1);
  std::size_t at = never;
  intervention how{};
};

template <class Tag>
struct failure_injector {
  static inline std::array<failure_plan, 2> plans{};
  static inline std::size_t count = 0;
  static inline std::vector<made_call> made;    // since `arm`, including failed ones
  static inline std::vector<made_call> failed;  // calls that were made to fail
  static inline std::vector<made_call> done;    // calls that had an effect, if only on half of their range
  static inline address_ranges mapped;
  static inline bool touched_foreign_memory = false;  // a call concerned memory that the store has not mapped

  static void arm(failure_plan first = {}, failure_plan second = {}) {
    plans = {first, second};
    count = 0;
    made.clear();
    failed.clear();
    done.clear();
  }
  static void disarm() { plans = {}; }
  /// Forgets all calls and mappings, before the next attempt.
  static void forget() {
    arm();
    mapped = {};
    touched_foreign_memory = false;
  }
  [[nodiscard]] static bool has_failed(effect what) {
    return std::any_of(failed.begin(), failed.end(), [=](const made_call& c) { return effect_of(c) == what; });
  }

  static intervention before(const made_call& c) noexcept {
    const effect e = effect_of(c);
    if (e != effect::nothing && e != effect::maps_anew && !mapped.covers(c.where, c.bytes))
      touched_foreign_memory = true;
    made.push_back(c);
    const std::size_t now = count++;
    for (const auto& plan : plans)
      if (plan.at == now) {
        failed.push_back(c);
        return plan.how;
      }
    return {};
  }
  static void after(const made_call& c) noexcept {
    const effect e = effect_of(c);
    if (c.bytes != 0) done.push_back(c);
    if (e == effect::unmaps) mapped.erase(c.where, c.bytes);
    if (e == effect::maps_anew || e == effect::sets_access) mapped.set(c.where, c.bytes, c.detail);
  }
};

template <class Base, class Tag = void>
using failing_calls = watched_calls<Base, failure_injector<Tag>>;

}  // namespace quire::test

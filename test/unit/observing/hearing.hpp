// SPDX-License-Identifier: BSL-1.0
#pragma once
// Observers for tests.
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <quire/step_observer.hpp>

namespace quire::test {

/// Does nothing with what it is told.
struct deaf {
  static void saw(const observed_step&) noexcept {}
};

/// Keeps what it is told. For one thread.
struct hearing {
  static inline std::vector<observed_step> heard;

  static void saw(const observed_step& one) noexcept { heard.push_back(one); }
  /// Returns the steps since the last take().
  static std::vector<observed_step> take() { return std::exchange(heard, {}); }
  /// The names of their operations.
  static std::string take_names() {
    std::string names;
    for (const observed_step& each : take()) names += std::string(names.empty() ? "" : " ") + each.operation;
    return names;
  }
};

}  // namespace quire::test

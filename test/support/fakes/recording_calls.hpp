// SPDX-License-Identifier: BSL-1.0
#pragma once
// Records calls with their arguments, and makes them.
#include <utility>
#include <vector>

#include "support/fakes/watched_calls.hpp"

namespace quire::test {

template <class Tag>
struct recorder {
  static inline std::vector<made_call> made;

  static intervention before(const made_call&) noexcept { return {}; }
  static void after(const made_call& c) noexcept { made.push_back(c); }
  /// Returns the calls since the last take().
  static std::vector<made_call> take() { return std::exchange(made, {}); }
};

template <class Base, class Tag = void>
using recording_calls = watched_calls<Base, recorder<Tag>>;

}  // namespace quire::test

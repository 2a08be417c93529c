// SPDX-License-Identifier: BSL-1.0
#pragma once
// One instance of the translated program after the other, made in each way that there is.
#include <cstddef>
#include <span>

namespace bench {

/// How an instance is made ready, used and freed, or reset. `bytes` of input are then in its memory; it writes to four
/// pages of 4 KiB besides. Returns the nanoseconds of all that.
struct instance_life {
  const char* name;
  double (*live)(std::size_t bytes);
};

/// wabt's own runtime comes first. One at a time, in any order, from one thread.
[[nodiscard]] std::span<const instance_life> instance_lives();

}  // namespace bench

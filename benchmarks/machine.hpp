// SPDX-License-Identifier: BSL-1.0
#pragma once
// The machine on which the figures were measured.
#include <string>
#include <vector>

namespace bench {

struct fact {
  const char* name;
  std::string text;
};

[[nodiscard]] std::vector<fact> machine_facts();

/// Returns the bytes that can be used before the kernel swaps or kills a process.
[[nodiscard]] std::size_t available_bytes();

/// Pins the process to the last CPU that it may use, and returns its number; -1 on failure.
int pin_to_one_cpu();

}  // namespace bench

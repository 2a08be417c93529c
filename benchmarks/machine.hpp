#pragma once
// What the figures were measured on.
#include <string>
#include <vector>

namespace bench {

struct fact {
  const char* name;
  std::string text;
};

[[nodiscard]] std::vector<fact> machine_facts();

/// Bytes that can be used without anybody being swapped out or killed.
[[nodiscard]] std::size_t available_bytes();

/// Keeps the process on one CPU, the last that it may use, and returns which; -1 if it could not.
int pin_to_one_cpu();

}  // namespace bench

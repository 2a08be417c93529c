// SPDX-License-Identifier: BSL-1.0
#pragma once
// The options of the doctor.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace doctor {

/// The program that a user wants to run here. Sizes in bytes.
struct need {
  std::optional<std::uint64_t> memories, reservation, committed, pool_page;
  bool locked = false;
  std::vector<std::string> features;

  [[nodiscard]] bool is_stated() const {
    return memories || reservation || committed || pool_page || locked || !features.empty();
  }
  [[nodiscard]] std::uint64_t how_many() const { return memories.value_or(1); }
};

struct options {
  doctor::need need;
  bool as_json = false, with_sources = false, wants_help = false;
};

/// Parses "8GiB", "64K", "4096": units are powers of 1024. Empty for anything else.
[[nodiscard]] std::optional<std::uint64_t> size_in(std::string_view text);

/// Empty, with a sentence in `wrong`, if an option is invalid.
[[nodiscard]] std::optional<options> read_options(const std::vector<std::string>& arguments, std::string& wrong);

[[nodiscard]] std::string usage();

}  // namespace doctor

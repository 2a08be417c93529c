// SPDX-License-Identifier: BSL-1.0
#pragma once
// Whether a machine can meet a need.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <quire/system/platform_capabilities.hpp>

#include "options.hpp"

namespace doctor {

enum class kind : unsigned char { bytes, count, feature };

/// One resource that a need takes, and the amount that is available.
struct demand {
  std::string what;
  doctor::kind kind = kind::bytes;
  std::uint64_t wanted = 0;
  std::optional<std::uint64_t> room;  // unknown if the system hides it
  std::string remedy, hint{};

  [[nodiscard]] std::optional<bool> is_met() const { return room ? std::optional(*room >= wanted) : std::nullopt; }
};

/// `places`: how many reservations of the wanted size fit into the address space.
[[nodiscard]] std::vector<demand> judge(const need& stated, const quire::platform_capabilities& caps,
                                        std::optional<std::uint64_t> places);

/// 0: all are met; 1: one is not; 3: unknown.
[[nodiscard]] int status_of(const std::vector<demand>& demands);

}  // namespace doctor

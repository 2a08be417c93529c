// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>

#include <quire/policy.hpp>
#include <quire/tagging/mte.hpp>

namespace quire::tagging {

/// Hardware tags that are a function of a slot's index: 1 to 15 in turn, so that neighbours differ, and a pointer that
/// strays from one instance's memory into another's traps unless it lands a multiple of 15 slots away. Holds data: the
/// index.
template <mte_mode Mode = mte_mode::synchronous>
struct coloured {
  static_assert(Mode > mte_mode::none && Mode <= mte_mode::synchronous,
                "quire: a mode of coloured is synchronous, asymmetric, asynchronous or preferred");
  /// Slots that differ from each other; then the tags begin again.
  static constexpr unsigned colours = tag_count - 1;

  /// Of the memory, from 0.
  std::size_t slot = 0;

  /// The tag of a slot.
  [[nodiscard]] static constexpr unsigned colour_of(std::size_t slot) noexcept {
    return 1 + static_cast<unsigned>(slot % colours);
  }

  using axis = axes::tagging;
  constexpr void request(attributes& a) const noexcept {
    a.tags.checks = Mode;
    a.tags.choices = static_cast<std::uint16_t>(1U << colour_of(slot));
    a.tags.source = tag_source::given;
  }
};

}  // namespace quire::tagging

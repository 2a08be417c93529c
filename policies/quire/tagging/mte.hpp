// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstdint>

#include <quire/policy.hpp>
#include <quire/tagged_ptr.hpp>
#include <quire/tags.hpp>

namespace quire::tagging {

/// How tags are checked; see quire::tag_checks.
using mte_mode = tag_checks;

/// The third argument of mte: any of these, joined by `|`.
enum class mte_option : unsigned char { none = 0, allow_zero = 1, distinct_neighbours = 2, retag_on_reset = 4 };
/// Both options.
[[nodiscard]] constexpr mte_option operator|(mte_option a, mte_option b) noexcept {
  return static_cast<mte_option>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
/// Whether one option is among several.
[[nodiscard]] constexpr bool has(mte_option all, mte_option one) noexcept {
  return (static_cast<unsigned>(all) & static_cast<unsigned>(one)) != 0;
}

/// The mask may contain tag 0, which every pointer without a tag matches.
inline constexpr mte_option allow_zero = mte_option::allow_zero;

/// Tags checked by hardware: Arm's Memory Tagging Extension. Every 16 bytes of the memory carry one tag, data() carries
/// it too, and an access through a pointer with another tag traps: a stale pointer, a stray one, or one from beyond the
/// memory.
///
/// `Mode` is the minimum check that the allocating thread must have enabled. The policy does not enable it, because it
/// belongs to the thread (tagging::mte_thread_scope does): allocate fails with `not_permitted` if the thread checks
/// less, and with `not_supported` if machine or kernel have no tags. Other threads are checked as they have enabled it
/// themselves, or not at all. `Choices` is the set of tags from which one is drawn at random, bit n for tag n;
/// `not_permitted` if the thread's tag mask excludes all of them.
///
/// Tags are part of the pages, so all pages are populated when they are committed, and discard and reset clear in
/// place.
template <mte_mode Mode = mte_mode::synchronous, std::uint16_t Choices = 0xfffe, mte_option Options = mte_option::none>
struct mte {
  static_assert(Mode > mte_mode::none && Mode <= mte_mode::synchronous,
                "quire: a mode of mte is synchronous, asymmetric, asynchronous or preferred");
  static_assert(Choices != 0, "quire: the mask of mte is the set of tags to draw from: it must not be empty");
  static_assert(Choices % 2 == 0 || has(Options, mte_option::allow_zero),
                "quire: tag 0 is that of every pointer without a tag: say allow_zero, or leave bit 0 out of the mask");
  static_assert(!has(Options, mte_option::retag_on_reset) || std::popcount(Choices) > 1,
                "quire: retag_on_reset needs two tags to choose from");
  static_assert(!has(Options, mte_option::distinct_neighbours) || ((Choices & 0x5555) != 0 && (Choices & 0xaaaa) != 0),
                "quire: distinct_neighbours need an even and an odd tag to choose from");
  static_assert(!has(Options, mte_option::distinct_neighbours) || !has(Options, mte_option::retag_on_reset) ||
                    (std::popcount(Choices & 0x5555U) > 1 && std::popcount(Choices & 0xaaaaU) > 1),
                "quire: retag_on_reset of distinct_neighbours needs two even and two odd tags to choose from");
  static_assert(static_cast<unsigned>(Options) < 8, "quire: no such option of mte");
  static_assert(Choices % 2 == 1 || !has(Options, mte_option::allow_zero),
                "quire: allow_zero without bit 0 in the mask allows nothing");

  /// reset() draws another tag, so that stale pointers of the previous tenant trap. This changes the bits of data().
  using retag_on_reset = mte<Mode, Choices, Options | mte_option::retag_on_reset>;
  /// Adjacent memories, of any typedef with this policy, have different tags: even and odd ones in turn. Costs up to 2
  /// MiB of address space.
  using distinct_neighbours = mte<Mode, Choices, Options | mte_option::distinct_neighbours>;

  using axis = axes::tagging;
  constexpr void request(attributes& a) const noexcept {
    a.tags.checks = Mode;
    a.tags.choices = Choices;
    a.tags.source = tag_source::drawn;
    a.tags.retag_on_reset = has(Options, mte_option::retag_on_reset);
    a.tags.distinct_neighbours = has(Options, mte_option::distinct_neighbours);
  }
  static constexpr void shape(geometry& g) noexcept {
    g.odd_granule_count |= has(Options, mte_option::distinct_neighbours);
  }
};

}  // namespace quire::tagging

// SPDX-License-Identifier: BSL-1.0
#pragma once
// What backing::observed tells of each step that a store takes, and who may be told.
#include <chrono>
#include <concepts>
#include <optional>
#include <type_traits>

#include <quire/error.hpp>
#include <quire/store.hpp>

namespace quire {

/// One call of a store's operation, after it has returned.
struct observed_step {
  step at;                                   // the stage of the pipeline that it belongs to
  const char* operation;                     // its name in the store concepts ("commit", "advise_huge", …), a literal
  page_run run;                              // the pages; a null base if there are none, as after a refused reservation
  int native;                                // 0, or the code with which it was refused
  errc (*code_of)(step, int) noexcept;       // the store's
  std::chrono::nanoseconds began{}, took{};  // by the observer's clock, since its epoch; 0 without a clock

  /// What the store refused, if it did. The errc is that of the native code; the caller's error may say more, since a
  /// cause is looked for only afterwards.
  [[nodiscard]] constexpr std::optional<error> refused() const noexcept {
    return native == 0 ? std::nullopt : std::optional(error{code_of(at, native), at, native});
  }
};

/// Is told of steps by the thread that takes them, right after each, by several threads at once. An empty type, so that
/// a typedef keeps its size and its default constructor, also in pools and regions: what it collects lies elsewhere.
///
/// `saw` must not use the memory that it is told about, nor map, unmap or protect pages: it runs between a refusal and
/// the search for its cause, under the lock of a pool or a region_allocator, and wherever a destructor runs. With a
/// `clock` each step is timed by two readings of it; without one none is made.
template <class O>
concept step_observer = std::is_empty_v<O> && requires(const observed_step& one) {
  { O::saw(one) } noexcept -> std::same_as<void>;
} && (!requires { typename O::clock; } || requires {
  { O::clock::now().time_since_epoch() } -> std::convertible_to<std::chrono::nanoseconds>;
  requires noexcept(O::clock::now());
});

/// Tells objects of static storage duration, such as a step_counts and a step_trace, by their members `saw`. The clock
/// is that of the first.
template <auto& First, auto&... Others>
struct seen_by {
  /// The clock of `First`.
  using clock = typename std::remove_cvref_t<decltype(First)>::clock;
  /// Tells `First`, then the others.
  static void saw(const observed_step& one) noexcept {
    First.saw(one);
    (Others.saw(one), ...);
  }
};

}  // namespace quire

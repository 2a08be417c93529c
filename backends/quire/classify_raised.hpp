// SPDX-License-Identifier: BSL-1.0
#pragma once
// Determines whether a fault, however the system reported it, concerns a memory, and its cause.
#include <concepts>
#include <cstddef>

#include <quire/access.hpp>
#include <quire/calls/fault/raised.hpp>
#include <quire/fault_cause.hpp>

namespace quire {

namespace detail {

[[nodiscard]] constexpr fault_cause cause_of(calls::fault_kind kind, zone where) noexcept {
  using enum calls::fault_kind;
  if (kind == tag) return fault_cause::tag_mismatch;
  if (kind == late_tag) return fault_cause::tag_mismatch_late;
  if (kind == key) return fault_cause::protection_key;
  switch (where) {
    case zone::outside: return fault_cause::unrelated;
    case zone::reserved: return fault_cause::uncommitted;
    case zone::accessible: return kind == refused ? fault_cause::access : fault_cause::no_page;
    default: return fault_cause::guard;
  }
}

}  // namespace detail

/// A type that classifies addresses as page_allocator does.
template <class A>
concept tells_zones = requires(const A& a, const void* p) {
  { a.zone_of(p) } noexcept -> std::same_as<zone>;
};

/// Reads only its arguments, among them the objects, which no other thread may change meanwhile.
template <tells_zones... A>
[[nodiscard]] fault_report classify_raised(const calls::raised_fault& raised, const A&... memories) noexcept {
  fault_report told{.address = raised.address, .tag = raised.tag};
  zone where = zone::outside;
  [[maybe_unused]] std::size_t asked = 0;
  [[maybe_unused]] const auto take = [&](zone seen_from_it) {
    if (where == zone::outside && seen_from_it != zone::outside) {
      where = seen_from_it;
      told.memory = asked;
    }
    ++asked;
  };
  (take(memories.zone_of(raised.address)), ...);
  told.cause = detail::cause_of(raised.kind, where);
  return told;
}

}  // namespace quire

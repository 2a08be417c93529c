#pragma once
// Which wall Linux met at a step, and what it lacks.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/attributes.hpp>
#include <quire/backing/linux_cgroups.hpp>
#include <quire/backing/linux_figures.hpp>
#include <quire/backing/linux_headroom.hpp>
#include <quire/backing/verdict.hpp>
#include <quire/error.hpp>
#include <quire/node_set.hpp>

namespace quire::detail {

inline constexpr std::uint64_t mappings_of_a_memory = 3;

/// Where it was not a call that refused, but figures that were compared before. Though they may have changed since, it
/// was the nearest wall.
template <class Calls>
[[nodiscard]] explanation assured_shortage(const attributes& wishes, std::uint64_t wanted) noexcept {
  verdict v(0, taken_for<Calls>(wanted, wishes));
  v.consider(number_of_mappings<Calls>(), mappings_of_a_memory);
  consider_headroom<Calls>(v, wishes);
  return v.result();
}

/// What the kernel notes of a mapping is of the group's memory too: the group that has none for it, if there is one.
template <class Calls>
[[nodiscard]] std::optional<explanation> full_group() noexcept {
  const std::uint64_t held = held_in_advance<Calls>();
  if (held == UINT64_MAX) return std::nullopt;
  verdict v(held, 0);
  (void)consider_cgroups<Calls>(v);
  return v.is_sure() ? std::optional(v.result()) : std::nullopt;
}

template <class Calls>
[[nodiscard]] explanation linux_shortage(step at, const attributes& wishes, std::uint64_t wanted,
                                         std::uint64_t least) noexcept {
  if (at == step::commit && wishes.assured) return assured_shortage<Calls>(wishes, std::max(wanted, least));
  verdict v(wanted, least);
  if (at != step::populate) v.consider(number_of_mappings<Calls>(), mappings_of_a_memory);
  if (at == step::reserve) {
    v.consider(address_space_limit<Calls>());
    v.consider(address_space<Calls>());
  }
  if (at == step::commit || at == step::protect) {
    v.consider(data_limit<Calls>());
    v.consider(commit_limit<Calls>());
  }
  if (at == step::lock) v.consider(locked_limit<Calls>());
  const bool from_pool = wishes.huge == huge_wish::from_pool;
  // A pool's pages are taken again after discard, and when pages can be touched again.
  if (from_pool && (at == step::populate || at == step::lock || at == step::discard || at == step::protect))
    consider_pool<Calls>(v, wishes);
  if (at == step::populate || at == step::lock) {
    if (from_pool)
      (void)consider_cgroups<Calls>(v);
    else
      consider_memory<Calls>(v, wishes.numa);
  } else if (!v.is_sure()) {
    if (const auto full = full_group<Calls>()) return *full;
  }
  return v.result();
}

template <class Calls>
[[nodiscard]] bool can_place(const numa_wish& wish) noexcept {
  node_set allowed;
  int unused = 0;
  if (Calls::get_mempolicy(&unused, allowed.words(), node_set::capacity, nullptr, Calls::numa_of_process) != 0)
    return false;
  const node_set wished = wish.nodes != nullptr ? *wish.nodes : node_set{wish.node};
  for (std::size_t i = 0; i < node_set::capacity / node_set::bits_per_word; ++i)
    if ((wished.words()[i] & ~allowed.words()[i]) != 0) return false;
  return !wished.overflown();
}

/// What is missing where a call said that it does not exist, or that its arguments make no sense.
template <class Calls>
[[nodiscard]] explanation linux_lack(step at, int native, const attributes& wishes) noexcept {
  const auto by = [](std::string_view whose) { return explanation{wall::unsupported, whose, {}, {}}; };
  if (native == Calls::no_call) return by("this kernel");
  if (at == step::commit && native == Calls::unsupported && wishes.assured)
    return by("this machine: a limit on memory is hidden");
  if (at == step::tag && native == Calls::unsupported) return by("this machine: no memory tagging");
  if (wishes.huge == huge_wish::from_pool && !huge_page_pool<Calls>(wishes.huge_bytes).limit)
    return by("this machine: no huge pages of that size");
  if (at == step::dress) {
    if (wishes.numa.mode > numa_mode::local && !can_place<Calls>(wishes.numa))
      return by("this machine: a node is absent or not allowed");
    if (demands_of(wishes).huge_advice && !text_lines<Calls>("/sys/kernel/mm/transparent_hugepage/enabled").is_open())
      return by("this kernel: no transparent huge pages");
    if (wishes.mapping_name.given() && Calls::name_mapping(nullptr, 0, wishes.mapping_name.get()) != 0)
      return by("this kernel: no names of mappings");
  }
  return by("this kernel or this machine");
}

}  // namespace quire::detail

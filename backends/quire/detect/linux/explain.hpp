// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which limit Linux met at a step, and which feature it lacks.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/capabilities.hpp>
#include <quire/error.hpp>
#include <quire/node_set.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/system/asked_for.hpp>
#include <quire/system/limit_analysis.hpp>
#include <quire/system/linux/address_gaps.hpp>
#include <quire/system/linux/cgroup_memory.hpp>
#include <quire/system/linux/headroom.hpp>
#include <quire/system/linux/proc_values.hpp>

namespace quire::detail {

/// For a refusal that came from a comparison of values, not from a call. The values may have changed since, but this
/// was the nearest limit.
template <class Calls>
[[nodiscard]] explanation explain_assured(const attributes& requested, const asked_for& asked) noexcept {
  limit_analysis v(0, taken_for<Calls>(std::max(asked.committed, asked.least), requested));
  consider_headroom<Calls>(v, requested, asked.released_least());
  if (!v.is_exhausted()) v.consider_count(number_of_mappings<Calls>(), mappings_of_a_memory);
  return v.result();
}

/// The kernel charges its records of a mapping to the group as well. Returns the group that has no memory left for
/// them, if there is one.
template <class Calls>
[[nodiscard]] std::optional<explanation> full_group() noexcept {
  const std::uint64_t held = memcg_stock_bytes<Calls>();
  if (held == UINT64_MAX) return std::nullopt;
  limit_analysis v(held, 0);
  (void)consider_cgroups<Calls>(v, throttling::ignored);
  return v.is_exhausted() ? std::optional(v.result()) : std::nullopt;
}

/// The kernel counts committed memory separately for each processor, and sums up when 1/256 of memory is missing from
/// the sum: it may refuse that much earlier than its values suggest.
template <class Calls>
[[nodiscard]] std::optional<explanation> inexact_commit_limit(const asked_for& asked) noexcept {
  const optional_count memory = field_in<Calls>("/proc/meminfo", "MemTotal");
  if (!memory) return std::nullopt;
  limit_analysis v(std::max(asked.committed, asked.least), 0);
  v.want_more(*memory / 256);
  v.consider(commit_limit<Calls>(asked.released_most()));
  return v.is_exhausted() ? std::optional(v.result()) : std::nullopt;
}

/// mmap returns EAGAIN for this limit alone, which other reservations do not meet.
template <class Calls>
[[nodiscard]] bool may_be_the_lock_limit(step at, int native) noexcept {
  return at == step::lock || (native == Calls::again && at != step::configure && at != step::populate);
}

/// The requested size is known except for the maximum, which allocate may have been given: the smallest size possible
/// is considered first, then the size without a maximum.
template <class Calls>
[[nodiscard]] explanation explain_reserve(int native, const asked_for& asked) noexcept {
  explanation found;
  for (const std::uint64_t bytes : {asked.reserved_least, asked.reserved_most}) {
    limit_analysis v(std::max<std::uint64_t>(bytes, 1), 0);
    if (native == Calls::again) {
      v.consider(locked_limit<Calls>());
    } else {
      v.consider(address_space_limit<Calls>());
      v.consider(address_space<Calls>());
      if (!v.is_exhausted()) v.consider_count(number_of_mappings<Calls>(), mappings_of_a_memory);
    }
    found = v.result();
    if (v.is_exhausted()) return found;
  }
  if (const auto full = full_group<Calls>()) return *full;
  return found;
}

/// How far the nearest gap is for the smallest size possible, if it is out of reach.
template <class Calls>
[[nodiscard]] std::optional<explanation> explain_reach(const attributes& requested, const asked_for& asked) noexcept {
  bool was_read = false;
  const std::uint64_t page = Calls::page_bytes();
  const auto nearest = find_gap<Calls>(std::max(asked.reserved_least, page), std::max(asked.alignment, page),
                                       requested.addresses, was_read);
  if (nearest && nearest->distance <= requested.addresses.reach) return std::nullopt;
  const optional_count distance = nearest ? optional_count(nearest->distance) : std::nullopt;
  return explanation{limit_kind::reach, "", distance, requested.addresses.reach};
}

/// Limits are compared before mappings are counted: if both are nearly reached, only the limits are exact, because a
/// call that changes access needs between zero and two more mappings.
template <class Calls>
void consider_step(limit_analysis& v, step at, int native, const attributes& requested,
                   const asked_for& asked) noexcept {
  const bool from_pool = requested.huge == huge_request::from_pool;
  const bool brings_in = at == step::populate || at == step::lock;
  if (at == step::commit || at == step::protect) {
    v.consider(data_limit<Calls>());
    v.consider(commit_limit<Calls>(asked.released_least()));
  }
  if (may_be_the_lock_limit<Calls>(at, native)) v.consider(locked_limit<Calls>());
  if (at != step::populate && !v.is_exhausted()) v.consider_count(number_of_mappings<Calls>(), mappings_of_a_memory);
  if (brings_in && asked.committed != 0) v.want_more(taken_for<Calls>(asked.committed, requested) - asked.committed);
  // Pages of a pool are populated again after discard, and when they become accessible again.
  if (from_pool && (brings_in || at == step::discard || at == step::protect)) consider_pool<Calls>(v, requested);
  if (brings_in && from_pool) (void)consider_cgroups<Calls>(v, throttling::ignored);
  if (brings_in && !from_pool) consider_memory<Calls>(v, requested.numa, throttling::ignored);
}

template <linux_calls Calls>
[[nodiscard]] explanation explain_exhausted(step at, int native, const attributes& requested,
                                            const asked_for& asked) noexcept {
  if (at == step::reserve && requested.addresses.given && native == Calls::no_memory)
    if (const auto told = explain_reach<Calls>(requested, asked)) return *told;
  if (at == step::reserve) return explain_reserve<Calls>(native, asked);
  if (at == step::commit && requested.assured) return explain_assured<Calls>(requested, asked);
  limit_analysis v(asked.committed, asked.least);
  consider_step<Calls>(v, at, native, requested, asked);
  if (v.is_exhausted() || at == step::populate || at == step::lock) return v.result();
  if (at == step::commit || at == step::protect)
    if (const auto commit = inexact_commit_limit<Calls>(asked)) return *commit;
  if (const auto full = full_group<Calls>()) return *full;
  return v.result();
}

template <class Calls>
[[nodiscard]] bool allows_nodes(const numa_request& request) noexcept {
  node_set allowed;
  int unused = 0;
  if (Calls::get_mempolicy(&unused, allowed.words(), node_set::capacity, nullptr, Calls::numa_of_process) != 0)
    return false;
  const node_set requested = request.nodes != nullptr ? *request.nodes : node_set{request.node};
  for (std::size_t i = 0; i < node_set::capacity / node_set::bits_per_word; ++i)
    if ((requested.words()[i] & ~allowed.words()[i]) != 0) return false;
  return !requested.overflown();
}

template <linux_calls Calls>
[[nodiscard]] optional_count locked_bytes() noexcept {
  return status_of<Calls>("VmLck");
}

/// Which feature is missing if a call reported that it does not exist, or that its arguments are invalid.
template <linux_calls Calls>
[[nodiscard]] explanation explain_unsupported(step at, int native, const attributes& requested) noexcept {
  const auto by = [](std::string_view owner) { return explanation{limit_kind::unsupported, owner, {}, {}}; };
  if (native == Calls::no_call) return by("this kernel");
  if (at == step::commit && native == Calls::unsupported && requested.assured)
    return by("this machine: a limit on memory is hidden");
  if (at == step::tag && native == Calls::unsupported) return by("this machine: no memory tagging");
  if (requested.huge == huge_request::from_pool && !huge_page_pool<Calls>(requested.huge_bytes).limit)
    return by("this machine: no huge pages of that size");
  if (at == step::configure) {
    if (requested.numa.mode > numa_mode::local && !allows_nodes<Calls>(requested.numa))
      return by("this machine: a node is absent or not allowed");
    if (capability::huge_advice::demanded(requested) &&
        !line_reader<Calls>("/sys/kernel/mm/transparent_hugepage/enabled").is_open())
      return by("this kernel: no transparent huge pages");
    if (requested.mapping_name.given() && Calls::name_mapping(nullptr, 0, requested.mapping_name.get()) != 0)
      return by("this kernel: no names of mappings");
  }
  return by("this kernel or this machine");
}

}  // namespace quire::detail

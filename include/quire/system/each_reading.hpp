// SPDX-License-Identifier: BSL-1.0
#pragma once
// Visits all readings of a machine by name, for code that prints or checks all of them.
#include <quire/system/platform_capabilities.hpp>

namespace quire {

namespace detail {

template <class F>
constexpr void visit(const memory_facts& memory, F f) {
  f("memory", "page_bytes", memory.page_bytes);
  f("memory", "address_bits", memory.address_bits);
  f("memory", "default_address_bits", memory.default_address_bits);
  f("memory", "total", memory.total);
  f("memory", "available", memory.available);
  f("memory", "swap_total", memory.swap_total);
  f("memory", "swap_free", memory.swap_free);
  f("memory", "numa_nodes", memory.numa_nodes);
  f("memory", "nodes_allowed", memory.nodes_allowed);
  f("memory", "within_reach", memory.within_reach);
}

template <class F>
constexpr void visit(const huge_page_facts& huge, F f) {
  f("huge_pages", "pools", huge.pools);
  f("huge_pages", "transparent", huge.transparent);
  f("huge_pages", "effort", huge.effort);
  f("huge_pages", "block_bytes", huge.block_bytes);
  f("huge_pages", "allowed_in_process", huge.allowed_in_process);
  f("huge_pages", "in_process", huge.in_process);
  f("huge_pages", "folios", huge.folios);
  f("huge_pages", "first_touch_bytes", huge.first_touch_bytes);
  f("huge_pages", "come_when_touched", huge.come_when_touched);
  f("huge_pages", "come_when_collapsed", huge.come_when_collapsed);
}

template <class F>
constexpr void visit(const limit_facts& limits, F f) {
  f("limits", "address_space", limits.address_space.limit);
  f("limits", "address_space_used", limits.address_space.used);
  f("limits", "data", limits.data.limit);
  f("limits", "data_used", limits.data.used);
  f("limits", "locked", limits.locked.limit);
  f("limits", "locked_used", limits.locked.used);
  f("limits", "mappings", limits.mappings.limit);
  f("limits", "mappings_used", limits.mappings.used);
  f("limits", "overcommit", limits.overcommit);
  f("limits", "commit", limits.commit.limit);
  f("limits", "commit_used", limits.commit.used);
}

template <class F>
constexpr void visit(const control_group_facts& groups, F f) {
  f("groups", "layout", groups.layout);
  f("groups", "memory_interface", groups.memory_interface);
  f("groups", "smallest", groups.smallest);
  f("groups", "tightest", groups.tightest);
  f("groups", "throttled", groups.throttled);
  f("groups", "whole_path", groups.whole_path);
  f("groups", "kills", groups.kills);
}

}  // namespace detail

/// Calls f(group, name, reading) for each reading, in the order of the struct.
template <class F>
constexpr void for_each_reading(const platform_capabilities& caps, F f) {
  detail::visit(caps.memory, f);
  f("numa", "nodes", caps.nodes);
  detail::visit(caps.huge_pages, f);
  detail::visit(caps.limits, f);
  detail::visit(caps.groups, f);
  f("stalls", "some", caps.stalls.some);
  f("stalls", "full", caps.stalls.full);
  for (const memory_feature each : detected_features) f("features", name(each), caps.features[each].usable);
  f("system", "kernel", caps.system.kernel);
  f("system", "filter", caps.system.filter);
  f("system", "initial_user_namespace", caps.system.initial_user_namespace);
}

}  // namespace quire

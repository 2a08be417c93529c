// SPDX-License-Identifier: BSL-1.0
#pragma once
// Capabilities of a machine that are known without a query, for targets that cannot be queried.
#include <cstdint>
#include <string_view>

#include <quire/capabilities.hpp>
#include <quire/store.hpp>
#include <quire/system/platform_capabilities.hpp>

namespace quire {

/// The capabilities that follow from a store, at compile time if the store's own functions are constexpr. A feature
/// without a call in the store is known to be absent; one with a call may still fail on a machine, and is unknown.
template <backing_store Store>
[[nodiscard]] constexpr platform_capabilities static_capabilities(const Store& store = {}) noexcept {
  constexpr std::string_view source = "the store";
  const auto at_most = [source](bool has_call) {
    return has_call ? feature{} : feature{.usable = {false, source}, .refusal = 0};
  };
  platform_capabilities caps;
  caps.memory.page_bytes = {std::uint64_t{store.page_bytes()}, source};
  if constexpr (buffer_store<Store>) caps.memory.total = {std::uint64_t{store.buffer_bytes()}, source};
  if constexpr (!huge_pool_store<Store>) caps.huge_pages.pools = {huge_pool_list{}, source};
  if constexpr (!huge_advising_store<Store>) caps.huge_pages.come_when_touched = {false, source};
  if constexpr (!collapsing_store<Store>) caps.huge_pages.come_when_collapsed = {false, source};
  caps.features[memory_feature::discard] = at_most(discarding_store<Store>);
  caps.features[memory_feature::populate] = at_most(populating_store<Store>);
  caps.features[memory_feature::guard_markers] = at_most(requires { Store::calls::advice_install_guard; });
  caps.features[memory_feature::sealing] = at_most(requires { Store::calls::mseal(nullptr, 0); });
  caps.features[memory_feature::locking] = at_most(locking_store<Store>);
  caps.features[memory_feature::mapping_names] = at_most(naming_store<Store>);
  caps.features[memory_feature::placement] = at_most(numa_placing_store<Store>);
  caps.features[memory_feature::memory_tags] = at_most(tagging_store<Store>);
  return caps;
}

}  // namespace quire

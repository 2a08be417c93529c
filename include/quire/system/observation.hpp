// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a system reports about pages: the result of a store's `observe`.
#include <cstddef>
#include <optional>

#include <quire/node_set.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/system/bounded.hpp>

namespace quire {

/// The name of a mapping; empty if it has none.
using mapping_label = bounded_text<80>;  // Linux: ANON_VMA_NAME_MAX_LEN

/// The NUMA policy of pages, and the nodes that it names; `anywhere` and `local` name none.
struct observed_placement {
  numa_mode mode;
  node_set nodes;
  friend constexpr bool operator==(const observed_placement&, const observed_placement&) = default;
};

/// A value is unknown (empty) where the system hides it, cannot report it for these pages alone, or reports different
/// values for different pages. It is never a copy of the request.
struct observation {
  /// The type of `name`.
  using label = mapping_label;
  /// The type of `placement`.
  using policy = observed_placement;

  // For the accessible pages:
  std::optional<std::size_t> resident_bytes;  // in physical memory, pool pages included
  std::optional<std::size_t> page_bytes;      // the kernel's page size of this mapping, without transparent huge pages
  std::optional<std::size_t> huge_bytes;      // in transparent huge pages, mapped as such, without smaller folios
  std::optional<std::size_t> pool_bytes;      // in huge pages of a pool
  std::optional<huge_request> huge_advice;    // the advice in force; `from_pool` for pool pages
  std::optional<bool> huge_eligible;          // whether advice may take effect: false where huge pages are switched off
  std::optional<observed_placement> placement;  // the NUMA policy
  std::optional<node_set> nodes;            // where resident pages lie, by samples; unknown if no sample is resident
  std::optional<bool> locked;               // this and the next two: true if it holds for every page
  std::optional<bool> excluded_from_dumps;  // from core dumps
  std::optional<bool> not_inherited;        // by child processes
  std::optional<mapping_label> name;        // of the mapping, as tools show it
  std::optional<unsigned> tag;              // hardware tag of the pages; unknown if they take none or cannot be read

  // For the reservation around them:
  std::optional<std::size_t> inaccessible_before;  // bytes mapped without access, up to the base
  std::optional<std::size_t> inaccessible_after;   // bytes mapped without access, from the accessible end on

  friend constexpr bool operator==(const observation&, const observation&) = default;
};

}  // namespace quire

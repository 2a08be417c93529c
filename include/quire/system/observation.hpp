#pragma once
// What a system says about pages when it is asked: the answer of a store's `observe`.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include <quire/node_set.hpp>
#include <quire/policy/attributes.hpp>

namespace quire {

/// The name that a mapping carries. Empty: it carries none.
struct mapping_label {
  static constexpr std::size_t capacity = 80;  // Linux: ANON_VMA_NAME_MAX_LEN

  char text[capacity]{};
  std::size_t length = 0;

  constexpr mapping_label() = default;
  constexpr explicit mapping_label(std::string_view label) noexcept : length(std::min(label.size(), capacity)) {
    std::copy_n(label.data(), length, text);
  }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, length}; }
  friend constexpr bool operator==(const mapping_label& a, std::string_view b) noexcept { return a.view() == b; }
  friend constexpr bool operator==(const mapping_label&, const mapping_label&) = default;
};

/// The NUMA policy of pages, and the nodes that it names; `anywhere` and `local` name none.
struct observed_placement {
  numa_mode mode;
  node_set nodes;
  friend constexpr bool operator==(const observed_placement&, const observed_placement&) = default;
};

/// A value is unknown (empty) where the system hides it, cannot say it of these pages alone, or says different things
/// of different pages. It is never what was asked for.
struct observation {
  using label = mapping_label;
  using policy = observed_placement;

  // Of the accessible pages.
  std::optional<std::size_t> resident_bytes;  // in physical memory, pool pages included
  std::optional<std::size_t> page_bytes;      // the kernel's page of this mapping; transparent huge pages do not count
  std::optional<std::size_t> huge_bytes;      // in transparent huge pages, mapped as such; smaller folios do not count
  std::optional<std::size_t> pool_bytes;      // in huge pages of a pool
  std::optional<huge_request> huge_advice;    // the advice that stands; `from_pool` where the pages are a pool's
  std::optional<bool> huge_eligible;          // whether advice may have an effect: false where they are switched off
  std::optional<observed_placement> placement;
  std::optional<node_set> nodes;  // where resident pages lie, by samples; unknown where no sample is resident
  std::optional<bool> locked;     // this and the next two: true where it holds for every page
  std::optional<bool> excluded_from_dumps;
  std::optional<bool> not_inherited;
  std::optional<mapping_label> name;
  std::optional<unsigned> tag;  // of hardware, in the pages; unknown where they take none or cannot be read

  // Of the reservation around them.
  std::optional<std::size_t> inaccessible_before;  // bytes mapped without access, up to the base
  std::optional<std::size_t> inaccessible_after;   // likewise, from the accessible end on

  friend constexpr bool operator==(const observation&, const observation&) = default;
};

}  // namespace quire

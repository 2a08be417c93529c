// SPDX-License-Identifier: BSL-1.0
#pragma once
// The reservations of the modelled process.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <quire/units.hpp>

#include "models/windows/model/model.hpp"
#include "models/windows/model/page_states.hpp"

namespace quire::test {

/// The kind of a part of a reservation that the system keeps apart from its neighbours.
enum class windows_part : unsigned char { ordinary, placeholder, in_place_of_one, shared_view, copying_view };

/// Made by one call and released by one call.
struct windows_allocation {
  std::byte* base;
  page_states pages;
  std::optional<unsigned> node;
  windows_part part = windows_part::ordinary;

  [[nodiscard]] bool is_view() const { return part == windows_part::shared_view || part == windows_part::copying_view; }
  /// Parts made from placeholders do not extend to the end of a granule.
  [[nodiscard]] std::size_t taken() const {
    return part == windows_part::ordinary ? align_up(pages.bytes(), windows_model::allocation_granularity)
                                          : pages.bytes();
  }

  [[nodiscard]] std::byte* end() const { return base + pages.bytes(); }
  [[nodiscard]] bool contains(const std::byte* p) const { return base <= p && p < end(); }
};

/// All pages that have a byte in [p, p + bytes), within one allocation.
struct windows_range {
  windows_allocation* in = nullptr;
  std::size_t begin = 0, end = 0;  // offsets

  [[nodiscard]] std::byte* address() const { return in->base + begin; }
  [[nodiscard]] std::size_t bytes() const { return end - begin; }
};

struct windows_allocations {
  static inline std::vector<windows_allocation> all;

  static windows_allocation* at(const void* p) {
    for (auto& each : all)
      if (each.contains(static_cast<const std::byte*>(p))) return &each;
    return nullptr;
  }
  /// Returns nothing if the range leaves its allocation.
  static std::optional<windows_range> range(void* p, std::size_t bytes) {
    windows_allocation* const in = at(p);
    if (in == nullptr || bytes == 0) return std::nullopt;
    const auto offset = static_cast<std::size_t>(static_cast<std::byte*>(p) - in->base);
    if (bytes > in->pages.bytes() - offset) return std::nullopt;
    const std::size_t page = windows_model::machine.page;
    return windows_range{in, align_down(offset, page), align_up(offset + bytes, page)};
  }
  static void erase(const windows_allocation* gone) { all.erase(all.begin() + (gone - all.data())); }
  template <class F>
  static std::uint64_t sum(F is_so) {
    std::uint64_t bytes = 0;
    for (const auto& each : all) bytes += each.pages.count(0, each.pages.bytes(), is_so);
    return bytes;
  }
};

}  // namespace quire::test

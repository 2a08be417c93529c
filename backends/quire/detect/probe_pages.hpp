// SPDX-License-Identifier: BSL-1.0
#pragma once
// A few pages on which features are probed.
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/calls/mapping.hpp>
#include <quire/system/linux/resident.hpp>
#include <quire/units.hpp>

namespace quire::detail {

/// Untouched readable and writable pages, at a given alignment. Check `error()` first.
template <class Calls>
class probe_pages {
 public:
  explicit probe_pages(std::size_t bytes = Calls::page_bytes(), std::size_t alignment = 1) noexcept
      : mapped_(bytes + (alignment > 1 ? alignment : 0)),
        map_(Calls::mmap(nullptr, mapped_, Calls::prot_read | Calls::prot_write, Calls::map_reservation)) {
    if (error() != 0) return;
    const auto begin = reinterpret_cast<std::uintptr_t>(map_.address);
    base_ = static_cast<std::byte*>(map_.address) + (align_up(begin, alignment) - begin);
  }
  probe_pages(const probe_pages&) = delete;
  probe_pages& operator=(const probe_pages&) = delete;
  ~probe_pages() {
    if (error() == 0) (void)Calls::munmap(map_.address, mapped_);
  }

  [[nodiscard]] int error() const noexcept { return map_.error; }
  [[nodiscard]] std::byte* base() const noexcept { return base_; }
  void touch(std::size_t offset = 0) const noexcept { *at(offset) = std::byte{1}; }
  [[nodiscard]] bool is_zero(std::size_t offset = 0) const noexcept { return *at(offset) == std::byte{}; }
  /// How many pages of a range are resident. Unknown if the system does not report it.
  [[nodiscard]] std::optional<unsigned> pages_there(std::size_t offset, std::size_t bytes) const noexcept {
    const auto there = resident_bytes<Calls>(base_ + offset, bytes);
    return there ? std::optional(static_cast<unsigned>(*there / Calls::page_bytes())) : std::nullopt;
  }

 private:
  /// Volatile, because probing has effects that the compiler does not see.
  [[nodiscard]] volatile std::byte* at(std::size_t offset) const noexcept { return base_ + offset; }

  std::size_t mapped_;
  calls::mapping map_;
  std::byte* base_ = nullptr;
};

}  // namespace quire::detail

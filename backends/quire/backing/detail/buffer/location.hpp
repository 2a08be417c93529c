// SPDX-License-Identifier: BSL-1.0
#pragma once
// Where a buffer lies and whether it is in use, in all forms in which a program can state it.
#include <array>
#include <cstddef>
#include <cstdint>

#include <quire/static_storage.hpp>
#include <quire/store.hpp>

namespace quire::backing::detail {

/// A buffer without a stated alignment is checked for that of std::max_align_t when it is claimed.
inline constexpr std::size_t usual_alignment = alignof(std::max_align_t);

struct never_claimed {
  static constexpr bool is_claimable() noexcept { return false; }
  static constexpr bool take() noexcept { return true; }
  static constexpr void give_back() noexcept {}
};
template <storage_claim& Claim>
struct claimed_by {
  static constexpr bool is_claimable() noexcept { return true; }
  static bool take() noexcept { return Claim.take(); }
  static void give_back() noexcept { Claim.give_back(); }
};

template <auto&... Where>
struct place;

/// Given at run time.
template <>
struct place<> {
  static constexpr std::size_t alignment = usual_alignment;

  [[nodiscard]] constexpr std::byte* begin() const noexcept { return all.base; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return all.bytes; }
  [[nodiscard]] constexpr bool is_claimable() const noexcept { return claim != nullptr; }
  [[nodiscard]] bool take() const noexcept { return claim == nullptr || claim->take(); }
  void give_back() const noexcept {
    if (claim != nullptr) claim->give_back();
  }

  page_run all{};
  storage_claim* claim = nullptr;
};

template <std::size_t Bytes, verification Level, std::size_t Alignment,
          static_storage<Bytes, Level, Alignment>& Storage>
struct place<Storage> : claimed_by<Storage.claim> {
  static constexpr std::size_t alignment = Alignment;
  static std::byte* begin() noexcept { return Storage.data(); }
  static constexpr std::size_t size() noexcept { return static_storage<Bytes, Level, Alignment>::bytes; }
};

template <std::size_t Bytes, std::byte (&Array)[Bytes]>
struct place<Array> : never_claimed {
  static constexpr std::size_t alignment = usual_alignment;
  static std::byte* begin() noexcept { return Array; }
  static constexpr std::size_t size() noexcept { return Bytes; }
};
template <std::size_t Bytes, std::array<std::byte, Bytes>& Array>
struct place<Array> : never_claimed {
  static constexpr std::size_t alignment = usual_alignment;
  static std::byte* begin() noexcept { return Array.data(); }
  static constexpr std::size_t size() noexcept { return Bytes; }
};

/// Empty if the symbols are in the wrong order.
template <std::byte (&Begin)[], std::byte (&End)[]>
struct between {
  static constexpr std::size_t alignment = usual_alignment;
  static std::byte* begin() noexcept { return Begin; }
  static std::size_t size() noexcept {
    const auto from = reinterpret_cast<std::uintptr_t>(Begin), to = reinterpret_cast<std::uintptr_t>(End);
    return to > from ? to - from : 0;
  }
};
template <std::byte (&Begin)[], std::byte (&End)[]>
struct place<Begin, End> : between<Begin, End>, never_claimed {};
template <std::byte (&Begin)[], std::byte (&End)[], storage_claim& Claim>
struct place<Begin, End, Claim> : between<Begin, End>, claimed_by<Claim> {};

}  // namespace quire::backing::detail

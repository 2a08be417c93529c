// SPDX-License-Identifier: BSL-1.0
#pragma once
// with_best, and the same choice written by hand. The alternatives have no code here, so that only the choice is
// compared: when the visitor is called, nothing of it may be left.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <quire/contract.hpp>
#include <quire/with_best.hpp>

namespace choices {

using quire::pages;
using quire::result;

/// One of several allocators, defined in another object file.
template <int N>
struct memory {
  using pages = quire::pages;
  static constexpr quire::contract_t contract{};

  memory() noexcept;
  memory(memory&&) noexcept;
  memory& operator=(memory&&) noexcept;
  ~memory();
  result<std::span<std::byte>> allocate(pages initial, std::optional<pages> maximum = std::nullopt) noexcept;
  result<pages> grow(pages current, pages additional) noexcept;
  result<void> deallocate(std::byte* base, std::size_t size) noexcept;
  std::byte* data() const noexcept;
  std::size_t size() const noexcept;
  pages size_pages() const noexcept;
  std::size_t capacity() const noexcept;
  std::size_t reserved() const noexcept;
  bool contains(const void* p) const noexcept;
  quire::zone zone_of(const void* p) const noexcept;
};

/// The program's code for each alternative; only whether it is called directly matters here.
int go_on(memory<0>& m, std::uint64_t with) noexcept;
int go_on(memory<1>& m, std::uint64_t with) noexcept;
using outcome = quire::best_result<int, 2>;

struct library {
  static outcome choose(std::uint64_t with) noexcept {
    return quire::with_best<memory<0>, memory<1>>(
        [with](auto& m, std::span<const quire::error>) noexcept { return go_on(m, with); });
  }
};

struct by_hand {
  template <class Memory>
  static bool is_available(Memory& m, quire::error& why) noexcept {
    const auto got = m.allocate(pages{1}, pages{1});
    if (!got) {
      why = got.error();
      return false;
    }
    const auto gone = m.deallocate(m.data(), m.size());
    if (!gone) why = gone.error();
    return gone.has_value();
  }
  static outcome choose(std::uint64_t with) noexcept {
    std::array<quire::error, 2> why{};
    return preferred(why, with);
  }
  /// Each alternative has a function of its own, which compilers may keep.
  static outcome preferred(std::array<quire::error, 2>& why, const std::uint64_t& with) noexcept {
    {
      memory<0> m;
      if (is_available(m, why[0])) return go_on(m, with);
    }
    return otherwise(why, with);
  }
  static outcome otherwise(std::array<quire::error, 2>& why, const std::uint64_t& with) noexcept {
    {
      memory<1> m;
      if (is_available(m, why[1])) return go_on(m, with);
    }
    return outcome(std::unexpect, why);
  }
};

/// Presents a choice in the form in which operations are compared.
template <class Way>
struct one_choice {
  result<std::span<std::byte>> allocate(pages, std::optional<pages> maximum) noexcept {
    const outcome got = Way::choose(maximum->n);
    if (!got) return std::unexpected(got.error().back());
    return std::span<std::byte>();
  }
  result<pages> grow(pages, pages additional) noexcept {
    const outcome got = Way::choose(additional.n);
    if (!got) return std::unexpected(got.error().back());
    return pages{static_cast<std::uint64_t>(*got)};
  }
  result<void> deallocate(std::byte*, std::size_t size) noexcept {
    const outcome got = Way::choose(size);
    if (!got) return std::unexpected(got.error().back());
    return {};
  }
};

}  // namespace choices

struct choosing {
  using library = choices::one_choice<choices::library>;
  using by_hand = choices::one_choice<choices::by_hand>;
};

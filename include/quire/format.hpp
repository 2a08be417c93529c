// SPDX-License-Identifier: BSL-1.0
#pragma once
// std::format of everything that quire/ostream.hpp prints, alike, with the width, fill and alignment of a text:
// `std::format("{:>40}", error)`. Where the standard library has no <format> (GCC 12), this header declares nothing.
#include <version>
#if defined(__cpp_lib_format)
#include <concepts>
#include <cstddef>
#include <format>
#include <locale>
#include <sstream>
#include <string_view>

#include <quire/ostream.hpp>

namespace quire::detail {

template <class T, class... Known>
concept one_of = (std::same_as<T, Known> || ...);

/// Values of Quire, apart from allocators, which a program may want to format in its own way.
template <class T>
inline constexpr bool is_formatted =
    one_of<T, errc, step, access, zone, fault, limit_kind, error, contract_t, node_set, observed_placement, explanation,
           observation, effective_t, arena_statistics, jit_statistics, pool_statistics, region_statistics, step_figures,
           step_counts>;
template <std::size_t Bytes>
inline constexpr bool is_formatted<basic_pages<Bytes>> = true;

}  // namespace quire::detail

template <class T>
  requires quire::detail::is_formatted<T>
struct std::formatter<T, char> : std::formatter<std::string_view, char> {
  template <class Context>
  auto format(const T& value, Context& to) const {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out << value;
    return std::formatter<std::string_view, char>::format(out.view(), to);
  }
};
#endif

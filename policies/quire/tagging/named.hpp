// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstddef>

#include <quire/policy.hpp>

namespace quire::tagging {

/// The text of a `named` policy, as a template argument.
template <std::size_t N>
struct mapping_name {
  char text[N];
  /// A literal.
  consteval mapping_name(const char (&literal)[N]) noexcept { std::copy_n(literal, N, text); }
};

template <std::size_t N>
mapping_name(const char (&)[N]) -> mapping_name<N>;

/// The mapping carries a name for diagnostic tools (Linux: `[anon:text]` in /proc/self/maps, by
/// prctl(PR_SET_VMA_ANON_NAME)); `not_supported` on a kernel built without it. The name has at most 79 printable
/// characters, and none of \ ` $ [ ], which the kernel refuses (prctl(2)).
template <mapping_name Name>
struct named {
  static_assert(sizeof(Name.text) > 1 && sizeof(Name.text) <= 80,
                "quire: the name of a mapping has 1 to 79 characters");
  static_assert(std::none_of(std::begin(Name.text), std::end(Name.text) - 1,
                             [](char c) {
                               return c < ' ' || c > '~' || c == '\\' || c == '`' || c == '$' || c == '[' || c == ']';
                             }),
                "quire: the name of a mapping is printable, without \\ ` $ [ ]");
  using axis = axes::tagging;
  constexpr void request(attributes& a) const noexcept { a.mapping_name = Name.text; }
};

}  // namespace quire::tagging

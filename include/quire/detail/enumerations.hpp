// SPDX-License-Identifier: BSL-1.0
#pragma once
// The text of an enumerator, from a list in the order of the enumeration.
#include <cstddef>
#include <initializer_list>

namespace quire::detail {

template <class E>
[[nodiscard]] constexpr const char* text_of(E value, const char* unknown,
                                            std::initializer_list<const char*> texts) noexcept {
  const auto place = static_cast<std::size_t>(value);
  return place < texts.size() ? texts.begin()[place] : unknown;
}

}  // namespace quire::detail

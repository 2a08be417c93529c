// SPDX-License-Identifier: BSL-1.0
#pragma once
// Stores policies side by side; empty ones take no space. (std::tuple is not trivially copyable.)
#include <boost/config.hpp>

#include <quire/policy/attributes.hpp>

namespace quire::detail {

template <class... P>
struct policy_list {
  constexpr void request(attributes&) const noexcept {}
};

template <class First, class... Rest>
struct policy_list<First, Rest...> {
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS First first{};
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS policy_list<Rest...> rest{};

  constexpr policy_list() = default;
  constexpr explicit policy_list(First f, Rest... r) noexcept : first(f), rest(r...) {}

  constexpr void request(attributes& a) const noexcept {
    first.request(a);
    rest.request(a);
  }
};

}  // namespace quire::detail

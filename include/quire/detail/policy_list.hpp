#pragma once
// Stores policies side by side; empty ones take no space. (std::tuple is not trivially copyable.)
#include <boost/config.hpp>
#include <cstddef>
#include <type_traits>

namespace quire::detail {

template <class... P>
struct policy_list {};

template <class First, class... Rest>
struct policy_list<First, Rest...> {
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS First first{};
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS policy_list<Rest...> rest{};

  constexpr policy_list() = default;
  constexpr explicit policy_list(First f, Rest... r) noexcept : first(f), rest(r...) {}

  template <std::size_t I>
  [[nodiscard]] constexpr const auto& get() const noexcept {
    if constexpr (I == 0)
      return first;
    else
      return rest.template get<I - 1>();
  }
};

template <class T, class... P>
inline constexpr std::size_t times_in = (std::size_t{0} + ... + (std::is_same_v<T, P> ? 1 : 0));

}  // namespace quire::detail

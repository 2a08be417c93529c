// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the struct contains that wasm2c generates for the instances of a module. C++23 lists no fields, but it can tell
// whether an aggregate takes an initialiser: one for each field before, and then one that only some types accept.
#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace quire::engine::detail::wasm2c {

// Told by their members, since releases of wabt differ in the types that they declare.

template <class F>
concept memory_field = requires(F f) {
  f.data;
  f.max_pages;
};
template <class F>
concept table_field = requires(F f) {
  f.data;
  f.max_size;
};
template <class F>
concept funcref_field = requires(F f) {
  f.func;
  f.module_instance;
};
/// An exception in a global, with its values: numbers and references alike.
template <class F>
concept exception_field = requires(F f) {
  f.tag;
  f.data;
};
/// A memory or a table that another instance owns.
template <class F>
concept imported_field =
    std::is_pointer_v<F> && (memory_field<std::remove_pointer_t<F>> || table_field<std::remove_pointer_t<F>>);

struct any_initialiser {
  template <class F>
  operator F() const noexcept;
};
struct memory_initialiser {
  template <memory_field F>
  operator F() const noexcept;
};
struct table_initialiser {
  template <table_field F>
  operator F() const noexcept;
};
struct funcref_initialiser {
  template <funcref_field F>
  operator F() const noexcept;
};
struct exception_initialiser {
  template <exception_field F>
  operator F() const noexcept;
};
struct imported_initialiser {
  template <imported_field F>
  operator F() const noexcept;
};

/// Whether the field behind those before takes such an initialiser.
template <class Struct, class Initialiser, std::size_t... Before>
[[nodiscard]] consteval bool takes(std::index_sequence<Before...>) noexcept {
  return requires { Struct{(static_cast<void>(Before), any_initialiser{})..., Initialiser{}}; };
}

/// The number of fields, which is at least `Low` and less than `High`. A struct has at most as many as bits.
template <class Struct, std::size_t Low = 0, std::size_t High = sizeof(Struct) * 8 + 1>
[[nodiscard]] consteval std::size_t fields() noexcept {
  if constexpr (High - Low == 1) {
    return Low;
  } else {
    constexpr std::size_t middle = Low + (High - Low) / 2;
    if constexpr (takes<Struct, any_initialiser>(std::make_index_sequence<middle - 1>()))
      return fields<Struct, middle, High>();
    else
      return fields<Struct, Low, middle>();
  }
}

template <class Struct, class Initialiser, std::size_t... At>
[[nodiscard]] consteval std::size_t fields_that_take(std::index_sequence<At...>) noexcept {
  // No fold: compilers limit how deep expressions nest, and a module may have hundreds of globals.
  constexpr bool all[] = {takes<Struct, Initialiser>(std::make_index_sequence<At>())...};
  return static_cast<std::size_t>(std::ranges::count(all, true));
}
template <class Struct, class Initialiser>
inline constexpr std::size_t fields_of =
    fields_that_take<Struct, Initialiser>(std::make_index_sequence<fields<Struct>()>());

}  // namespace quire::engine::detail::wasm2c

// SPDX-License-Identifier: BSL-1.0
#pragma once
// quire::error and quire::errc as std::error_code, for programs that propagate errors in that form.
#include <boost/config.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <quire/error.hpp>

namespace quire {

namespace detail {

/// Values are those of errc plus one, because 0 is success in std::error_code. The visibility is explicit, so that a
/// program and its shared libraries have one category between them even with -fvisibility=hidden.
class BOOST_SYMBOL_VISIBLE category_of_errors final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return text; }
  [[nodiscard]] std::string message(int value) const override { return quire::message(code_of(value)); }

  /// Errors without a counterpart in std::errc remain conditions of this category.
  [[nodiscard]] std::error_condition default_error_condition(int value) const noexcept override {
    switch (code_of(value)) {
      case errc::invalid_argument:
      case errc::out_of_range:
      case errc::size_mismatch: return std::errc::invalid_argument;
      case errc::limit_exceeded:
      case errc::out_of_address_space:
      case errc::out_of_memory:
      case errc::too_many_mappings: return std::errc::not_enough_memory;
      case errc::not_permitted: return std::errc::operation_not_permitted;
      case errc::not_supported: return std::errc::not_supported;
      default: return {value, *this};
    }
  }

  /// The condition may come from another copy of this category.
  [[nodiscard]] bool equivalent(const std::error_code& code, int condition) const noexcept override {
    return is_copy(code.category()) && code.value() == condition;
  }
  [[nodiscard]] bool equivalent(int value, const std::error_condition& condition) const noexcept override {
    return default_error_condition(value) == condition || (is_copy(condition.category()) && value == condition.value());
  }

  [[nodiscard]] static constexpr int value_of(errc code) noexcept { return static_cast<int>(code) + 1; }
  /// Whether `other` is this category, or that of another module of the process, which has its own copy if symbols are
  /// not shared (dlopen with RTLD_LOCAL, DLLs).
  [[nodiscard]] static bool is_copy(const std::error_category& other) noexcept {
    return std::string_view(other.name()) == text;
  }

 private:
  static constexpr const char* text = "quire";
  static constexpr errc code_of(int value) noexcept { return static_cast<errc>(value - 1); }
};

/// Holds a category that is never destroyed, so that the object needs neither constructor nor destructor at run time.
union lasting_category {
  category_of_errors category;
  char unused;
  constexpr lasting_category() noexcept : category() {}
  constexpr ~lasting_category() {}
};
inline constexpr BOOST_SYMBOL_VISIBLE lasting_category the_category{};

}  // namespace detail

/// The category of errc. Each module of a process may have a copy of its own; the comparisons of this header treat them
/// as one.
[[nodiscard]] inline const std::error_category& error_category() noexcept { return detail::the_category.category; }

[[nodiscard]] inline std::error_code make_error_code(errc code) noexcept {
  return {detail::category_of_errors::value_of(code), error_category()};
}

/// Drops the step. An error without an errc of its own keeps the system's code.
[[nodiscard]] inline std::error_code make_error_code(error e) noexcept {
  if (e.code == errc::system && e.native != 0) return {e.native, std::system_category()};
  return make_error_code(e.code);
}

}  // namespace quire

template <>
struct std::is_error_code_enum<quire::errc> : std::true_type {};
template <>
struct std::is_error_code_enum<quire::error> : std::true_type {};

namespace quire {

/// Compares by value, even if the code comes from a module of the process that has its own copy of the category.
[[nodiscard]] inline bool operator==(const std::error_code& a, errc b) noexcept {
  return detail::category_of_errors::is_copy(a.category()) && a.value() == detail::category_of_errors::value_of(b);
}
/// Does not compare steps, because a std::error_code has none.
[[nodiscard]] inline bool operator==(const std::error_code& a, error b) noexcept {
  return b.code == errc::system && b.native != 0 ? a == make_error_code(b) : a == b.code;
}

}  // namespace quire

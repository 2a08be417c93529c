// SPDX-License-Identifier: BSL-1.0
#pragma once
// The JSON that a report needs: values that print themselves.
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace bench {

class json {
 public:
  json(bool value) : text_(value ? "true" : "false") {}
  json(const char* value) : text_(quoted(value)) {}
  json(const std::string& value) : text_(quoted(value)) {}
  template <class T>
    requires std::is_arithmetic_v<T>
  json(T value) : text_(number(static_cast<double>(value))) {}

  static json object(std::initializer_list<std::pair<const char*, json>> members = {}) {
    json made("{", "}");
    for (const auto& [name, value] : members) made.add(name, value);
    return made;
  }
  static json array() { return {"[", "]"}; }

  /// Returns an array of numbers on one line.
  template <class Numbers>
  static json list(const Numbers& numbers) {
    std::string text;
    for (const double each : numbers) text += (text.empty() ? "" : ", ") + number(each);
    json made("", "");
    made.text_ = '[' + text + ']';
    return made;
  }

  json& add(const std::string& name, const json& value) { return append(quoted(name) + ": " + value.text()); }
  json& add(const json& value) { return append(value.text()); }

  [[nodiscard]] std::string text() const { return text_ + (is_open() && !is_empty_ ? "\n" : "") + end_; }

 private:
  json(const char* begin, const char* end) : text_(begin), end_(end) {}

  [[nodiscard]] bool is_open() const { return !end_.empty(); }

  json& append(const std::string& member) {
    text_ += is_empty_ ? "\n  " : ",\n  ";
    is_empty_ = false;
    for (const char c : member) c == '\n' ? text_ += "\n  " : text_ += c;
    return *this;
  }

  static std::string number(double value) {
    if (!std::isfinite(value)) return "null";
    char text[32];
    (void)std::snprintf(text, sizeof text, "%.7g", value);
    return text;
  }

  static std::string quoted(const std::string& value) {
    std::string text = "\"";
    for (const char c : value) {
      char escaped[8] = {c, 0};
      if (c == '"' || c == '\\')
        (void)std::snprintf(escaped, sizeof escaped, "\\%c", c);
      else if (static_cast<unsigned char>(c) < ' ')
        (void)std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      text += escaped;
    }
    return text + '"';
  }

  std::string text_, end_;
  bool is_empty_ = true;
};

}  // namespace bench

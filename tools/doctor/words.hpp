// SPDX-License-Identifier: BSL-1.0
#pragma once
// Figures as people write them.
#include <cerrno>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>

#include <quire/ostream.hpp>
#include <quire/system/platform_capabilities.hpp>

namespace doctor {

/// "23.5 GiB".
inline std::string bytes(std::uint64_t n) {
  if (n == quire::no_limit) return "no limit";
  std::ostringstream text;
  text << quire::detail::roughly{n};
  return text.str();
}

/// "65,530".
inline std::string count(std::uint64_t n) {
  if (n == quire::no_limit) return "no limit";
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

/// "16.5 GiB", "2,048 MiB": in the form in which the size was likely written.
inline std::string exactly(std::uint64_t n) {
  std::ostringstream text;
  text << quire::detail::in_bytes{n};
  return text.str();
}

/// "0.12 %".
inline std::string per_cent(unsigned hundredths) {
  const unsigned part = hundredths % 100;
  return std::to_string(hundredths / 100) + (part < 10 ? ".0" : ".") + std::to_string(part) + " %";
}

/// An unreadable value is printed as unknown, never as 0.
template <class Print>
std::string known_part(std::optional<std::uint64_t> n, Print print) {
  return n ? print(*n) : "an unknown part";
}

template <class Value>
std::string printed(const Value& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

inline bool is_refused(const quire::feature& f) {
  return f.usable == false && (f.refusal == EPERM || f.refusal == EACCES);
}

/// Returns what was tried, and with which result.
inline std::string outcome_of(const quire::feature& f) {
  const std::string call(f.usable.source());
  if (!f.usable.known()) return call + " could not be tried";
  if (f.usable.value()) return call + " works";
  if (f.refusal == 0) return call + " succeeds, without any effect";
  return call + (is_refused(f)             ? " is not permitted"
                 : f.refusal == ENOSYS     ? " does not exist, or is filtered"
                 : f.refusal == EOPNOTSUPP ? " is not supported"
                                           : " is refused (error " + std::to_string(f.refusal) + ")");
}

}  // namespace doctor

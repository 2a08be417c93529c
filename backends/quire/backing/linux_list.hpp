#pragma once
// Files of Linux that hold one list of numbers, as "0-3,5".
#include <optional>
#include <string_view>

#include <quire/backing/text_lines.hpp>
#include <quire/node_set.hpp>

namespace quire::detail {

/// Of nodes, or of processors, which have the same format. Unknown where the file is hidden, or holds more than fits.
template <class Calls>
[[nodiscard]] std::optional<node_set> list_in(const char* path) noexcept {
  backing::detail::text_lines<Calls> lines(path);
  std::string_view line;
  if (!lines.next(line)) return std::nullopt;
  const auto list = node_set::parse(line);
  return list ? std::optional(*list) : std::nullopt;
}

}  // namespace quire::detail

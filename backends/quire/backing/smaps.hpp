#pragma once
// What /proc/self/smaps says of each mapping, in the order of addresses.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/attributes.hpp>
#include <quire/backing/text_lines.hpp>
#include <quire/observation.hpp>

namespace quire::backing::detail {

struct mapping_flags {
  huge_wish huge_advice = huge_wish::as_system;
  bool locked = false, excluded_from_dumps = false, not_inherited = false;
};

/// Whatever a kernel does not tell is absent.
struct mapping {
  std::uintptr_t begin = 0, end = 0;
  bool inaccessible = false;
  mapping_label name;
  std::optional<std::size_t> resident, page, huge, shared_pool, private_pool;
  std::optional<mapping_flags> flags;

  [[nodiscard]] std::size_t bytes() const noexcept { return end - begin; }
  [[nodiscard]] std::optional<std::size_t> pool() const noexcept {
    return shared_pool && private_pool ? std::optional(*shared_pool + *private_pool) : std::nullopt;
  }
};

/// The text behind the mark of a name that a program gave.
[[nodiscard]] constexpr mapping_label name_in(std::string_view path) noexcept {
  if (!take(path, "[anon:") || !path.ends_with(']')) return {};
  path.remove_suffix(1);
  return mapping_label(path);
}

/// The first line of a mapping: "7f1000-7f3000 rw-p 00000000 00:00 0    [anon:name]".
[[nodiscard]] constexpr std::optional<mapping> mapping_in(std::string_view line) noexcept {
  const auto begin = take_number(line, 16);
  if (!begin || !take(line, "-")) return std::nullopt;
  const auto end = take_number(line, 16);
  if (!end || *end <= *begin || *end > UINTPTR_MAX || !take(line, " ") || line.size() < 4) return std::nullopt;

  mapping m;
  m.begin = static_cast<std::uintptr_t>(*begin);
  m.end = static_cast<std::uintptr_t>(*end);
  m.inaccessible = line.starts_with("---");
  for (int columns = 4; columns != 0; --columns) {  // access, offset, device, inode
    line.remove_prefix(std::min(line.find(' '), line.size()));
    skip_blanks(line);
  }
  m.name = name_in(line);
  return m;
}

/// VmFlags: two letters each, after proc(5).
[[nodiscard]] constexpr mapping_flags flags_in(std::string_view line) noexcept {
  mapping_flags f;
  for (skip_blanks(line); !line.empty(); skip_blanks(line)) {
    const std::string_view flag = line.substr(0, line.find(' '));
    line.remove_prefix(flag.size());
    if (flag == "lo") f.locked = true;
    if (flag == "dd") f.excluded_from_dumps = true;
    if (flag == "dc") f.not_inherited = true;
    if (flag == "hg") f.huge_advice = huge_wish::when_possible;
    if (flag == "nh") f.huge_advice = huge_wish::never;
    if (flag == "ht") f.huge_advice = huge_wish::from_pool;
  }
  return f;
}

constexpr void read_field(mapping& m, std::string_view line) noexcept {
  const auto read = [line](std::string_view key, std::optional<std::size_t>& into) {
    if (const auto value = value_of(line, key); value && *value <= SIZE_MAX) into = static_cast<std::size_t>(*value);
  };
  read("Rss", m.resident);
  read("KernelPageSize", m.page);
  read("AnonHugePages", m.huge);
  read("Shared_Hugetlb", m.shared_pool);
  read("Private_Hugetlb", m.private_pool);
  if (take(line, "VmFlags:")) m.flags = flags_in(line);
}

/// Calls `see(mapping)` for each mapping, until it returns false; whether it did. The file may be /proc/self/maps as well,
/// which begins its lines alike and tells no more.
template <class Calls, class See>
[[nodiscard]] bool see_mappings(const char* path, See see) noexcept {
  text_lines<Calls> lines(path);
  std::optional<mapping> current;
  while (const auto line = lines.next()) {
    if (const auto next = mapping_in(*line)) {
      if (current && !see(*current)) return true;
      current = next;
    } else if (current) {
      read_field(*current, *line);
    }
  }
  return lines.complete() && current && !see(*current);
}

}  // namespace quire::backing::detail

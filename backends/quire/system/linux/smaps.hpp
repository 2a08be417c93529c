// SPDX-License-Identifier: BSL-1.0
#pragma once
// What /proc/self/smaps reports of each mapping, in the order of addresses.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/policy/attributes.hpp>
#include <quire/system/text/line_reader.hpp>
#include <quire/units.hpp>

namespace quire::detail {

/// The first line of a mapping: "7f1000-7f3000 rw-p 00000000 00:00 0    [anon:name]".
struct mapping_line {
  std::uintptr_t begin = 0, end = 0;
  bool inaccessible = false, readable = false, writable = false, executable = false;
  std::string_view path{};

  /// False for any other line.
  [[nodiscard]] bool read(std::string_view line) noexcept {
    std::uint64_t from = 0, to = 0;
    if (!take_number(line, from, 16) || !take(line, "-") || !take_number(line, to, 16)) return false;
    if (to <= from || to > UINTPTR_MAX || !take(line, " ") || line.size() < 4) return false;
    begin = integer_cast<std::uintptr_t>(from);
    end = integer_cast<std::uintptr_t>(to);
    inaccessible = line.starts_with("---");
    readable = line[0] == 'r';
    writable = line[1] == 'w';
    executable = line[2] == 'x';
    for (int columns = 4; columns != 0; --columns) {  // access, offset, device, inode
      (void)take_until(line, ' ');
      skip_blanks(line);
    }
    path = line;
    return true;
  }
  /// The name that a program has given to the mapping.
  [[nodiscard]] constexpr std::string_view name() const noexcept {
    for (const std::string_view mark : {"[anon:", "[anon_shmem:"})
      if (path.starts_with(mark) && path.ends_with(']')) return path.substr(mark.size(), path.size() - mark.size() - 1);
    return {};
  }
};

struct mapping_flags {
  huge_request huge_advice = huge_request::as_system;
  bool locked = false, excluded_from_dumps = false, not_inherited = false, takes_tags = false;

  /// Two letters each, as in proc(5).
  void read(std::string_view line) noexcept {
    for (skip_blanks(line); !line.empty(); skip_blanks(line)) {
      const std::string_view flag = take_until(line, ' ');
      if (flag == "lo") locked = true;
      if (flag == "dd") excluded_from_dumps = true;
      if (flag == "dc") not_inherited = true;
      if (flag == "mt") takes_tags = true;
      if (flag == "hg") huge_advice = huge_request::when_possible;
      if (flag == "nh") huge_advice = huge_request::never;
      if (flag == "ht") huge_advice = huge_request::from_pool;
    }
  }
};

/// Values that a kernel does not report are absent. `Seen` is quire::observation, as a parameter, so that programs that
/// never observe a memory need not compile it.
template <class Seen>
struct mapping {
  using bytes_told = std::optional<std::size_t>;

  std::uintptr_t begin = 0, end = 0;
  bool inaccessible = false, readable = false;
  typename Seen::label name{};
  bytes_told resident{}, page{}, huge{}, shared_pool{}, private_pool{};
  std::optional<mapping_flags> flags{};
  std::optional<bool> eligible{};  // for transparent huge pages

  explicit mapping(const mapping_line& line) noexcept
      : begin(line.begin), end(line.end), inaccessible(line.inaccessible), readable(line.readable), name(line.name()) {}

  void read(std::string_view line) noexcept {
    read_bytes(line, "Rss", resident);
    read_bytes(line, "KernelPageSize", page);
    read_bytes(line, "AnonHugePages", huge);
    read_bytes(line, "Shared_Hugetlb", shared_pool);
    read_bytes(line, "Private_Hugetlb", private_pool);
    if (bytes_told number; read_bytes(line, "THPeligible", number), number) eligible = *number != 0;
    if (take(line, "VmFlags:")) flags.emplace().read(line);
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return end - begin; }
  [[nodiscard]] bytes_told pool() const noexcept {
    return shared_pool && private_pool ? bytes_told(*shared_pool + *private_pool) : std::nullopt;
  }

 private:
  static void read_bytes(std::string_view line, std::string_view key, bytes_told& into) noexcept {
    std::uint64_t value = 0;
    if (read_value(line, key, value) && value <= SIZE_MAX) into = integer_cast<std::size_t>(value);
  }
};

/// Calls `see(mapping)` for each mapping until it returns false; returns whether it did. The file may also be
/// /proc/self/maps, whose lines begin alike and report no more.
template <class Calls, class Seen, class See>
[[nodiscard]] bool see_mappings(const char* path, See see) noexcept {
  line_reader<Calls> lines(path);
  std::optional<mapping<Seen>> current;
  mapping_line first;
  for (std::string_view line; lines.next(line);) {
    if (first.read(line)) {
      if (current && !see(*current)) return true;
      current.emplace(first);
    } else if (current) {
      current->read(line);
    }
  }
  return lines.complete() && current && !see(*current);
}

}  // namespace quire::detail

#pragma once
// The limits that Linux sets to a process, each with its use: read when asked, and empty where it is hidden.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/backing/smaps.hpp>
#include <quire/backing/text_lines.hpp>
#include <quire/explanation.hpp>

namespace quire::detail {

using backing::detail::take;
using backing::detail::take_number;
using backing::detail::text_lines;
using figure = std::optional<std::uint64_t>;

/// A path in pieces. One that does not fit is empty, and cannot be opened.
class path_text {
 public:
  path_text& operator+=(std::string_view piece) noexcept {
    if (piece.size() >= text_.size() - size_) return *this = {};
    std::copy(piece.begin(), piece.end(), text_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += piece.size();
    return *this;
  }
  path_text& operator+=(std::uint64_t number) noexcept {
    std::array<char, 20> digits;
    std::size_t first = digits.size();
    do digits[--first] = static_cast<char>('0' + number % 10);
    while ((number /= 10) != 0);
    return *this += std::string_view(digits.data() + first, digits.size() - first);
  }
  [[nodiscard]] const char* c_str() const noexcept { return text_.data(); }

 private:
  std::array<char, 512> text_{};
  std::size_t size_ = 0;
};

/// The only number in a file; the largest one where it says "max".
template <class Calls>
[[nodiscard]] figure number_in(const char* path) noexcept {
  text_lines<Calls> lines(path);
  std::string_view line;
  std::uint64_t number = 0;
  if (!lines.next(line)) return std::nullopt;
  if (line == "max") return UINT64_MAX;
  return take_number(line, number) ? figure(number) : std::nullopt;
}

/// The value behind `key` in a file of "key: 12 kB" lines.
template <class Calls>
[[nodiscard]] figure field_in(const char* path, std::string_view key) noexcept {
  text_lines<Calls> lines(path);
  std::uint64_t value = 0;
  for (std::string_view line; lines.next(line);)
    if (backing::detail::read_value(line, key, value)) return value;
  return std::nullopt;
}

template <class Calls>
[[nodiscard]] figure status_of(std::string_view key) noexcept {
  return field_in<Calls>("/proc/self/status", key);
}

struct address_map {
  std::uint64_t mappings = 0;
  std::uint64_t largest_hole = 0;  // between two of them
};

template <class Calls>
[[nodiscard]] std::optional<address_map> read_address_map() noexcept {
  text_lines<Calls> lines("/proc/self/maps");
  address_map found;
  backing::detail::mapping_line m;
  std::uint64_t end_of_last = 0;
  for (std::string_view line; lines.next(line);) {
    if (!m.read(line) || m.path == "[vsyscall]") continue;  // shown, but not counted: it belongs to the kernel
    ++found.mappings;
    if (m.begin > end_of_last) found.largest_hole = std::max(found.largest_hole, m.begin - end_of_last);
    end_of_last = m.end;
  }
  return lines.complete() && found.mappings != 0 ? std::optional(found) : std::nullopt;
}

template <class Calls>
[[nodiscard]] explanation number_of_mappings() noexcept {
  const auto map = read_address_map<Calls>();
  return {wall::mappings, "vm.max_map_count", map ? figure(map->mappings) : std::nullopt,
          number_in<Calls>("/proc/sys/vm/max_map_count")};
}

/// As far as one reservation could fill it.
template <class Calls>
[[nodiscard]] explanation address_space() noexcept {
  const auto used = status_of<Calls>("VmSize");
  const auto map = read_address_map<Calls>();
  return {wall::address_space, "", used, used && map ? figure(*used + map->largest_hole) : std::nullopt};
}

template <class Calls>
[[nodiscard]] explanation address_space_limit() noexcept {
  return {wall::limit, "RLIMIT_AS", status_of<Calls>("VmSize"), Calls::soft_limit(Calls::limit_address_space)};
}

template <class Calls>
[[nodiscard]] explanation data_limit() noexcept {
  return {wall::limit, "RLIMIT_DATA", status_of<Calls>("VmData"), Calls::soft_limit(Calls::limit_data)};
}

/// No limit for a process that may lock as much as it likes.
template <class Calls>
[[nodiscard]] explanation locked_limit() noexcept {
  constexpr unsigned ipc_lock = 14;  // CAP_IPC_LOCK
  text_lines<Calls> lines("/proc/self/status");
  std::uint64_t capabilities = 0;
  for (std::string_view line; lines.next(line);)
    if (take(line, "CapEff:\t") && take_number(line, capabilities, 16) && (capabilities >> ipc_lock & 1) != 0)
      return {wall::limit, "RLIMIT_MEMLOCK", 0, UINT64_MAX};
  return {wall::limit, "RLIMIT_MEMLOCK", status_of<Calls>("VmLck"), Calls::soft_limit(Calls::limit_locked)};
}

/// What all processes together may ask for; a limit only where the kernel does not overcommit.
template <class Calls>
[[nodiscard]] explanation commit_limit() noexcept {
  const auto mode = number_in<Calls>("/proc/sys/vm/overcommit_memory");
  const std::string_view whose = "vm.overcommit_memory";
  if (mode && *mode != 2) return {wall::limit, whose, 0, UINT64_MAX};
  if (!mode) return {wall::limit, whose, std::nullopt, std::nullopt};
  return {wall::limit, whose, field_in<Calls>("/proc/meminfo", "Committed_AS"),
          field_in<Calls>("/proc/meminfo", "CommitLimit")};
}

template <class Calls>
[[nodiscard]] explanation memory_of_machine() noexcept {
  const auto all = field_in<Calls>("/proc/meminfo", "MemTotal");
  const auto available = field_in<Calls>("/proc/meminfo", "MemAvailable");
  return {wall::memory, "", all && available ? figure(*all - std::min(*all, *available)) : std::nullopt, all};
}

[[nodiscard]] inline path_text pool_folder(std::size_t huge_bytes) noexcept {
  path_text folder;
  folder += "/sys/kernel/mm/hugepages/hugepages-";
  folder += std::uint64_t{huge_bytes >> 10};
  return folder += "kB/";
}

template <class Calls>
[[nodiscard]] explanation huge_page_pool(std::size_t huge_bytes) noexcept {
  const auto bytes = [huge_bytes](std::string_view file) -> figure {
    path_text path = pool_folder(huge_bytes);
    const auto pages = number_in<Calls>((path += file).c_str());
    return pages && *pages <= UINT64_MAX / huge_bytes ? figure(*pages * huge_bytes) : std::nullopt;
  };
  const auto all = bytes("nr_hugepages"), unused = bytes("free_hugepages"), surplus = bytes("surplus_hugepages");
  const auto more = bytes("nr_overcommit_hugepages");
  if (!all || !unused || !surplus || !more) return {wall::huge_page_pool, "", std::nullopt, std::nullopt};
  const std::uint64_t mine = *all - std::min(*all, *unused);
  return {wall::huge_page_pool, "", mine, *all + *more - std::min(*more, *surplus)};
}

}  // namespace quire::detail

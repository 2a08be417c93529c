// SPDX-License-Identifier: BSL-1.0
#pragma once
// The limits that Linux sets to a process, each with its usage: read on request, and empty if hidden.
#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/explanation.hpp>
#include <quire/system/limit_analysis.hpp>
#include <quire/system/linux/proc_status.hpp>
#include <quire/system/linux/smaps.hpp>
#include <quire/system/reading.hpp>
#include <quire/system/rlimits.hpp>
#include <quire/system/text/line_reader.hpp>

namespace quire::detail {

/// Calls of a system that has the limits of POSIX, and also describes itself in files.
template <class Calls>
concept linux_calls = posix_calls<Calls> && requires(const char* path) {
  { Calls::open_to_read(path) } noexcept -> std::same_as<int>;
};

/// Returns the optional that `understand` returns for the first line; empty if the file is hidden or the line too long.
template <class Calls, class F>
[[nodiscard]] auto read_line(const char* path, F understand) noexcept {
  line_reader<Calls> lines(path);
  std::string_view line;
  return lines.next(line) && !lines.cut() ? understand(line) : decltype(understand(line))();
}

/// The only number in a file; the largest number if it says "max".
template <class Calls>
[[nodiscard]] optional_count number_in(const char* path) noexcept {
  return read_line<Calls>(path, [](std::string_view line) -> optional_count {
    std::uint64_t number = 0;
    if (line == "max") return UINT64_MAX;
    return take_number(line, number) && line.empty() ? optional_count(number) : std::nullopt;
  });
}

/// The values of keys in the lines "key: 12 kB" of a file, behind a prefix. For a key that occurs twice, the last
/// value.
template <class Calls, std::size_t N>
[[nodiscard]] std::array<optional_count, N> fields_in(const char* path, const std::string_view (&keys)[N],
                                                      std::string_view prefix = {}) noexcept {
  std::array<optional_count, N> found;
  line_reader<Calls> lines(path);
  std::uint64_t value = 0;
  for (std::string_view line; lines.next(line);) {
    if (!take(line, prefix)) continue;
    for (std::size_t i = 0; i < N; ++i)
      if (read_value(line, keys[i], value)) found[i] = value;
  }
  return found;
}
template <class Calls>
[[nodiscard]] optional_count field_in(const char* path, std::string_view key) noexcept {
  return fields_in<Calls>(path, {key})[0];
}

template <class Calls>
[[nodiscard]] optional_count status_of(std::string_view key) noexcept {
  return field_in<Calls>("/proc/self/status", key);
}

struct address_map {
  std::uint64_t mappings = 0;
  std::uint64_t used = 0;          // bytes of all mappings
  std::uint64_t largest_hole = 0;  // between two mappings
  std::uint64_t highest = 0;       // end of the last mapping

  /// The extent of addresses with that many bits. The kernel places the stack at the top, so one mapping uses all bits.
  [[nodiscard]] constexpr std::uint64_t size() const noexcept {
    return highest < unlimited / 2 ? std::bit_ceil(highest) : used + largest_hole;
  }
};

template <class Calls>
[[nodiscard]] std::optional<address_map> read_address_map() noexcept {
  line_reader<Calls> lines("/proc/self/maps");
  address_map found;
  mapping_line m;
  std::uint64_t end_of_last = 0;
  for (std::string_view line; lines.next(line);) {
    if (!m.read(line) || m.path == "[vsyscall]") continue;  // shown, but not counted: it belongs to the kernel
    ++found.mappings;
    found.used += m.end - m.begin;
    found.highest = std::max<std::uint64_t>(found.highest, m.end);
    if (m.begin > end_of_last) found.largest_hole = std::max(found.largest_hole, m.begin - end_of_last);
    end_of_last = m.end;
  }
  return lines.complete() && found.mappings != 0 ? std::optional(found) : std::nullopt;
}

inline constexpr std::uint64_t mappings_of_a_memory = 3;

template <class Calls>
[[nodiscard]] explanation number_of_mappings() noexcept {
  const auto map = read_address_map<Calls>();
  return {limit_kind::mappings, "vm.max_map_count", map ? optional_count(map->mappings) : std::nullopt,
          number_in<Calls>("/proc/sys/vm/max_map_count")};
}

/// A reservation can have the largest hole at most. A page that is mapped meanwhile lies as high as the kernel places
/// any mapping: the space above, up to the stack, is no room, and in a small program nothing else marks it.
template <class Calls>
[[nodiscard]] explanation address_space() noexcept {
  const std::size_t page = Calls::page_bytes();
  const auto mark = Calls::mmap(nullptr, page, Calls::prot_none, Calls::map_reservation);
  auto map = read_address_map<Calls>();
  if (mark.error == 0) (void)Calls::munmap(mark.address, page);
  if (!map) return {limit_kind::address_space, "", std::nullopt, std::nullopt};
  return {limit_kind::address_space, "", map->used, map->size(), map->largest_hole};
}

/// If there is no limit, the usage is not read, because that takes 40 us.
template <class Calls>
[[nodiscard]] explanation limit_with_use(const reading<std::uint64_t>& limit, std::string_view key) noexcept {
  if (!limit.known()) return explanation_of(limit);
  return explanation_of(limit, limit < unlimited ? status_of<Calls>(key) : optional_count(0));
}
template <class Calls>
[[nodiscard]] explanation address_space_limit() noexcept {
  return limit_with_use<Calls>(rlimit_of_address_space<Calls>(), "VmSize");
}
template <class Calls>
[[nodiscard]] explanation data_limit() noexcept {
  return limit_with_use<Calls>(rlimit_of_data<Calls>(), "VmData");
}

/// No limit for a process that may lock any amount; unknown if it cannot be determined whether it may.
template <class Calls>
[[nodiscard]] explanation locked_limit() noexcept {
  const process_status status = read_status<Calls>();
  const auto above_it = counts_with_the_kernel<Calls>(status, process_status::may_lock);
  const reading<std::uint64_t> limit = rlimit_of_locking<Calls>();
  if (above_it == true) return {limit_kind::configured, limit.source(), 0, UINT64_MAX};
  if (!above_it && status.capabilities && limit < unlimited) return {limit_kind::configured, limit.source(), {}, {}};
  return explanation_of(limit, status.locked);
}

/// Whether the kernel locks every new mapping (mlockall(2)): it reports that only of a mapping, so one is made.
template <class Calls>
[[nodiscard]] bool locks_what_it_maps() noexcept {
  const std::size_t page = Calls::page_bytes();
  const auto got = Calls::mmap(nullptr, page, Calls::prot_none, Calls::map_reservation);
  if (got.error != 0) return got.error == Calls::again;
  const bool locked = Calls::is_locked(got.address, page);
  (void)Calls::munmap(got.address, page);
  return locked;
}

/// What the kernel reserves of the commit limit: for others 1/32 of the address space that this process has mapped, up
/// to vm.user_reserve_kbytes, and for the administrator vm.admin_reserve_kbytes. Unknown if the first is hidden.
template <class Calls>
[[nodiscard]] optional_count commit_reserve(std::uint64_t mapped_besides) noexcept {
  constexpr std::uint64_t usual_kbytes = 8192, sensible = UINT64_MAX / 4096;
  const process_status status = read_status<Calls>();
  optional_count kept = number_in<Calls>("/proc/sys/vm/user_reserve_kbytes");
  if (kept) kept = std::min(*kept, sensible) * 1024;
  if (status.size) kept = std::min(kept.value_or(UINT64_MAX), (*status.size + mapped_besides) / 32);
  if (!kept || counts_with_the_kernel<Calls>(status, process_status::may_administer) == true) return kept;
  const optional_count admin = number_in<Calls>("/proc/sys/vm/admin_reserve_kbytes");
  return *kept + std::min(admin.value_or(usual_kbytes), sensible) * 1024;
}

/// The amount that all processes together may commit; a limit only if the kernel does not overcommit. `mapped_besides`
/// is address space that the process has mapped when it requests memory, but not now.
template <class Calls>
[[nodiscard]] explanation commit_limit(std::uint64_t mapped_besides = 0) noexcept {
  const auto mode = number_in<Calls>("/proc/sys/vm/overcommit_memory");
  const std::string_view owner = "vm.overcommit_memory";
  if (mode && *mode != 2) return {limit_kind::configured, owner, 0, UINT64_MAX};
  if (!mode) return {limit_kind::configured, owner, std::nullopt, std::nullopt};
  const auto [used, limit] = fields_in<Calls>("/proc/meminfo", {"Committed_AS", "CommitLimit"});
  const optional_count kept = commit_reserve<Calls>(mapped_besides);
  if (!limit || !kept) return {limit_kind::configured, owner, std::nullopt, limit};
  return {limit_kind::configured, owner, used, *limit - std::min(*limit, *kept)};
}

template <class Calls>
[[nodiscard]] explanation memory_of_machine() noexcept {
  const auto [all, available] = fields_in<Calls>("/proc/meminfo", {"MemTotal", "MemAvailable"});
  return {limit_kind::memory, "", all && available ? optional_count(*all - std::min(*all, *available)) : std::nullopt,
          all};
}

}  // namespace quire::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
// What Linux reports of a memory: /proc/self/smaps, get_mempolicy, and move_pages without moving.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/backing/detail/linux/mte.hpp>
#include <quire/store.hpp>
#include <quire/system/linux/smaps.hpp>

namespace quire::backing::detail {

struct address_range {
  std::uintptr_t begin, end;

  constexpr address_range(std::uintptr_t from, std::uintptr_t to) noexcept : begin(from), end(std::max(from, to)) {}
  explicit address_range(page_run r) noexcept : begin(reinterpret_cast<std::uintptr_t>(r.base)), end(begin + r.bytes) {}
  [[nodiscard]] constexpr std::size_t bytes() const noexcept { return end - begin; }
  [[nodiscard]] constexpr bool empty() const noexcept { return begin == end; }
  [[nodiscard]] constexpr address_range within(address_range other) const noexcept {
    return {std::max(begin, other.begin), std::min(end, other.end)};
  }
};

/// The NUMA policy of a mapping.
template <class Calls, class Placement>
[[nodiscard]] std::optional<Placement> placement_at(std::uintptr_t address) noexcept {
  node_set nodes;
  int mode = 0;
  if (Calls::get_mempolicy(&mode, nodes.words(), node_set::capacity, reinterpret_cast<void*>(address),
                           Calls::numa_of_address) != 0)
    return std::nullopt;
  // Before Linux 5.14 a local policy was reported as one that prefers no node.
  if (mode == Calls::numa_local || (mode == Calls::numa_prefer && nodes.empty()))
    return Placement{numa_mode::local, {}};
  if (mode == Calls::numa_default) return Placement{numa_mode::anywhere, {}};
  if (mode == Calls::numa_prefer) return Placement{numa_mode::prefer, nodes};
  if (mode == Calls::numa_bind) return Placement{numa_mode::bind, nodes};
  if (mode == Calls::numa_interleave) return Placement{numa_mode::interleave, nodes};
  if (mode == Calls::numa_weighted_interleave) return Placement{numa_mode::weighted_interleave, nodes};
  return std::nullopt;  // a mode that Quire does not set, or one with flags
}

/// Adds the nodes of resident pages. At most `most_samples` pages are queried, evenly spaced. False if their nodes
/// cannot be determined.
template <class Calls>
[[nodiscard]] bool sample_nodes(address_range r, node_set& nodes) noexcept {
  constexpr std::size_t most_samples = 512, a_call = 64;
  const std::size_t page = Calls::page_bytes(), count = r.bytes() / page;
  const std::size_t samples = std::min(count, most_samples);
  for (std::size_t done = 0; done < samples; done += a_call) {
    void* where[a_call];
    int status[a_call];
    const std::size_t now = std::min(a_call, samples - done);
    for (std::size_t i = 0; i < now; ++i)
      where[i] = reinterpret_cast<void*>(r.begin + count * (done + i) / samples * page);
    if (Calls::query_pages(now, where, status) != 0) return false;
    for (std::size_t i = 0; i < now; ++i)
      if (status[i] >= 0) nodes.insert(static_cast<unsigned>(status[i]));
  }
  return !nodes.empty();
}

/// The combined state of the mappings of a memory.
template <class Calls, class Seen>
class sum_of_mappings {
  using mapping = quire::detail::mapping<Seen>;
  using flags = quire::detail::mapping_flags;

 public:
  constexpr sum_of_mappings(address_range accessible, address_range whole) noexcept
      : pages_(accessible), whole_(whole), before_(whole.begin, whole.begin), after_(accessible.end, accessible.end) {}

  /// False, with nothing observed, unless the file covers everything up to the end of the reservation.
  [[nodiscard]] bool read(const char* path, Seen& seen) noexcept {
    if (!quire::detail::see_mappings<Calls, Seen>(path, [this](const mapping& m) { return add(m); })) return false;
    if (covered_ == pages_.bytes()) seen = sum_;
    seen.inaccessible_before = before_.end == pages_.begin ? before_.bytes() : 0;
    seen.inaccessible_after = after_.bytes();
    return true;
  }

 private:
  using bytes_told = std::optional<std::size_t>;

  /// Returns whether later mappings matter as well.
  bool add(const mapping& m) noexcept {
    const address_range area{m.begin, m.end};
    if (const address_range part = area.within({whole_.begin, pages_.begin}); !part.empty()) add_below(m, part);
    if (const address_range part = area.within(pages_); !part.empty()) add_pages(m, part);
    if (const address_range part = area.within({after_.end, whole_.end}); !part.empty() && m.inaccessible)
      if (part.begin == after_.end) after_.end = part.end;
    return m.end < whole_.end;
  }
  void add_below(const mapping& m, address_range part) noexcept {
    if (part.begin != before_.end) before_.begin = part.begin;
    if (!m.inaccessible) before_.begin = part.end;
    before_.end = part.end;
  }

  void add_pages(const mapping& m, address_range part) noexcept {
    const auto here = [&](bytes_told bytes) { return share(bytes, part.bytes(), m.bytes()); };
    add_bytes(sum_.resident_bytes, sum_of(here(m.resident), here(m.pool())));
    add_bytes(sum_.huge_bytes, here(m.huge));
    add_bytes(sum_.pool_bytes, here(m.pool()));
    require(sum_.locked, m, &flags::locked);
    require(sum_.excluded_from_dumps, m, &flags::excluded_from_dumps);
    require(sum_.not_inherited, m, &flags::not_inherited);
    agree(sum_.page_bytes, m.page);
    agree(sum_.huge_advice, m.flags ? std::optional(m.flags->huge_advice) : std::nullopt);
    agree(sum_.huge_eligible, eligible(m, part.bytes()));
    agree(sum_.placement, placement_at<Calls, typename Seen::policy>(part.begin));
    agree(sum_.name, std::optional(m.name));
    agree(sum_.tag, tag_of(m, part));
    covered_ += part.bytes();
  }

  static std::optional<unsigned> tag_of([[maybe_unused]] const mapping& m,
                                        [[maybe_unused]] address_range part) noexcept {
    if constexpr (tagging_calls<Calls>)
      if (m.readable && m.flags && m.flags->takes_tags) return Calls::tag_at(reinterpret_cast<const void*>(part.begin));
    return std::nullopt;
  }

  /// A mapping that may have huge pages need not have them in this part.
  static constexpr std::optional<bool> eligible(const mapping& m, std::size_t part) noexcept {
    return part == m.bytes() || m.eligible == false ? m.eligible : std::nullopt;
  }
  /// A mapping may reach beyond the memory, if the kernel merged it with a neighbour: then the part is known only if
  /// none or all of the mapping counts.
  static constexpr bytes_told share(bytes_told bytes, std::size_t part, std::size_t all) noexcept {
    if (part == all || bytes == 0) return bytes;
    return bytes == all ? bytes_told(part) : std::nullopt;
  }
  static constexpr bytes_told sum_of(bytes_told a, bytes_told b) noexcept {
    return a && b ? bytes_told(*a + *b) : std::nullopt;
  }

  void add_bytes(bytes_told& sum, bytes_told more) const noexcept { sum = covered_ == 0 ? more : sum_of(sum, more); }
  void require(std::optional<bool>& all, const mapping& m, bool flags::* flag) const noexcept {
    if (covered_ == 0) all = true;
    all = all && m.flags ? std::optional(*all && (*m.flags).*flag) : std::nullopt;
  }
  template <class T>
  void agree(std::optional<T>& known, const std::optional<T>& more) const noexcept {
    if (covered_ == 0)
      known = more;
    else if (known != more)
      known.reset();
  }

  address_range pages_, whole_;
  address_range before_;  // the last inaccessible bytes below the base
  address_range after_;   // the inaccessible bytes that follow the accessible ones
  std::size_t covered_ = 0;
  Seen sum_{};
};

/// `Seen` is quire::observation. If the kernel was built without smaps, maps still reports guards and names.
template <class Calls, class Seen>
void observe_mappings(page_run accessible, page_run whole, Seen& seen) noexcept {
  const address_range here(accessible), around(whole);
  using sum = sum_of_mappings<Calls, Seen>;
  if (!sum(here, around).read("/proc/self/smaps", seen)) (void)sum(here, around).read("/proc/self/maps", seen);
  node_set nodes;
  if (sample_nodes<Calls>(here, nodes)) seen.nodes = nodes;
}

}  // namespace quire::backing::detail

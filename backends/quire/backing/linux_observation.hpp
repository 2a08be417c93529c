#pragma once
// What Linux says of a memory: /proc/self/smaps, get_mempolicy, and move_pages without moving.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/backing/smaps.hpp>
#include <quire/observation.hpp>
#include <quire/store.hpp>

namespace quire::backing::detail {

struct address_range {
  std::uintptr_t begin, end;

  constexpr address_range(std::uintptr_t from, std::uintptr_t to) noexcept : begin(from), end(std::max(from, to)) {}
  explicit address_range(page_run r) noexcept
      : begin(reinterpret_cast<std::uintptr_t>(r.base)), end(begin + r.bytes) {}
  [[nodiscard]] constexpr std::size_t bytes() const noexcept { return end - begin; }
  [[nodiscard]] constexpr bool empty() const noexcept { return begin == end; }
  [[nodiscard]] constexpr address_range within(address_range other) const noexcept {
    return {std::max(begin, other.begin), std::min(end, other.end)};
  }
};

/// The NUMA policy of a mapping.
template <class Calls>
[[nodiscard]] std::optional<observed_placement> placement_at(std::uintptr_t address) noexcept {
  node_set nodes;
  int mode = 0;
  if (Calls::get_mempolicy(&mode, nodes.words(), node_set::capacity, reinterpret_cast<void*>(address),
                           Calls::numa_of_address) != 0)
    return std::nullopt;
  const auto named = [&](numa_mode m) { return observed_placement{m, nodes}; };
  // Before Linux 5.14 a local policy was told as one that prefers no node.
  if (mode == Calls::numa_local || (mode == Calls::numa_prefer && nodes.empty())) return {{numa_mode::local, {}}};
  if (mode == Calls::numa_default) return {{numa_mode::anywhere, {}}};
  if (mode == Calls::numa_prefer) return named(numa_mode::prefer);
  if (mode == Calls::numa_bind) return named(numa_mode::bind);
  if (mode == Calls::numa_interleave) return named(numa_mode::interleave);
  if (mode == Calls::numa_weighted_interleave) return named(numa_mode::weighted_interleave);
  return std::nullopt;  // a mode that Quire does not set, or one with flags
}

/// Where resident pages lie. At most `most_samples` are asked for, evenly spaced.
template <class Calls>
[[nodiscard]] std::optional<node_set> nodes_of(address_range r) noexcept {
  constexpr std::size_t most_samples = 512, a_call = 64;
  const std::size_t page = Calls::page_bytes(), count = r.bytes() / page;
  const std::size_t samples = std::min(count, most_samples);
  node_set nodes;
  for (std::size_t done = 0; done < samples; done += a_call) {
    void* where[a_call];
    int status[a_call];
    const std::size_t now = std::min(a_call, samples - done);
    for (std::size_t i = 0; i < now; ++i)
      where[i] = reinterpret_cast<void*>(r.begin + count * (done + i) / samples * page);
    if (Calls::query_pages(now, where, status) != 0) return std::nullopt;
    for (std::size_t i = 0; i < now; ++i)
      if (status[i] >= 0) nodes.insert(static_cast<unsigned>(status[i]));
  }
  return nodes.empty() ? std::nullopt : std::optional(nodes);
}

/// What the mappings of a memory say together.
template <class Calls>
class sum_of_mappings {
 public:
  constexpr sum_of_mappings(address_range accessible, address_range whole) noexcept
      : pages_(accessible), whole_(whole), before_(whole.begin, whole.begin), after_(accessible.end, accessible.end) {}

  /// Nothing, unless the file tells of everything up to the end of the reservation.
  [[nodiscard]] std::optional<observation> read(const char* path) noexcept {
    if (!see_mappings<Calls>(path, [this](const mapping& m) { return add(m); })) return std::nullopt;
    if (covered_ != pages_.bytes()) sum_ = {};
    sum_.inaccessible_before = before_.end == pages_.begin ? before_.bytes() : 0;
    sum_.inaccessible_after = after_.bytes();
    return sum_;
  }

 private:
  /// Whether later mappings matter as well.
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
    const auto here = [&](std::optional<std::size_t> bytes) { return share(bytes, part.bytes(), m.bytes()); };
    const auto flag = [&](bool mapping_flags::* which) {
      return m.flags ? std::optional((*m.flags).*which) : std::nullopt;
    };
    add_bytes(sum_.resident_bytes, sum_of(here(m.resident), here(m.pool())));
    add_bytes(sum_.huge_bytes, here(m.huge));
    add_bytes(sum_.pool_bytes, here(m.pool()));
    require(sum_.locked, flag(&mapping_flags::locked));
    require(sum_.excluded_from_dumps, flag(&mapping_flags::excluded_from_dumps));
    require(sum_.not_inherited, flag(&mapping_flags::not_inherited));
    agree(sum_.page_bytes, m.page);
    agree(sum_.huge_advice, m.flags ? std::optional(m.flags->huge_advice) : std::nullopt);
    agree(sum_.placement, placement_at<Calls>(part.begin));
    agree(sum_.name, std::optional(m.name));
    covered_ += part.bytes();
  }

  /// A mapping may reach beyond the memory, when the kernel joined it with a neighbour: then only none and all can be
  /// told of the part.
  static constexpr std::optional<std::size_t> share(std::optional<std::size_t> bytes, std::size_t part,
                                                    std::size_t all) noexcept {
    if (part == all || bytes == 0) return bytes;
    return bytes == all ? std::optional(part) : std::nullopt;
  }
  static constexpr std::optional<std::size_t> sum_of(std::optional<std::size_t> a,
                                                     std::optional<std::size_t> b) noexcept {
    return a && b ? std::optional(*a + *b) : std::nullopt;
  }

  void add_bytes(std::optional<std::size_t>& sum, std::optional<std::size_t> more) const noexcept {
    sum = covered_ == 0 ? more : sum_of(sum, more);
  }
  void require(std::optional<bool>& all, std::optional<bool> more) const noexcept {
    all = covered_ == 0 ? more : all && more ? std::optional(*all && *more) : std::nullopt;
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
  observation sum_{};
};

/// Where the kernel was built without smaps, maps still tells of guards and names.
template <class Calls>
[[nodiscard]] observation observe_mappings(page_run accessible, page_run whole) noexcept {
  const address_range here(accessible), around(whole);
  observation seen;
  if (const auto full = sum_of_mappings<Calls>(here, around).read("/proc/self/smaps"))
    seen = *full;
  else if (const auto part = sum_of_mappings<Calls>(here, around).read("/proc/self/maps"))
    seen = *part;
  seen.nodes = nodes_of<Calls>(here);
  return seen;
}

}  // namespace quire::backing::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
// A set of pages, kept as runs.
#include <cstddef>

#include <quire/detail/page_ranges.hpp>
#include <quire/detail/sorted_array.hpp>
#include <quire/store.hpp>

namespace quire::detail {

/// No run of the set touches another one. `add` and `remove` each need room for one further run: a removal may leave
/// two runs of one.
class run_set {
 public:
  [[nodiscard]] bool make_room(std::size_t more) noexcept { return runs_.make_room(more); }

  void add(page_run r) noexcept {
    page_run *const from = first_that_ends_at_or_behind(r.base), *to = from;
    for (; to != runs_.end() && to->base <= end_of(r); ++to) r = detail::hull(r, *to);
    if (from == to) {
      runs_.insert(from, r);
    } else {
      *from = r;
      runs_.erase(from + 1, to);
    }
  }
  void remove(page_run r) noexcept {
    page_run *from = first_that_ends_at_or_behind(r.base + 1), *const to = runs_.behind(end_of(r) - 1);
    if (from == to) return;
    const page_run before = part_between(from->base, r.base), after = part_between(end_of(r), end_of(to[-1]));
    if (before.bytes != 0) *from++ = before;
    if (after.bytes == 0) return runs_.erase(from, to);
    if (from == to) {
      runs_.insert(to, after);
    } else {
      to[-1] = after;
      runs_.erase(from, to - 1);
    }
  }

  /// The first pages of `r` that are in the set, as far as they follow each other; none: `bytes` is 0.
  [[nodiscard]] page_run first_part(page_run r) const noexcept {
    const page_run* const at = first_that_ends_at_or_behind(r.base + 1);
    return at == runs_.end() ? page_run{r.base, 0} : common(*at, r);
  }
  /// The like for pages of `r` that are not in the set.
  [[nodiscard]] page_run first_gap(page_run r) const noexcept {
    const page_run part = first_part(r);
    if (part.bytes == 0) return r;
    if (part.base != r.base) return {r.base, static_cast<std::size_t>(part.base - r.base)};
    return part.bytes == r.bytes ? page_run{r.base, 0} : first_gap(behind(part, r));
  }
  [[nodiscard]] bool contains(page_run r) const noexcept { return first_part(r).bytes == r.bytes; }
  [[nodiscard]] std::size_t bytes_in(page_run r) const noexcept {
    std::size_t bytes = 0;
    for (const page_run* at = first_that_ends_at_or_behind(r.base + 1); at != runs_.end(); ++at) {
      const std::size_t more = common(*at, r).bytes;
      if (more == 0) break;
      bytes += more;
    }
    return bytes;
  }
  /// From the first to the last page of `r` that is in the set; none: `bytes` is 0.
  [[nodiscard]] page_run hull(page_run r) const noexcept {
    const page_run first = first_part(r);
    return first.bytes == 0 ? first : detail::hull(first, common(runs_.behind(end_of(r) - 1)[-1], r));
  }

  /// The pages of `r` behind `part`, which lies in it.
  [[nodiscard]] static page_run behind(page_run part, page_run r) noexcept {
    return part_between(end_of(part), end_of(r));
  }

 private:
  static std::byte* end_of(page_run r) noexcept { return r.base + r.bytes; }
  static page_run part_between(std::byte* from, std::byte* to) noexcept {
    return {from, from < to ? static_cast<std::size_t>(to - from) : 0};
  }
  [[nodiscard]] page_run* first_that_ends_at_or_behind(const std::byte* p) const noexcept {
    page_run* const next = runs_.behind(p);
    return next != runs_.begin() && end_of(next[-1]) >= p ? next - 1 : next;
  }

  sorted_array<page_run> runs_;
};

}  // namespace quire::detail

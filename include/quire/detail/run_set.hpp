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
    page_run *from = first_that_ends_at_or_behind(r.base), *to = from;
    for (; to != runs_.end() && to->base <= end_of(r); ++to) r = hull(r, *to);
    if (from != to)
      *from++ = r;
    else
      runs_.insert(from++, r), to = from;
    runs_.erase(from, to);
  }
  void remove(page_run r) noexcept {
    for (page_run part = first_part(r); part.bytes != 0; part = first_part(r)) remove_part(part);
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
    for (page_run part = first_part(r); part.bytes != 0; part = first_part(r = behind(part, r))) bytes += part.bytes;
    return bytes;
  }

  /// The pages of `r` behind `part`, which lies in it.
  [[nodiscard]] static page_run behind(page_run part, page_run r) noexcept {
    return {end_of(part), static_cast<std::size_t>(end_of(r) - end_of(part))};
  }

 private:
  static std::byte* end_of(page_run r) noexcept { return r.base + r.bytes; }

  [[nodiscard]] page_run* first_that_ends_at_or_behind(const std::byte* p) const noexcept {
    page_run* const next = runs_.behind(p);
    return next != runs_.begin() && end_of(next[-1]) >= p ? next - 1 : next;
  }
  void remove_part(page_run part) noexcept {
    page_run* const at = first_that_ends_at_or_behind(part.base + 1);
    const page_run before{at->base, static_cast<std::size_t>(part.base - at->base)}, after = behind(part, *at);
    if (before.bytes != 0) {
      *at = before;
      if (after.bytes != 0) runs_.insert(at + 1, after);
    } else if (after.bytes != 0) {
      *at = after;
    } else {
      runs_.erase(at, at + 1);
    }
  }

  sorted_array<page_run> runs_;
};

}  // namespace quire::detail

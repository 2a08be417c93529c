// SPDX-License-Identifier: BSL-1.0
#pragma once
// PMSAv8, the MPU of ARMv8-M: a region is any range of multiples of 32 bytes. No encoding denies privileged code
// access, so inaccessible addresses are either in no region, which requires a program without the default map as
// background, or in two, as an address in two regions faults.
//
// Facts: Arm, "Armv8-M Architecture Reference Manual" (DDI 0553), MPU_RBAR, MPU_RLAR, and "Memory Protection Unit"
// (100699).
#include <array>
#include <cstddef>
#include <cstdint>

#include <quire/backing/detail/mpu/region_registers.hpp>

namespace quire::backing::detail {

/// The access map of one storage, as runs of equal access, and the fewest regions for it.
class mpu_ranges {
 public:
  static constexpr std::uint32_t granule = 32;
  /// The most regions that one accessible range in a storage can take: its own, and an overlapping one at either end.
  [[nodiscard]] static constexpr std::size_t most_for_one_range(std::size_t) noexcept { return 3; }
  [[nodiscard]] static constexpr std::size_t default_page(std::size_t) noexcept { return granule; }
  /// A storage may have any alignment and any number of granules.
  [[nodiscard]] static constexpr bool fits(mpu_span, std::uint32_t) noexcept { return true; }

  /// Where the regions of a storage may lie.
  [[nodiscard]] static constexpr mpu_span reach(mpu_span where, std::uint32_t) noexcept { return where; }

  /// `by_gaps`: addresses in no region fault.
  constexpr mpu_ranges(mpu_span, std::uint32_t, bool by_gaps) noexcept : by_gaps_(by_gaps) {}

  [[nodiscard]] static constexpr mpu_span span_of(mpu_words w) noexcept {
    const std::uint32_t last = w.rest | low_bits;  // the top of memory has no representable end
    return {w.base & ~low_bits, last == UINT32_MAX ? last : last + 1};
  }
  /// Takes in a region that is already written.
  constexpr void take(mpu_words w) noexcept {
    const kind its = (w.base & read_only) != 0 ? kind::read : kind::read_write;
    change(span_of(w), [its](kind was) { return was == kind::uncovered ? its : kind::none; });
  }
  /// `wanted` is none, read or read_write.
  constexpr void paint(mpu_span where, access wanted) noexcept {
    const kind its = wanted == access::none ? kind::none : wanted == access::read ? kind::read : kind::read_write;
    change(where, [its](kind) { return its; });
  }
  [[nodiscard]] constexpr bool overflown() const noexcept { return overflown_; }

  constexpr void plan(mpu_list& out) const noexcept {
    for (std::size_t i = 0; i < count_; ++i)
      if (is_accessible(i))
        out.add(by_gaps_ ? words(i, i + 1, runs_[i].what) : words(after_previous(i), next(i), runs_[i].what));
    if (!by_gaps_)
      for (std::size_t i = 0; i < count_; ++i)
        if (runs_[i].what == kind::none) cover_again(i, out);
  }

 private:
  enum class kind : unsigned char { uncovered, none, read, read_write };
  struct run {
    std::uint32_t begin;  // it ends where the next one begins
    kind what;
  };
  static constexpr std::uint32_t low_bits = granule - 1;
  static constexpr std::uint32_t never_execute = 1, read_only = 2U << 1, enable = 1;
  static constexpr std::uint32_t attribute_index = 7U << 1;  // of MPU_MAIR1: see calls/cortex_m.hpp
  // Each region has two ends, and so does the painted range.
  static constexpr std::size_t most_runs = 2 * most_mpu_regions + 4;

  /// Replaces each kind in `where` by `f` of it; adjacent runs that become equal are merged.
  template <class F>
  constexpr void change(mpu_span where, F f) noexcept {
    const auto before = runs_;
    const std::size_t n = count_;
    count_ = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t begin = before[i].begin, end = i + 1 < n ? before[i + 1].begin : UINT32_MAX;
      const mpu_span inside{begin > where.begin ? begin : where.begin, end < where.end ? end : where.end};
      if (inside.begin >= inside.end) {
        append(begin, before[i].what);
        continue;
      }
      if (begin < inside.begin) append(begin, before[i].what);
      append(inside.begin, f(before[i].what));
      if (inside.end < end) append(inside.end, before[i].what);
    }
  }
  constexpr void append(std::uint32_t begin, kind what) noexcept {
    if (count_ != 0 && runs_[count_ - 1].what == what) return;
    if (count_ == most_runs) {
      overflown_ = true;
      return;
    }
    runs_[count_++] = {begin, what};
  }

  [[nodiscard]] constexpr bool is_accessible(std::size_t i) const noexcept {
    return runs_[i].what == kind::read || runs_[i].what == kind::read_write;
  }
  [[nodiscard]] constexpr bool is_none(std::size_t i) const noexcept {
    return i < count_ && runs_[i].what == kind::none;
  }
  // The region of an accessible run extends over the inaccessible runs on both sides, so that an inaccessible run
  // between two accessible ones is in two regions without a further one.
  [[nodiscard]] constexpr std::size_t after_previous(std::size_t i) const noexcept {
    return i != 0 && is_none(i - 1) ? i - 1 : i;
  }
  [[nodiscard]] constexpr std::size_t next(std::size_t i) const noexcept { return is_none(i + 1) ? i + 2 : i + 1; }
  /// Covers inaccessible runs with fewer than two accessible neighbours.
  constexpr void cover_again(std::size_t i, mpu_list& out) const noexcept {
    const std::size_t neighbours = (i != 0 && is_accessible(i - 1) ? 1U : 0U) + (is_accessible(i + 1) ? 1U : 0U);
    for (std::size_t n = neighbours; n < 2; ++n) out.add(words(i, i + 1, kind::read));
  }
  /// The runs [first, last), as one region. The last run of all is uncovered and reaches to the top.
  [[nodiscard]] constexpr mpu_words words(std::size_t first, std::size_t last, kind what) const noexcept {
    return {runs_[first].begin | never_execute | (what == kind::read ? read_only : 0),
            ((runs_[last].begin - 1) & ~low_bits) | attribute_index | enable};
  }

  std::array<run, most_runs> runs_{run{0, kind::uncovered}};
  std::size_t count_ = 1;
  bool by_gaps_;
  bool overflown_ = false;
};

}  // namespace quire::backing::detail

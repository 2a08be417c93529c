// SPDX-License-Identifier: BSL-1.0
#pragma once
// The pages of one slot, as a recycling policy sees them (quire/policy/recycling.hpp).
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstring>

#include <quire/detail/pool/slot_record.hpp>
#include <quire/detail/pool/slot_start.hpp>
#include <quire/store.hpp>
#include <quire/store/reuse.hpp>
#include <quire/units.hpp>

namespace quire::detail {

template <class Source>
class used_pages {
 public:
  /// `run` begins at the base of the slot.
  BOOST_FORCEINLINE used_pages(Source& source, slot_record& slot, page_run run) noexcept
      : source_(source), slot_(slot), run_(run), written_(std::min(slot.written, run.bytes)) {}

  [[nodiscard]] std::size_t accessible() const noexcept { return run_.bytes; }
  [[nodiscard]] std::size_t written() const noexcept { return written_; }
  [[nodiscard]] std::size_t keepable() const noexcept { return source_.keepable(); }
  [[nodiscard]] std::size_t resident() const noexcept {
    if ((slot_.faults & slot_record::renewed) != 0) return run_.bytes;
    return std::min(slot_.resident.load(std::memory_order_relaxed), run_.bytes);
  }

  /// Not called for nothing: a memset of no bytes on an absent page can cost 0.15 us (a masked store on Zen 4).
  BOOST_FORCEINLINE void restore(std::size_t from, std::size_t to) const noexcept {
    if (from >= to) return;
    changed_ = true;
    if constexpr (has_images)
      if (const auto& start = source_.start_of(slot_); !start.is_none())
        return start.restore(run_.base, from, to, source_.page_bytes());
    std::memset(run_.base + from, 0, to - from);
  }
  [[nodiscard]] auto& state() const noexcept { return source_.state_of(slot_); }
  [[nodiscard]] bool is_as_new(std::size_t from, std::size_t to) const noexcept {
    if constexpr (has_images)
      if (const auto& start = source_.start_of(slot_); !start.is_none())
        return start.is_new(run_.base, from, to, source_.page_bytes(),
                            [this](std::size_t begin, std::size_t end) { return is_zero(begin, end); });
    return is_zero(from, to);
  }
  [[nodiscard]] int give_back(std::size_t from, std::size_t to) const noexcept {
    if (from == to) return 0;
    const outcome done = source_.give_back_pages(slot_, {run_.base + from, to - from});
    changed_ = changed_ || done.native == 0 || done.lost;
    return done.native;
  }
  /// Whether contents are no longer as the user has left them, or may not be.
  [[nodiscard]] bool changed() const noexcept { return changed_; }
  template <class F>
  [[nodiscard]] bool each_written(F f) const noexcept {
    static_assert(Source::may_scan, "quire: a recycling policy that calls each_written has `scans = true`");
    if constexpr (requires { requires Source::maps_images; })
      if (const auto image = source_.start_of(slot_).mapped(0, run_.bytes); !image.empty())
        return each_written_in({run_.base, image.begin}, false, f) && each_written_in(image.of(run_.base), true, f) &&
               each_written_in({run_.base + image.end, run_.bytes - image.end}, false, f);
    return each_written_in(run_, false, f);
  }

 private:
  static constexpr bool has_images = requires { requires Source::has_images; };

  template <class F>
  [[nodiscard]] bool each_written_in(page_run left, bool is_mapped, F& f) const noexcept {
    page_run found[64];
    while (left.bytes != 0) {
      const scan_result seen = source_.scan(left, is_mapped, found);
      if (seen.native != 0) return false;
      for (std::size_t i = 0; i < seen.runs; ++i) {
        const auto from = static_cast<std::size_t>(found[i].base - run_.base);
        if (!f(from, from + found[i].bytes)) return false;
      }
      left = {seen.end, left.bytes - static_cast<std::size_t>(seen.end - left.base)};
    }
    return true;
  }

  /// Compared with itself, shifted by a byte, as memcmp is fast.
  [[nodiscard]] bool is_zero(std::size_t from, std::size_t to) const noexcept {
    const std::byte* const p = run_.base + from;
    return from == to || (*p == std::byte{0} && std::memcmp(p, p + 1, to - from - 1) == 0);
  }

  Source& source_;
  slot_record& slot_;
  page_run run_;
  std::size_t written_;
  mutable bool changed_ = false;
};

}  // namespace quire::detail

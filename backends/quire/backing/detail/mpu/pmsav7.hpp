// SPDX-License-Identifier: BSL-1.0
#pragma once
// PMSAv7, the MPU of ARMv6-M and ARMv7-M: a region is a naturally aligned power of two, in eight sub-regions that can
// be disabled one by one; where regions overlap, the higher number wins. A storage is a map of at most 64 pages here,
// so that every set of pages is a word.
//
// Facts: Arm, "ARMv7-M Architecture Reference Manual" (DDI 0403), section B3.5.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <quire/backing/detail/mpu/region_registers.hpp>
#include <quire/units.hpp>

namespace quire::backing::detail {

/// The access map of one storage, and a small set of regions for it. A plan has two levels where needed: coarse
/// regions, then one region of eight pages for what the coarse ones cannot express. (It is minimal for one accessible
/// range; for others test/unit/buffers/mpu_plan.cpp compares it with the minimum.)
class mpu_blocks {
 public:
  static constexpr std::size_t granule = 32;
  static constexpr unsigned most_pages = 64;
  /// The most regions that one accessible range in a storage of `pages` pages can take: an inaccessible and an
  /// accessible one, one for the pages around either end, and one at the end of a storage that is not a power of two.
  [[nodiscard]] static constexpr std::size_t most_for_one_range(std::size_t pages) noexcept {
    if (pages <= 8) return 2;
    return std::has_single_bit(pages) ? 4 : 5;
  }
  /// The smallest page for a storage of `bytes` bytes.
  [[nodiscard]] static constexpr std::size_t default_page(std::size_t bytes) noexcept {
    const std::size_t page = std::bit_ceil(bytes) / most_pages;
    return page < granule ? granule : page;
  }
  /// Whether the regions fit there: the storage must be aligned to the power of two above its size.
  [[nodiscard]] static constexpr bool fits(mpu_span where, std::uint32_t page) noexcept {
    const std::uint32_t pages = (where.end - where.begin) / page;
    return pages <= most_pages && where.begin % (page * top(pages)) == 0;
  }

  /// Where the regions of a storage may lie.
  [[nodiscard]] static constexpr mpu_span reach(mpu_span where, std::uint32_t page) noexcept {
    return {where.begin, where.begin + page * top((where.end - where.begin) / page)};
  }

  constexpr mpu_blocks(mpu_span where, std::uint32_t page, bool) noexcept
      : begin_(where.begin), page_(page), top_(top((where.end - where.begin) / page)) {}

  [[nodiscard]] static constexpr mpu_span span_of(mpu_words w) noexcept {
    const unsigned exponent = ((w.rest >> 1) & 31) + 1;
    const std::uint32_t base = w.base & ~std::uint32_t{31};
    const std::uint64_t end = base + (std::uint64_t{1} << exponent);
    return {base, end > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(end)};
  }
  /// Takes in a region that is written already; lower numbers must come first.
  constexpr void take(mpu_words w) noexcept {
    const mpu_span all = span_of(w);
    const std::uint32_t eighth = (all.end - all.begin) / 8;
    for (unsigned i = 0; i < 8; ++i)
      if (((w.rest >> (8 + i)) & 1) == 0) paint({all.begin + i * eighth, all.begin + (i + 1) * eighth}, access_in(w));
  }
  /// `wanted` is none, read or read_write.
  constexpr void paint(mpu_span where, access wanted) noexcept {
    const set pages = block((where.begin - begin_) / page_, (where.end - where.begin) / page_);
    for (set& each : painted_) each &= ~pages;
    painted_[static_cast<unsigned>(wanted)] |= pages;
  }
  [[nodiscard]] static constexpr bool overflown() noexcept { return false; }

  constexpr void plan(mpu_list& out) const noexcept { (void)best(0, top_, nothing, &out); }

 private:
  using set = std::uint64_t;                           // of pages
  static constexpr unsigned colours = 3, nothing = 3;  // a colour is an access; `nothing` is outside
  static constexpr unsigned impossible = 100;
  static constexpr std::uint32_t never_execute = 1U << 28, enable = 1;
  static constexpr std::uint32_t normal_memory = (1U << 19) | (1U << 17) | (1U << 16);  // TEX 1, C, B: as by default
  // Privileged code only: none, read, read_write.
  static constexpr std::array<std::uint32_t, colours> permission{0, 5U << 24, 1U << 24};

  [[nodiscard]] static constexpr unsigned top(std::uint32_t pages) noexcept {
    return pages <= 8 ? 8 : std::bit_ceil(quire::detail::integer_cast<unsigned>(pages));
  }
  [[nodiscard]] static constexpr access access_in(mpu_words w) noexcept {
    const std::uint32_t its = w.rest & (7U << 24);
    return its == permission[0] ? access::none : its == permission[1] ? access::read : access::read_write;
  }
  [[nodiscard]] static constexpr set block(unsigned first, unsigned n) noexcept {
    return (n == most_pages ? ~set{0} : (set{1} << n) - 1) << first;
  }
  [[nodiscard]] constexpr set pages_of(unsigned colour) const noexcept {
    return colour == nothing ? ~(painted_[0] | painted_[1] | painted_[2]) : painted_[colour];
  }
  /// All pages of the colours in a palette, in which bit n is colour n.
  [[nodiscard]] constexpr set pages_in(unsigned palette) const noexcept {
    set all = 0;
    for (unsigned c = 0; c < colours; ++c)
      if ((palette >> c & 1) != 0) all |= painted_[c];
    return all;
  }
  [[nodiscard]] constexpr unsigned colours_in(set pages) const noexcept {
    unsigned palette = 0;
    for (unsigned c = 0; c < colours; ++c)
      if ((pages & painted_[c]) != 0) palette |= 1U << c;
    return palette;
  }

  /// How many regions the block [first, first + n) takes on top of one colour; adds them to `out`, if given.
  constexpr unsigned best(unsigned first, unsigned n, unsigned below, mpu_list* out) const noexcept {
    const set all = block(first, n);
    if ((all & ~pages_of(below)) == 0) return 0;
    if (below != nothing && (all & pages_of(nothing)) != 0) return impossible;
    const unsigned present = colours_in(all & ~pages_of(below));
    unsigned least = n == 8 ? impossible : halves(first, n, below, nullptr), how = 0;
    for (unsigned palette = 1; palette < 1U << colours; ++palette) {
      if ((palette & ~present) != 0) continue;
      const unsigned some = two_levels(first, n, below, palette, nullptr);
      if (some < least) {
        least = some;
        how = palette;
      }
      if (n == 8 || !std::has_single_bit(palette) || (all & pages_of(nothing)) != 0) continue;
      const unsigned whole = 1 + halves(first, n, static_cast<unsigned>(std::countr_zero(palette)), nullptr);
      if (whole < least) {
        least = whole;
        how = palette | wholly;
      }
    }
    if (out != nullptr) lay(first, n, below, how, *out);
    return least;
  }
  static constexpr unsigned wholly = 8;

  constexpr void lay(unsigned first, unsigned n, unsigned below, unsigned how, mpu_list& out) const noexcept {
    if (how == 0) return (void)halves(first, n, below, &out);
    if ((how & wholly) == 0) return (void)two_levels(first, n, below, how, &out);
    const auto colour = static_cast<unsigned>(std::countr_zero(how));
    out.add(words(first, n, block(first, n), colour));
    (void)halves(first, n, colour, &out);
  }
  constexpr unsigned halves(unsigned first, unsigned n, unsigned below, mpu_list* out) const noexcept {
    const unsigned one = best(first, n / 2, below, out);
    return one >= impossible ? impossible : one + best(first + n / 2, n / 2, below, out);
  }

  /// One region of the whole block for each colour of the palette, in eighths, and further ones for each eight pages
  /// that these cannot express.
  constexpr unsigned two_levels(unsigned first, unsigned n, unsigned below, unsigned palette,
                                mpu_list* out) const noexcept {
    auto regions = static_cast<unsigned>(std::popcount(palette));
    std::array<set, colours> coarse{};
    mpu_list fine;
    for (unsigned at = first; at < first + n; at += 8) {
      const unsigned rest = least_rest(at, n, below, palette, coarse);
      if (rest == no_rest) return impossible;
      regions += static_cast<unsigned>(std::popcount(rest));
      for (unsigned c = 0; out != nullptr && c < colours; ++c)
        if ((rest >> c & 1) != 0) fine.add(words(at, 8, painted_[c] & block(at, 8), c));
    }
    if (out == nullptr) return regions;
    for (unsigned c = 0; c < colours; ++c)
      if ((palette >> c & 1) != 0) out->add(words(first, n, coarse[c], c));
    for (std::size_t i = 0; i < fine.size(); ++i) out->add(fine[i]);
    return regions;
  }
  static constexpr unsigned no_rest = 8;

  /// The fewest colours that the eight pages at `at` need in addition to what the palette, and the colour below, can
  /// give them in eighths of a block of `n`. `coarse` receives what the palette gives.
  constexpr unsigned least_rest(unsigned at, unsigned n, unsigned below, unsigned palette,
                                std::array<set, colours>& coarse) const noexcept {
    constexpr std::array<unsigned, 8> fewest_first{0, 1, 2, 4, 3, 5, 6, 7};
    const unsigned eighth = n / 8, step = eighth < 8 ? eighth : 8;
    for (const unsigned rest : fewest_first) {
      std::array<set, colours> tried = coarse;
      bool can = true;
      for (unsigned i = at; can && i < at + 8; i += step)
        can = give(block(i, step) & ~pages_in(rest), block(i, step), below, palette, tried);
      if (!can) continue;
      coarse = tried;
      return rest;
    }
    return no_rest;
  }
  /// Whether one coarsely available colour is right for these pages.
  constexpr bool give(set pages, set eighth, unsigned below, unsigned palette,
                      std::array<set, colours>& coarse) const noexcept {
    if ((pages & ~pages_of(below)) == 0) return true;
    for (unsigned c = 0; c < colours; ++c)
      if ((palette >> c & 1) != 0 && (pages & ~painted_[c]) == 0) {
        coarse[c] |= eighth;
        return true;
      }
    return false;
  }

  /// One region of `n` pages in which only `pages`, whole eighths, are enabled.
  [[nodiscard]] constexpr mpu_words words(unsigned first, unsigned n, set pages, unsigned colour) const noexcept {
    std::uint32_t left_out = 0;
    for (unsigned i = 0; i < 8; ++i)
      if ((pages & block(first + i * (n / 8), n / 8)) == 0) left_out |= 1U << (8 + i);
    const auto exponent = static_cast<std::uint32_t>(std::countr_zero(n * page_));
    return {begin_ + first * page_,
            never_execute | permission[colour] | normal_memory | left_out | (exponent - 1) << 1 | enable};
  }

  std::array<set, colours> painted_{};
  std::uint32_t begin_, page_;
  unsigned top_;
};

}  // namespace quire::backing::detail

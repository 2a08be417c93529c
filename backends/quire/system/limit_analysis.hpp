// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which of several limits was met: the one without room for the wanted amount, or the only one left.
#include <cstdint>
#include <optional>

#include <quire/explanation.hpp>

namespace quire::detail {

inline constexpr std::uint64_t unlimited = std::uint64_t{1} << 62;  // and above

/// `wanted` is in bytes; 0 if it is not known. In that case a limit without room for `least` was certainly met, or
/// else, if no limit is hidden, the one with the least room.
class limit_analysis {
 public:
  constexpr limit_analysis(std::uint64_t wanted, std::uint64_t least) noexcept
      : said_(wanted != 0), wanted_(said_ ? wanted : least) {}

  constexpr void consider(const explanation& candidate) noexcept {
    if (candidate.limit && *candidate.limit >= unlimited) return;
    if (room_of(candidate) < wanted_)
      keep_smaller(sure_, candidate);
    else if (!candidate.room())
      keep_smaller(hidden_, candidate);
    else
      keep_smaller(tightest_, candidate);
  }
  /// A limit on something that is not counted in bytes. It is named only if no other limit is.
  constexpr void consider_count(const explanation& candidate, std::uint64_t needed) noexcept {
    if (!candidate.room() && !hidden_) hidden_ = candidate;
    if (candidate.room() && *candidate.room() < needed && !sure_) sure_ = candidate;
  }
  /// From here on, limits need room for `bytes` more.
  constexpr void want_more(std::uint64_t bytes) noexcept {
    wanted_ = wanted_ > UINT64_MAX - bytes ? UINT64_MAX : wanted_ + bytes;
  }

  /// Whether a limit with this much room, or more, cannot be the one that was met.
  [[nodiscard]] constexpr bool is_enough(std::uint64_t room) const noexcept { return said_ && room >= wanted_; }
  /// Whether a limit has too little room, and whether the room of one is hidden.
  [[nodiscard]] constexpr bool is_exhausted() const noexcept { return sure_.has_value(); }
  [[nodiscard]] constexpr bool is_inconclusive() const noexcept { return hidden_.has_value(); }

  [[nodiscard]] constexpr explanation result() const noexcept {
    if (sure_) return *sure_;
    if (hidden_) return {limit_kind::unknown, hidden_->owner, hidden_->used, hidden_->limit};
    return tightest_ && !said_ ? *tightest_ : explanation{};
  }

 private:
  /// An upper bound: a limit whose usage is hidden bounds the room as well.
  static constexpr std::uint64_t room_of(const explanation& e) noexcept {
    return e.room().value_or(e.limit.value_or(UINT64_MAX));
  }
  static constexpr void keep_smaller(std::optional<explanation>& kept, const explanation& candidate) noexcept {
    if (!kept || room_of(candidate) < room_of(*kept)) kept = candidate;
  }

  bool said_;
  std::uint64_t wanted_;
  std::optional<explanation> sure_, hidden_, tightest_;
};

}  // namespace quire::detail

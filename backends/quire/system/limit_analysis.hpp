#pragma once
// Which of several walls it was: the one that has no room for what was wanted, or the only one left.
#include <cstdint>
#include <optional>

#include <quire/explanation.hpp>

namespace quire::detail {

inline constexpr std::uint64_t unlimited = std::uint64_t{1} << 62;  // and above

/// `wanted` is in bytes, 0 where it is not said; then a wall is sure that has no room for `least`, and else, if all
/// walls can be seen, it was the one with the least room.
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
  /// A limit on something that is not counted in bytes. It is named only where no other one is.
  constexpr void consider_count(const explanation& candidate, std::uint64_t needed) noexcept {
    if (!candidate.room() && !hidden_) hidden_ = candidate;
    if (candidate.room() && *candidate.room() < needed && !sure_) sure_ = candidate;
  }
  /// From here on walls need room for so many bytes more.
  constexpr void want_more(std::uint64_t bytes) noexcept {
    wanted_ = wanted_ > UINT64_MAX - bytes ? UINT64_MAX : wanted_ + bytes;
  }

  /// Whether it does not matter if a wall has more room than this.
  [[nodiscard]] constexpr bool is_enough(std::uint64_t room) const noexcept { return said_ && room >= wanted_; }
  /// Whether a wall has too little room, and whether the room of one is not to be seen.
  [[nodiscard]] constexpr bool is_exhausted() const noexcept { return sure_.has_value(); }
  [[nodiscard]] constexpr bool is_inconclusive() const noexcept { return hidden_.has_value(); }

  [[nodiscard]] constexpr explanation result() const noexcept {
    if (sure_) return *sure_;
    if (hidden_) return {limit_kind::unknown, hidden_->owner, hidden_->used, hidden_->limit};
    return tightest_ && !said_ ? *tightest_ : explanation{};
  }

 private:
  /// At most; a limit whose use is hidden bounds it as well.
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

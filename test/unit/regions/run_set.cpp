// SPDX-License-Identifier: BSL-1.0
// A set of pages that is kept as runs, against a plain set of pages.
#include <quire/detail/run_set.hpp>

#include <bitset>
#include <cstddef>
#include <random>
#include <vector>

#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

constexpr std::size_t pages = 48;

class compared_sets {
 public:
  void add(std::size_t from, std::size_t count) {
    REQUIRE(runs_.make_room(1));
    runs_.add(run(from, count));
    for (std::size_t i = from; i < from + count; ++i) plain_.set(i);
  }
  void remove(std::size_t from, std::size_t count) {
    REQUIRE(runs_.make_room(1));
    runs_.remove(run(from, count));
    for (std::size_t i = from; i < from + count; ++i) plain_.reset(i);
  }
  void compare(std::size_t from, std::size_t count) const {
    const auto first_with = [&](bool wanted) {
      std::size_t begin = from;
      while (begin < from + count && plain_[begin] != wanted) ++begin;
      std::size_t end = begin;
      while (end < from + count && plain_[end] == wanted) ++end;
      return run(begin, end - begin);
    };
    const page_run r = run(from, count);
    check_same(runs_.first_part(r), first_with(true));
    check_same(runs_.first_gap(r), first_with(false));
    std::size_t bytes = 0;
    for (std::size_t i = from; i < from + count; ++i) bytes += plain_[i] ? 1U : 0U;
    CHECK(runs_.bytes_in(r) == bytes);
    CHECK(runs_.contains(r) == (bytes == count));
  }

 private:
  static void check_same(page_run got, page_run expected) {
    CHECK(got.bytes == expected.bytes);
    if (expected.bytes != 0) CHECK(got.base == expected.base);
  }
  /// A page of one byte each.
  [[nodiscard]] page_run run(std::size_t from, std::size_t count) const { return {memory_.data() + from, count}; }

  mutable std::vector<std::byte> memory_ = std::vector<std::byte>(pages);
  detail::run_set runs_;
  std::bitset<pages> plain_;
};

TEST_CASE("runs of pages are the pages that were added and not removed", "[regions]") {
  std::mt19937 random(7);
  const auto draw = [&](std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random); };
  compared_sets sets;
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t from = draw(pages - 1), count = 1 + draw(std::min<std::size_t>(pages - from - 1, 9));
    draw(1) == 0 ? sets.add(from, count) : sets.remove(from, count);
    const std::size_t begin = draw(pages - 1);
    sets.compare(begin, 1 + draw(pages - begin - 1));
  }
}

}  // namespace
}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
// What does a pinned_vector cost, beside memory mapped by hand and std::vector?
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <quire/pinned_vector.hpp>

#include "machine.hpp"
#include "overhead.hpp"
#include "peers.hpp"
#include "questions.hpp"
#include "warm.hpp"

namespace bench {
namespace {

using element = std::uint64_t;

/// One element after the other, written into memory that is mapped once.
class elements_by_hand {
 public:
  elements_by_hand() {
    void* const p = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) stop("mmap");
    begin_ = end_ = static_cast<element*>(p);
  }
  elements_by_hand(const elements_by_hand&) = delete;
  elements_by_hand& operator=(const elements_by_hand&) = delete;
  ~elements_by_hand() { munmap(begin_, room); }

  void push_back(element value) { *end_++ = value; }
  void append_range(std::span<const element> values) { end_ = std::copy(values.begin(), values.end(), end_); }
  [[nodiscard]] const element* begin() const { return begin_; }
  [[nodiscard]] const element* end() const { return end_; }

 private:
  static constexpr std::size_t room = 4_GiB;
  element* begin_;
  element* end_;
};

/// Nanoseconds to fill a new container, and to destroy it.
template <class Container, class Fill>
double filled_anew(const Fill& fill) {
  return timed([&] {
    Container c;
    fill(c);
    element first = *c.begin();
    keep(&first);  // all that was written must be there
  });
}

void append_block(auto& to, std::span<const element> block) { to.append_range(block); }
void append_block(std::vector<element>& to, std::span<const element> block) {
  to.insert(to.end(), block.begin(), block.end());
}

/// Nanoseconds to add up the elements of a container.
template <class Container>
double add_up(const Container& c) {
  return timed([&] {
    element sum = std::accumulate(c.begin(), c.end(), element{0});
    keep(&sum);
  });
}

template <class Container>
Container filled(std::size_t count) {
  Container c;
  for (element i = 0; i < count; ++i) c.push_back(i);
  return c;
}

void judge_row(report& r, table& t, const std::string& name, const comparison& c, double largest) {
  add_comparison(t, name, c);
  t.rows.push_back({.name = t.instead, .time = c.instead});
  r.add(limit{t.title + ": pinned_vector, to by hand", c.ratio.median, largest, judge(c, largest)});
  r.add(t);
}

template <class Fill>
void ask_appending(report& r, table t, std::size_t pairs, Fill fill) {
  t.baseline = "by hand";
  t.instead = "std::vector";
  progress(t.title);
  const comparison c = compare({.by_hand = [=] { return filled_anew<elements_by_hand>(fill); },
                                .quire = [=] { return filled_anew<quire::pinned_vector<element>>(fill); },
                                .by_hand_again = [=] { return filled_anew<elements_by_hand>(fill); },
                                .instead = [=] { return filled_anew<std::vector<element>>(fill); }},
                               pairs);
  judge_row(r, t, "pinned_vector", c, 1.05);
}

void ask_appending(report& r, std::size_t bytes, const std::string& size, std::size_t pairs) {
  static const std::vector<element> block(64_KiB / sizeof(element), 1);
  const std::size_t count = bytes / sizeof(element);
  warm_memory(2 * bytes);
  ask_appending(r, {.id = "vectors, " + size, .title = "append numbers up to " + size}, pairs, [=](auto& to) {
    for (element i = 0; i < count; ++i) to.push_back(i);
  });
  ask_appending(r, {.id = "vectors, " + size + ", by blocks", .title = "append numbers by 64 KiB up to " + size}, pairs,
                [=](auto& to) {
                  for (std::size_t i = 0; i < count; i += block.size()) append_block(to, block);
                });
}

void ask_iterating(report& r, std::size_t bytes, const std::string& size, std::size_t pairs) {
  table t{.id = "vectors, iterating",
          .title = "add up " + size + " of numbers",
          .baseline = "by hand",
          .instead = "std::vector"};
  progress(t.title);
  const std::size_t count = bytes / sizeof(element);
  elements_by_hand by_hand;
  for (element i = 0; i < count; ++i) by_hand.push_back(i);
  const auto pinned = filled<quire::pinned_vector<element>>(count);
  const auto standard = filled<std::vector<element>>(count);
  const comparison c = compare({.by_hand = [&] { return add_up(by_hand); },
                                .quire = [&] { return add_up(pinned); },
                                .by_hand_again = [&] { return add_up(by_hand); },
                                .instead = [&] { return add_up(standard); }},
                               pairs);
  judge_row(r, t, "pinned_vector", c, 1.05);
}

void explain(report& r) {
  r.heading("What does a vector cost whose elements never move?",
            "Numbers of eight bytes are appended to a new container, one after the other or many at once; it is then "
            "destroyed.\n"
            "And they are added up. By hand: written into 4 GiB that are mapped by one call.");
  r.add(peers::standard_library("std::vector as it is"));
}

}  // namespace

void ask_vectors(report& r, const options& o) {
  explain(r);
  ask_appending(r, 1_MiB, "1 MiB", o.choose<std::size_t>(100, 400));
  ask_appending(r, 64_MiB, "64 MiB", o.choose<std::size_t>(5, 20));
  ask_iterating(r, 64_MiB, "64 MiB", o.choose<std::size_t>(10, 30));
}

void ask_vectors_1_gib(report& r, const options& o) {
  explain(r);
  if (3_GiB > available_bytes()) return r.leave_out("a vector of 1 GiB", "for lack of memory");
  ask_appending(r, 1_GiB, "1 GiB", o.choose<std::size_t>(1, 5));
}

}  // namespace bench

// SPDX-License-Identifier: BSL-1.0
// Does `adaptive` follow when the pages that users write move through the memory?
#include <algorithm>
#include <ctime>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <quire/pool.hpp>
#include <quire/recycling/adaptive.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_dirty.hpp>

#include "overhead.hpp"
#include "questions.hpp"
#include "warm.hpp"

namespace bench {
namespace {

constexpr std::size_t page = 4096;
constexpr double largest = 1.5;

/// The time of this thread alone, as totals are no medians: others at work would spoil them.
double cpu_nanoseconds() {
  std::timespec t{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0) stop("clock_gettime");
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// The pages that are written: a window, which may reach over the end of the memory to its beginning.
struct working_set {
  std::string name;
  std::size_t pages, window;
  std::vector<std::size_t> begins;  // of the window, in each cycle
};

std::vector<std::size_t> wandering(std::size_t pages, std::size_t window, std::size_t cycles) {
  const std::size_t step = std::max<std::size_t>(1, window / 4);
  std::vector<std::size_t> begins(cycles);
  for (std::size_t i = 0; i < cycles; ++i) begins[i] = i * step % pages;
  return begins;
}

std::vector<std::size_t> jumping(std::size_t pages, std::size_t, std::size_t cycles) {
  std::mt19937 random(1);  // the same sequence in every run
  std::vector<std::size_t> begins(cycles);
  for (std::size_t i = 0; i < cycles; ++i) begins[i] = i % 100 == 0 ? random() % pages : begins[i - 1];
  return begins;
}

/// A slot that is taken, written to and returned in each cycle.
template <class Recycling>
class slot_in_use {
 public:
  explicit slot_in_use(const working_set& s) : set_(s), size_(s.pages * page / wasm_page) {
    if (!pool_.open({.slots = 1, .maximum = size_})) stop("open");
  }
  void live(std::size_t cycle) {
    auto memory = pool_.acquire(size_);
    if (!memory) stop("acquire");
    const std::size_t begin = set_.begins[cycle], before_end = std::min(set_.window, set_.pages - begin);
    touch(memory->data() + begin * page, before_end * page);
    touch(memory->data(), (set_.window - before_end) * page);
    keep(memory->data());
  }

 private:
  const working_set& set_;
  quire::pages size_;
  quire::pool<quire::wasm_linux_allocator, Recycling> pool_;
};

/// A recycling on its way through the cycles.
class contender {
 public:
  template <class Recycling>
  static contender with(const char* name, const working_set& s) {
    const auto slot = std::make_shared<slot_in_use<Recycling>>(s);
    return {name, [slot](std::size_t cycle) { slot->live(cycle); }, s.begins.size()};
  }

  void live_some_cycles() {
    const std::size_t end = std::min(cycles_, lived_ + 20);
    const double begin = cpu_nanoseconds();
    while (lived_ != end) live_(lived_++);
    total_ += cpu_nanoseconds() - begin;
  }
  [[nodiscard]] bool is_done() const { return lived_ == cycles_; }
  [[nodiscard]] double total() const { return total_; }  // nanoseconds

  [[nodiscard]] row as_row(const std::string& set) const {
    row made{.name = set + ": " + name_, .count = total_ / static_cast<double>(lived_) / 1e3};
    if (!is_done()) made.remark = "not the best, after " + std::to_string(lived_) + " cycles";
    return made;
  }

 private:
  contender(const char* name, std::function<void(std::size_t)> live, std::size_t cycles)
      : name_(name), live_(std::move(live)), cycles_(cycles) {}

  const char* name_;
  std::function<void(std::size_t)> live_;
  std::size_t cycles_, lived_ = 0;
  double total_ = 0;
};

/// Lets the one that has taken least time go on, until that one is done: then no other can be the best in hindsight.
/// `beside` keeps step, so that drift affects it as it does the others.
const contender& find_best(std::vector<contender>& all, contender& beside) {
  for (;;) {
    contender& least = *std::min_element(all.begin(), all.end(),
                                         [](const contender& a, const contender& b) { return a.total() < b.total(); });
    while (!beside.is_done() && beside.total() <= least.total()) beside.live_some_cycles();
    if (least.is_done()) return least;
    least.live_some_cycles();
  }
}

void ask_set(report& r, table& t, const working_set& s, bool is_judged) {
  using namespace quire::recycling;
  progress(t.title + ": " + s.name);
  std::vector<contender> fixed{contender::with<decommit>("decommit", s), contender::with<zero_dirty>("zero_dirty", s),
                               contender::with<zero_all>("zero_all", s)};
  contender chosen = contender::with<adaptive>("adaptive", s);
  const contender& best = find_best(fixed, chosen);
  while (!chosen.is_done()) chosen.live_some_cycles();

  for (const contender& each : fixed) t.rows.push_back(each.as_row(s.name));
  row last = chosen.as_row(s.name);
  const double ratio = chosen.total() / best.total();
  last.ratio = summary{.count = 1, .p10 = ratio, .median = ratio, .p90 = ratio};
  t.rows.push_back(last);
  if (is_judged)
    r.add(limit{t.title + ", " + s.name + ": adaptive, to the best that knows no mark", ratio, largest,
                ratio <= largest ? assessment::met : assessment::not_met});
}

void ask_sets(report& r, table t, decltype(wandering) moving, const options& o) {
  const std::size_t cycles = o.choose<std::size_t>(400, 2000);
  for (const std::size_t size : {1_MiB, 16_MiB})
    for (const std::size_t percent : {std::size_t{1}, std::size_t{10}}) {
      const std::size_t pages = size / page, window = pages * percent / 100;
      const std::string name = std::to_string(size >> 20) + " MiB, " + std::to_string(percent) + " %";
      ask_set(r, t, {name, pages, window, moving(pages, window, cycles)}, !o.is_quick);
    }
  r.add(t);
}

}  // namespace

void ask_working_sets(report& r, const options& o) {
  r.heading(
      "What does it cost to use a memory again, when the pages that are written move?",
      "CPU time of one slot. In each of 2,000 cycles a window of 1 or 10 % of the pages is written; it moves on by a\n"
      "quarter of itself each time, or to a random place every 100 cycles. adaptive beside the best in hindsight of\n"
      "those that know no mark; the others are left as soon as they have taken longer. The quick run has 400\n"
      "cycles, and judges none.");
  warm_memory(4 * 16_MiB);
  ask_sets(r, {.id = "wandering", .title = "written pages wander", .baseline = "the best", .counted = "us for a cycle"},
           wandering, o);
  ask_sets(r, {.id = "jumping", .title = "written pages jump", .baseline = "the best", .counted = "us for a cycle"},
           jumping, o);
}

}  // namespace bench

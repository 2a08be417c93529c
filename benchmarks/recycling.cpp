// SPDX-License-Identifier: BSL-1.0
// What does it cost to use a memory again, beside clearing it by hand and beside a fresh one?
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <quire/pool.hpp>
#include <quire/recycling/adaptive.hpp>
#include <quire/recycling/batched_decommit.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/recycling/zero_high_water.hpp>

#include "overhead.hpp"
#include "questions.hpp"
#include "recycled_lives.hpp"
#include "warm.hpp"

namespace bench {
namespace {

using namespace lives;

/// Addresses behind a mutex: the pool that is written first.
class list_by_hand {
 public:
  explicit list_by_hand(std::size_t) { shared_->free.assign(64, nullptr); }
  BOOST_FORCEINLINE void live() {
    std::byte* taken = nullptr;
    {
      const std::scoped_lock one(shared_->lock);
      taken = shared_->free.back();
      shared_->free.pop_back();
    }
    keep(taken);
    const std::scoped_lock one(shared_->lock);
    shared_->free.push_back(taken);
  }

 private:
  struct state {
    std::mutex lock;
    std::vector<std::byte*> free;
  };
  std::unique_ptr<state> shared_ = std::make_unique<state>();
};

template <class ByHand, class Quire, std::size_t Uses>
comparison compare_uses(std::size_t pages_written, std::size_t pairs) {
  constexpr auto one = [](auto& memory) { return use<Uses>(memory); };
  constexpr auto fresh = [](auto& memory) { return use<1>(memory); };
  return compare({.by_hand = repeating(one, ByHand(pages_written)),
                  .quire = repeating(one, Quire(pages_written)),
                  .by_hand_again = repeating(one, ByHand(pages_written)),
                  .instead = repeating(fresh, fresh_use(pages_written))},
                 pairs);
}

void ask_slots(report& r, const options& o) {
  r.heading("What does it cost to take and to return a slot of a pool?",
            "acquire and the destructor, with a recycling that does nothing. By hand: a vector behind a mutex.");
  table t{.id = "slots", .title = "take and return", .baseline = "by hand", .instead = "allocate and deallocate"};
  progress(t.title);
  const comparison c =
      compare_uses<list_by_hand, pooled_use<as_it_is>, 64>(0, o.choose(judged_pairs / 16, judged_pairs / 4));
  add_comparison(t, "pool", c);
  t.rows.push_back({.name = t.instead, .time = c.instead});
  r.add(limit{"take and return: nanoseconds", c.quire.median, 20, judge(c, 20 / c.by_hand.median), c.by_hand.median});
  r.add(t);
}

/// The table for one number of written pages.
class table_of_uses {
 public:
  table_of_uses(report& r, const options& o, std::size_t pages) : r_(r), o_(o), pages_(pages) {
    const std::string several = std::to_string(pages) + (pages == 1 ? " page" : " pages");
    t_ = {.id = "recycling_" + std::to_string(pages),
          .title = "take, write " + several + ", return",
          .baseline = "by hand",
          .instead = "a fresh memory"};
  }
  /// `Uses` are timed together; a use takes about so many nanoseconds for each page.
  template <class ByHand, class Recycling, std::size_t Uses>
  comparison add(const char* name, std::size_t nanoseconds) {
    progress(t_.title + ": " + name);
    const std::size_t a_fifth_of_a_second = o_.choose<std::size_t>(20'000'000, 200'000'000);
    const std::size_t pairs = a_fifth_of_a_second / (Uses * nanoseconds * (pages_ + 1));
    const comparison c = compare_uses<ByHand, pooled_use<Recycling>, Uses>(pages_, std::max<std::size_t>(200, pairs));
    add_comparison(t_, name, c);
    fresh_ = c.instead;
    return c;
  }
  void judge(const char* name, const comparison& c, double largest) {
    r_.add(limit{t_.title + ": " + name + ", to by hand", c.ratio.median, largest, bench::judge(c, largest)});
  }
  /// Two comparisons that were not taken in turns are judged only if both were steady.
  void judge_beside(const char* name, const comparison& c, const char* other, const comparison& its, double largest) {
    const double ratio = c.quire.median / its.quire.median;
    const assessment judged = !c.is_steady() || !its.is_steady() ? assessment::too_noisy
                              : ratio <= largest                 ? assessment::met
                                                                 : assessment::not_met;
    r_.add(
        limit{t_.title + ": " + name + ", to " + other, ratio, largest, judged, c.by_hand.median / its.by_hand.median});
  }
  void finish() {
    t_.rows.push_back({.name = t_.instead, .time = fresh_});
    r_.add(t_);
  }

 private:
  report& r_;
  const options& o_;
  std::size_t pages_;
  table t_;
  summary fresh_;
};

void ask_uses(report& r, const options& o, std::size_t pages) {
  using namespace quire::recycling;
  table_of_uses t(r, o, pages);
  const comparison decommitted = t.add<given_back, decommit, 1>("decommit", 2200);
  comparison best = decommitted;
  const auto note = [&](const comparison& c) {
    if (c.quire.median < best.quire.median) best = c;
  };
  t.judge("decommit", decommitted, 1.05);
  const comparison by_mark = t.add<cleared_by_memset, zero_high_water, 16>("zero_high_water", 50);
  t.judge("zero_high_water", by_mark, pages >= 64 ? 1.05 : 1 + 60 / by_mark.by_hand.median);
  if (pages == 16) t.judge_beside("zero_high_water", by_mark, "decommit", decommitted, 1.0 / 30);
  if (scanned_and_cleared::is_there()) {
    const comparison by_scan = t.add<scanned_and_cleared, zero_dirty, 4>("zero_dirty", 200);
    note(by_scan);
    t.judge("zero_dirty", by_scan, 1.05);
    if (pages == 16) t.judge_beside("zero_dirty", by_scan, "decommit", decommitted, 0.1);
  }
  note(t.add<cleared_as_a_whole, zero_all, 4>("zero_all", 1000));
  if (scanned_and_cleared::is_there()) {
    const comparison chosen = t.add<scanned_and_cleared, adaptive, 4>("adaptive", 200);
    t.judge_beside("adaptive", chosen, "the best that knows no mark", best, 1.15);
  }
  t.finish();
}

void ask_slots_with_images(report& r, const options& o) {
  if (!scanned_mapping::is_there()) return;
  table t{.id = "images_in_slots",
          .title = "take a memory from an image of 1 MiB, write 16 pages, return",
          .baseline = "by hand",
          .instead = "a fresh memory from the image"};
  progress(t.title);
  constexpr auto four = [](auto& memory) { return use<4>(memory); };
  constexpr auto one = [](auto& memory) { return use<1>(memory); };
  const comparison c = compare({.by_hand = repeating(four, scanned_and_restored(16)),
                                .quire = repeating(four, image_use(16)),
                                .by_hand_again = repeating(four, scanned_and_restored(16)),
                                .instead = repeating(one, fresh_image_use(16))},
                               o.choose<std::size_t>(500, 4000));
  add_comparison(t, "zero_dirty", c);
  t.rows.push_back({.name = t.instead, .time = c.instead});
  r.add(limit{t.title + ": zero_dirty, to by hand", c.ratio.median, 1.05, judge(c, 1.05)});
  r.add(t);
}

/// Nanoseconds of one use while two threads, each on its own processor, use the same object, or each its own.
template <class Memory, bool Shared>
double use_by_two(Memory& one, Memory& other, std::size_t uses) {
  std::atomic<int> waiting{2};
  double nanoseconds[2] = {};
  const auto run = [&](int number) {
    cpu_set_t mine;
    CPU_ZERO(&mine);
    CPU_SET(static_cast<std::size_t>(number), &mine);
    (void)sched_setaffinity(0, sizeof mine, &mine);
    Memory& memory = Shared || number == 0 ? one : other;
    memory.live();
    --waiting;
    while (waiting != 0) continue;
    nanoseconds[number] = timed([&] {
                            for (std::size_t i = 0; i < uses; ++i) memory.live();
                          }) /
                          static_cast<double>(uses);
  };
  std::thread second(run, 1);
  std::thread first(run, 0);
  first.join();
  second.join();
  return (nanoseconds[0] + nanoseconds[1]) / 2;
}

/// Nanoseconds of one use by two threads that have one subject, or each its own.
template <class Memory, bool Shared>
sampler uses_by_two(std::size_t pages, std::size_t uses) {
  const auto one = std::make_shared<Memory>(pages), other = std::make_shared<Memory>(pages);
  return [=] { return use_by_two<Memory, Shared>(*one, *other, uses); };
}

/// Two threads that share a pool, beside two threads that clear a mapping each.
template <class ByHand, class Recycling>
void ask_two_threads(report& r, table& t, const char* name, std::size_t pages, double more, const options& o) {
  progress(t.title + ": " + name);
  const comparison c = compare({.by_hand = uses_by_two<ByHand, false>(pages, 5000),
                                .quire = uses_by_two<pooled_use<Recycling>, true>(pages, 5000),
                                .by_hand_again = uses_by_two<ByHand, false>(pages, 5000),
                                .instead = {}},
                               o.choose<std::size_t>(5, 15));
  add_comparison(t, name, c);
  const double largest = 1 + more / c.by_hand.median;
  r.add(limit{t.title + ": " + name + ", to by hand", c.ratio.median, largest, judge(c, largest)});
}

/// Memory is given back while another thread does so too: each call has to interrupt the other processor.
void ask_batches(report& r, const options& o) {
  using namespace quire::recycling;
  table t{.id = "two_threads_batched", .title = "two threads take, write 16 pages, return", .baseline = "decommit"};
  progress(t.title + ": batched_decommit");
  constexpr std::size_t uses = 500;
  const comparison c = compare({.by_hand = uses_by_two<pooled_use<decommit>, true>(16, uses),
                                .quire = uses_by_two<pooled_use<batched_decommit<>>, true>(16, uses),
                                .by_hand_again = uses_by_two<pooled_use<decommit>, true>(16, uses),
                                .instead = {}},
                               o.choose<std::size_t>(5, 15));
  t.rows.push_back({.name = "decommit", .time = c.by_hand, .whose = side::quire});
  t.rows.push_back(row_of("batched_decommit", c));
  r.add(limit{t.title + ": batched_decommit, to decommit", c.ratio.median, 0.8, judge(c, 0.8)});
  r.add(t);
}

void ask_threads(report& r, const options& o) {
  if (std::thread::hardware_concurrency() < 2) return r.leave_out("two threads on a pool", "there is one processor");
  using namespace quire::recycling;
  table t{.id = "two_threads", .title = "two threads take, write 16 pages, return", .baseline = "by hand"};
  ask_two_threads<cleared_by_memset, zero_high_water>(r, t, "zero_high_water", 16, 60, o);
  if (scanned_and_cleared::is_there()) ask_two_threads<scanned_and_cleared, zero_dirty>(r, t, "zero_dirty", 16, 80, o);
  r.add(t);
  ask_batches(r, o);
}

/// Guests of 256 KiB that are reset in place, with four pages written.
template <class Recycling>
class reset_in_place {
 public:
  explicit reset_in_place(std::size_t) {
    if (!pool_->open({.slots = 1, .maximum = quire::pages{4}})) stop("open");
    auto taken = pool_->acquire(quire::pages{4});
    if (!taken) stop("acquire");
    memory_ = std::make_unique<typename pool_type::memory>(std::move(*taken));
  }
  void live() {
    touch(memory_->data(), 4 * page);
    memory_->set_high_water_mark(4 * page);
    if (!memory_->reset(quire::pages{4})) stop("reset");
    keep(memory_->data());
  }

 private:
  using pool_type = quire::pool<allocator, Recycling>;
  std::unique_ptr<pool_type> pool_ = std::make_unique<pool_type>();
  std::unique_ptr<typename pool_type::memory> memory_;
};

void ask_resets(report& r, const options& o) {
  using namespace quire::recycling;
  table t{.id = "resets", .title = "write 4 pages of 256 KiB, reset", .baseline = "by hand"};
  const auto one = [&]<class ByHand, class Recycling>(const char* name, double most_nanoseconds) {
    progress(t.title + ": " + name);
    constexpr auto sixteen = [](auto& memory) { return use<16>(memory); };
    const comparison c = compare({.by_hand = repeating(sixteen, ByHand(4)),
                                  .quire = repeating(sixteen, reset_in_place<Recycling>(0)),
                                  .by_hand_again = repeating(sixteen, ByHand(4)),
                                  .instead = {}},
                                 o.choose(judged_pairs / 16, judged_pairs / 4));
    add_comparison(t, name, c);
    r.add(limit{t.title + ": " + name + ", nanoseconds", c.quire.median, most_nanoseconds,
                judge(c, most_nanoseconds / c.by_hand.median)});
  };
  one.template operator()<cleared_by_memset, zero_high_water>("zero_high_water", 1000);
  if (scanned_and_cleared::is_there()) one.template operator()<scanned_and_cleared, zero_dirty>("zero_dirty", 2000);
  r.add(t);
}

}  // namespace

void ask_recycling(report& r, const options& o) {
  ask_slots(r, o);
  r.heading("What does it cost to use a memory of 1 MiB again, after some of its pages of 4 KiB were written?",
            "A pool with each recycling, beside the same clearing by hand of a mapping that stays, and beside a fresh "
            "memory\nof 8 GiB of address space. zero_high_water: the user has set its mark.");
  warm_memory(2 * size);
  for (const std::size_t pages : {std::size_t{1}, std::size_t{16}, std::size_t{64}, std::size_t{256}})
    ask_uses(r, o, pages);
  ask_slots_with_images(r, o);
  ask_resets(r, o);
  ask_threads(r, o);
}

}  // namespace bench

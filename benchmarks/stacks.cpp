// SPDX-License-Identifier: BSL-1.0
// What does a stack for a fibre cost, taken from a pool and returned, and how many are there at once?
#include <sys/mman.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include <quire/recycling/none.hpp>
#include <quire/stack_cache.hpp>
#include <quire/stack_pool.hpp>

#include "overhead.hpp"
#include "peers.hpp"
#include "peers/boost_stacks.hpp"
#include "questions.hpp"
#include "rounds.hpp"

namespace bench {
namespace {

constexpr std::size_t page = 4096, stack_bytes = 64_KiB;
using pool_type = quire::stack_pool<quire::linux_allocator, quire::recycling::none>;

/// Writes the uppermost two pages, as a fibre does that calls a few functions.
void use(std::byte* top) {
  touch(top - 2 * page, 2 * page);
  keep(top);
}

class pooled_stack {
 public:
  pooled_stack() {
    if (!pool_->open({.stacks = 64, .bytes = stack_bytes})) stop("open");
  }
  BOOST_FORCEINLINE void live() {
    const auto stack = pool_->acquire();
    if (!stack) stop("acquire");
    use(stack->top());
    pool_->release(*stack);
  }

 private:
  std::unique_ptr<pool_type> pool_ = std::make_unique<pool_type>();
};

/// The same by a cache of this thread.
class cached_stack {
 public:
  cached_stack() {
    if (!both_->pool.open({.stacks = 64, .bytes = stack_bytes})) stop("open");
  }
  BOOST_FORCEINLINE void live() {
    const auto stack = both_->cache.acquire();
    if (!stack) stop("acquire");
    use(stack->top());
    both_->cache.release(*stack);
  }

 private:
  struct pool_and_cache {
    pool_type pool;
    quire::stack_cache<quire::linux_allocator, quire::recycling::none> cache{pool};
  };
  std::unique_ptr<pool_and_cache> both_ = std::make_unique<pool_and_cache>();
};

/// A mapping with a guard for each stack.
class mapped_stack {
 public:
  BOOST_FORCEINLINE void live() {
    void* const p = mmap(nullptr, page + stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(p, page, PROT_NONE) != 0) stop("mmap");
    use(static_cast<std::byte*>(p) + page + stack_bytes);
    if (munmap(p, page + stack_bytes) != 0) stop("munmap");
  }
};

#if BENCH_HAS_BOOST_STACKS
template <class Stacks>
class boosts_stack {
 public:
  boosts_stack() { live(); }
  BOOST_FORCEINLINE void live() {
    boost::context::stack_context stack = stacks_.allocate();
    use(static_cast<std::byte*>(stack.sp));
    stacks_.deallocate(stack);
  }

 private:
  Stacks stacks_{stack_bytes};
};
#endif

constexpr auto live = [](auto& one) {
  constexpr int together = 64;
  return timed([&] {
           for (int i = 0; i < together; ++i) one.live();
         }) /
         together;
};

/// Nanoseconds for each of so many stacks that are live at once and untouched.
double create_all(std::uint32_t count, std::vector<quire::stack_memory>& all) {
  pool_type pool;
  all.clear();
  const double nanoseconds = timed([&] {
    if (!pool.open({.stacks = count, .bytes = stack_bytes, .guard = page})) stop("open");
    while (const auto one = pool.acquire()) all.push_back(*one);
  });
  if (all.size() != count) stop("acquire");
  for (const quire::stack_memory& each : all) pool.release(each);
  return nanoseconds / count;
}

/// As `live`, after lives that find the caches as the others left them.
constexpr auto live_again = [](auto& one) {
  (void)live(one);
  return live(one);
};

void ask_beside_boost(report& r, const options& o) {
  std::vector<way> all{{"stack_pool", side::quire, repeating(live_again, pooled_stack())},
                       {"stack_cache", side::quire, repeating(live_again, cached_stack())},
                       {"by hand, mmap and mprotect", side::by_hand, repeating(live_again, mapped_stack())}};
  std::size_t reference = 2;
#if BENCH_HAS_BOOST_STACKS
  const auto add = [&]<class Stacks>(const char* name) {
    all.push_back({name, side::peer, repeating(live_again, boosts_stack<Stacks>())});
    return all.size() - 1;
  };
  r.add(peers::boost("Boost.Context's stacks of 64 KiB: pooled, from malloc, and protected"));
  add.operator()<boosts_protected_stacks<stack_bytes>>("protected_fixedsize_stack");
  add.operator()<boosts_stacks<stack_bytes>>("fixedsize_stack");
  reference = add.operator()<boosts_pooled_stacks<stack_bytes>>("pooled_fixedsize_stack");
#else
  r.leave_out("Boost.Context", "its headers were not found when this was built");
#endif
  table t{.id = "stacks",
          .title = "take, write two pages, return",
          .baseline = has_boost_stacks ? "Boost's pool" : "by hand"};
  progress(t.title);
  const compared_ways got(r, t.title, all, {reference}, {.least = std::chrono::milliseconds(o.choose(200, 1500))});
  got.add_rows(t);
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
    const comparison c = got.beside_baseline(at);
    const double largest = has_boost_stacks ? 1 + 5 / c.by_hand.median : 0.5;
    r.add(limit{t.title + ": " + all[at].name + ", to " + t.baseline + (has_boost_stacks ? " without a guard" : ""),
                c.ratio.median, largest, judge(c, largest)});
  }
  r.add(t);
}

}  // namespace

void ask_stacks(report& r, const options& o) {
  r.heading("What does a stack for a fibre cost that is taken from a pool and returned?",
            "Stacks of 64 KiB; a user writes two pages. stack_pool, a stack_cache of one thread over it, and\n"
            "protected_fixedsize_stack have guards. Ratios are to the list of\n"
            "pooled_fixedsize_stack (Boost.Context), without guards, and for one thread.");
  ask_beside_boost(r, o);

  constexpr std::uint32_t many = 100'000;
  table created{.id = "stacks_created", .title = "create a stack, all of them live"};
  progress(created.title);
  std::vector<quire::stack_memory> all;
  all.reserve(many);
  std::vector<double> samples;
  for (int i = 0; i < o.choose(3, 9); ++i) samples.push_back(create_all(many, all));
  const summary each = summarize(samples);
  created.rows.push_back({.name = "100,000 guarded stacks of 64 KiB", .time = each});
  r.add(created);
  r.add(limit{"create a guarded stack: nanoseconds", each.median, 1000,
              each.median <= 1000 ? assessment::met : assessment::not_met});
}

}  // namespace bench

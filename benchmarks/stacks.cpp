// SPDX-License-Identifier: BSL-1.0
// What does a stack for a fibre cost, taken from a pool and returned, and how many are there at once?
#include <sys/mman.h>

#include <boost/context/pooled_fixedsize_stack.hpp>
#include <cstddef>
#include <memory>
#include <vector>

#include <quire/recycling/none.hpp>
#include <quire/stack_pool.hpp>

#include "overhead.hpp"
#include "peers.hpp"
#include "questions.hpp"

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

/// Limits of the sizes of stacks that Boost.Context asks for.
struct stack_limits {
  static bool is_unbounded() noexcept { return true; }
  static std::size_t page_size() noexcept { return page; }
  static std::size_t default_size() noexcept { return stack_bytes; }
  static std::size_t minimum_size() noexcept { return stack_bytes; }
  static std::size_t maximum_size() noexcept { return stack_bytes; }
};

/// pooled_fixedsize_stack of Boost.Context: for one thread, without guards.
class boosts_stack {
 public:
  boosts_stack() { live(); }
  BOOST_FORCEINLINE void live() {
    boost::context::stack_context stack = pool_.allocate();
    use(static_cast<std::byte*>(stack.sp));
    pool_.deallocate(stack);
  }

 private:
  boost::context::basic_pooled_fixedsize_stack<stack_limits> pool_{stack_bytes};
};

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

}  // namespace

void ask_stacks(report& r, const options& o) {
  r.heading("What does a stack for a fibre cost that is taken from a pool and returned?",
            "stack_pool with a guard below each stack of 64 KiB; a user writes two pages. By hand: the list of\n"
            "pooled_fixedsize_stack (Boost.Context), without guards, and for one thread.");
  r.add(peers::boost("Boost.Context's pooled_fixedsize_stack of 64 KiB: no guards, for one thread"));
  table t{.id = "stacks", .title = "take, write two pages, return", .baseline = "Boost"};
  progress(t.title);
  const comparison c = compare({.by_hand = repeating(live, boosts_stack()),
                                .quire = repeating(live, pooled_stack()),
                                .by_hand_again = repeating(live, boosts_stack()),
                                .instead = {}},
                               o.choose(judged_pairs / 16, judged_pairs / 4));
  add_comparison(t, "stack_pool", c);
  t.rows.front() = {.name = "pooled_fixedsize_stack", .time = c.by_hand, .whose = side::peer};
  const double largest = 1 + 5 / c.by_hand.median;
  r.add(limit{"take and return a stack, to Boost's without a guard", c.ratio.median, largest, judge(c, largest)});
  r.add(t);

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

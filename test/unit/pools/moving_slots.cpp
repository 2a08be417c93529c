// SPDX-License-Identifier: BSL-1.0
// While a thread prepares, cleans or trims slots, no other thread is refused one, and no child process waits for it.
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <pthread.h>
#include <thread>
#include <utility>
#include <vector>

#include <quire/detail/pool/moving_slots.hpp>
#include <quire/platform/linux.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/machine.hpp"
#include "support/process/sanitizers.hpp"
#include "unit/pools/pooled.hpp"

namespace quire::test {
namespace {

namespace r = recycling;

/// Linux, where a test interrupts the next call that gives advice for pages.
struct interrupted_kernel : calls::linux_kernel {
  static inline std::function<void()> interruption;

  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    interrupt();
    return calls::linux_kernel::madvise(p, bytes, advice);
  }
  static long advise_runs(std::span<const page_run> runs, int advice) noexcept {
    interrupt();
    return calls::linux_kernel::advise_runs(runs, advice);
  }

 private:
  static void interrupt() {
    if (interruption) std::exchange(interruption, nullptr)();
  }
};
using interrupted_linux = linux_allocator::with_backing<backing::linux_mmap<interrupted_kernel>>;

/// A child has the number of its parent, as in a namespace of its own.
struct unnumbered_kernel : interrupted_kernel {
  static std::uint32_t process_number() noexcept { return 1; }
  static void pause() noexcept {}
};
using unnumbered_linux = linux_allocator::with_backing<backing::linux_mmap<unnumbered_kernel>>;

/// Takes memories until it has so many, or is refused.
template <class Pool>
std::vector<typename Pool::memory> take(Pool& p, std::size_t most) {
  std::vector<typename Pool::memory> all;
  while (all.size() != most) {
    auto m = p.acquire(pages{1});
    if (!m) break;
    all.push_back(std::move(*m));
  }
  return all;
}

/// A thread that takes so many memories, and keeps them.
template <class Pool>
class taker {
 public:
  taker(Pool& p, std::size_t most)
      : thread_([this, &p, most] {
          for (std::size_t k = 0; k != most && !refused_; ++k) {
            const std::vector<typename Pool::memory>& got = kept_.emplace_back(take(p, 1));
            refused_ = got.empty() || !all_zero(got[0].bytes());
            ++taken_;
          }
        }) {}
  void wait_for(std::size_t taken) const {
    while (taken_ < taken && !refused_) std::this_thread::yield();
  }
  /// Whether it had all that it wanted, and all were zero.
  bool ends_well() {
    thread_.join();
    return !refused_;
  }

 private:
  std::vector<std::vector<typename Pool::memory>> kept_;
  std::atomic<std::size_t> taken_ = 0;
  std::atomic<bool> refused_ = false;
  std::thread thread_;
};

constexpr std::uint32_t some = 8;

/// A pool of so many slots, which are free and were written.
template <class Recycling, class A = interrupted_linux>
auto used_pool() {
  pool<A, Recycling> p;
  REQUIRE(p.open({.slots = some, .maximum = pages{1}}));
  for (auto& m : take(p, some)) {
    fill(m.bytes(), 1);
    m.set_high_water_mark(m.bytes().size());
  }
  return p;
}

TEST_CASE("while a thread trims a slot others take all of the pool", "[pool][threads]") {
  auto p = used_pool<r::zero_high_water>();
  std::optional<taker<decltype(p)>> other;
  interrupted_kernel::interruption = [&] {
    other.emplace(p, some);
    other->wait_for(some - 1);  // the last is the one that is being trimmed
  };
  p.trim();
  REQUIRE(other);
  CHECK(other->ends_well());
  CHECK(p.statistics().refused == 0);
}

TEST_CASE("while a thread cleans a slot others take all of the pool", "[pool][threads]") {
  auto p = used_pool<r::deferred<r::decommit>>();
  std::optional<taker<decltype(p)>> other;
  interrupted_kernel::interruption = [&] {
    other.emplace(p, some);
    other->wait_for(some - 1);
  };
  CHECK(p.clean_step() != 0);
  REQUIRE(other);
  CHECK(other->ends_well());
  CHECK(p.statistics().refused == 0);
}

TEST_CASE("a thread that finds no slot waits for those that another cleans by one call", "[pool][threads]") {
  auto p = used_pool<r::batched_decommit<some + 1>>();
  std::optional<taker<decltype(p)>> other;
  interrupted_kernel::interruption = [&] { other.emplace(p, some); };
  CHECK(p.clean_step() == some);
  REQUIRE(other);
  CHECK(other->ends_well());
  CHECK(p.statistics().refused == 0);
}

TEST_CASE("a thread that finds no slot waits for those that another prepares", "[pool][threads]") {
  if (const char* reason = no_guard_markers()) return skip(reason);
  pool<interrupted_linux::with_protection<protection::guarded<4096, 4096>>, r::zero_all, bounds::guard_markers> p;
  REQUIRE(p.open({.slots = some, .maximum = pages{1}}));
  std::optional<taker<decltype(p)>> other;
  interrupted_kernel::interruption = [&] { other.emplace(p, some - 1); };
  const auto first = p.acquire(pages{1});
  CHECK(first);
  REQUIRE(other);
  CHECK(other->ends_well());
  CHECK(p.statistics().refused == 0);
}

TEST_CASE("a thread is never refused the only slot of a pool that another thread trims without end",
          "[pool][threads]") {
  pool<linux_allocator, r::zero_high_water> p;
  REQUIRE(p.open({.slots = 1, .maximum = pages{1}}));
  std::atomic<bool> done = false;
  std::thread trimmer([&] {
    while (!done) p.trim();
  });
  unsigned granted = 0;
  for (int round = 0; round != 2000; ++round)
    if (auto m = p.acquire(pages{1})) {
      ++granted;
      fill(m->bytes().first(1), 1);
      m->set_high_water_mark(1);
    }
  done = true;
  trimmer.join();
  CHECK(granted == 2000);
}

TEST_CASE("threads that trim at once end, and leave every slot free", "[pool][threads]") {
  pool<linux_allocator, r::zero_high_water> p;
  REQUIRE(p.open({.slots = 64, .maximum = pages{1}}));
  std::vector<std::thread> threads;
  for (int id = 0; id != 3; ++id)
    threads.emplace_back([&] {
      for (int round = 0; round != 200; ++round) {
        for (auto& m : take(p, 4)) fill(m.bytes().first(1), 1);
        p.trim(65536);
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK(take(p, 64).size() == 64);
}

TEST_CASE("a child forked while a thread moves slots goes on without it", "[pool][threads]") {
  if (thread_sanitizer) return skip("the sanitizer lets no child of several threads go on");
  auto p = used_pool<r::zero_high_water>();
  interrupted_kernel::interruption = [&] {
    std::thread([&] {
      test_environment::run_isolated("a child", [&] {
        const auto all = take(p, some);
        test_environment::check(all.size() == some - 1, "all but the slot that was being trimmed can be had");
        test_environment::check(p.statistics().refused == 1, "and the next request is refused");
      });
      test_environment::run_isolated("a child that trims", [&] {
        test_environment::check(p.trim() == (some - 1) * std::size_t{65536}, "all but that slot are trimmed");
      });
    }).join();
  };
  CHECK(p.trim() == some * std::size_t{65536});
  CHECK(take(p, some).size() == some);
}

TEST_CASE("a child with the number of its parent gives up waiting", "[pool][threads]") {
  if (thread_sanitizer) return skip("the sanitizer lets no child of several threads go on");
  auto p = used_pool<r::zero_high_water, unnumbered_linux>();
  interrupted_kernel::interruption = [&] {
    std::thread([&] {
      test_environment::run_isolated("a child", [&] {
        test_environment::check(take(p, some).size() == some - 1, "all but the slot that was being trimmed can be had");
      });
    }).join();
  };
  p.trim();
  CHECK(take(p, some).size() == some);
}

TEST_CASE("a thread that is cancelled while it waits for a slot has it first", "[pool][threads]") {
  pool<interrupted_linux, r::zero_high_water> p;
  REQUIRE(p.open({.slots = 1, .maximum = pages{1}}));
  fill(p.acquire(pages{1})->bytes(), 1);
  std::atomic<bool> begins = false, granted = false;
  std::thread other;
  interrupted_kernel::interruption = [&] {
    other = std::thread([&] {
      (void)::pthread_cancel(::pthread_self());  // which the next cancellation point would carry out
      begins = true;
      granted = p.acquire(pages{1}).has_value();
    });
    while (!begins) std::this_thread::yield();
  };
  p.trim();
  REQUIRE(other.joinable());
  other.join();
  CHECK(granted);
}

TEST_CASE("what other processes have on the move does not count", "[pool]") {
  struct changing_process : backing::linux_mmap<> {
    static std::uint32_t process() noexcept { return number(); }
    static std::uint32_t& number() noexcept {
      static std::uint32_t now = 1;
      return now;
    }
  };
  using moves = detail::moving_slots<changing_process>;
  moves counts;
  auto left = std::make_unique<moves::scope>(counts);
  CHECK(counts.is_any_under_way());
  changing_process::number() = 2;  // as in a child
  CHECK_FALSE(counts.is_any_under_way());
  {
    const moves::scope own(counts);
    CHECK(counts.is_any_under_way());
    left.reset();  // of a thread that is a copy of the one that entered
    CHECK(counts.is_any_under_way());
  }
  CHECK_FALSE(counts.is_any_under_way());
  CHECK(counts.ended() == 2);
}

}  // namespace
}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
// How many instances a second do one thread and two start and end?
#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <quire/engine/wasmtime.hpp>
#include <quire/recycling/batched_decommit.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/recycling/zero_high_water.hpp>

#include "pace.hpp"
#include "peers/wasmtime_pool.hpp"
#include "progress.hpp"
#include "questions.hpp"
#include "statistics.hpp"
#include "warm.hpp"
#include "whole_memories.hpp"

namespace bench {
namespace {

constexpr std::size_t bytes = 1_MiB, pages = 16;
constexpr pool_room room{.slots = 100, .maximum = 64_MiB};

/// One life after the other, in however many threads.
struct shared_way {
  std::string name;
  std::function<void()> live;
  side whose = side::quire;
  std::vector<double> by_one{}, by_two{}, gain{};
};

/// Moves this thread to one of the processors that it may use: they are counted from 0. False if there are not so many.
bool run_on(unsigned number) {
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one) == 0 && number-- == 0) return true;
  }
  return false;
}

bool has_two_processors() {
  bool has_two = false;
  std::thread([&] { has_two = run_on(1); }).join();  // the others stay where they are
  return has_two;
}

/// Lives a second of this thread.
double rate(const shared_way& of, std::chrono::milliseconds length) {
  using clock = std::chrono::steady_clock;
  constexpr int between_looks = 8;
  const clock::time_point start = clock::now();
  std::size_t lives = 0;
  std::chrono::duration<double> passed{};
  for (; passed < length; lives += between_looks, passed = clock::now() - start)
    for (int k = 0; k < between_looks; ++k) of.live();
  return static_cast<double>(lives) / passed.count();
}

/// Lives a second of so many threads, each on a processor of its own.
double lives_a_second(const shared_way& of, unsigned threads) {
  constexpr std::chrono::milliseconds length(20);
  std::atomic<unsigned> waiting{threads};
  std::vector<double> rates(threads);
  std::vector<std::exception_ptr> refusals(threads);
  std::vector<std::thread> all;
  for (unsigned i = 0; i < threads; ++i)
    all.emplace_back([&, i] {
      const auto go_on = [&](auto f) {
        try {
          f();
        } catch (const peer_failure&) {
          refusals[i] = std::current_exception();
        }
      };
      (void)run_on(i);
      go_on(of.live);
      --waiting;
      while (waiting != 0) continue;
      if (!refusals[i]) go_on([&] { rates[i] = rate(of, length); });
    });
  double sum = 0;
  for (unsigned i = 0; i < threads; ++i) {
    all[i].join();
    sum += rates[i];
  }
  for (const std::exception_ptr& each : refusals)
    if (each) std::rethrow_exception(each);
  return sum;
}

template <class Memory>
shared_way way_of(std::string name, side whose, std::shared_ptr<Memory> memory) {
  return {.name = std::move(name), .live = [memory] { memory->live(pages); }, .whose = whose};
}
template <class Recycling>
shared_way way_of_pool(std::string name) {
  return way_of(std::move(name), side::quire, std::make_shared<from_pool<Recycling>>(room.slots, room.maximum, bytes));
}

std::vector<shared_way> ways_here(const wasmtime_library* library) {
  using namespace quire::recycling;
  std::vector<shared_way> all;
  all.push_back(way_of("calloc and free", side::peer, std::make_shared<from_calloc>(bytes)));
  all.push_back(way_of("by hand, mmap and munmap", side::by_hand, std::make_shared<mapped_afresh>(bytes)));
  all.push_back(
      way_of("a fresh memory", side::quire, std::make_shared<allocated_afresh<quire::wasm_linux_allocator>>(bytes)));
  all.push_back(way_of_pool<decommit>("pool with decommit"));
  all.push_back(way_of_pool<batched_decommit<>>("pool with batched_decommit"));
  all.push_back(way_of_pool<zero_dirty>("pool with zero_dirty"));
  all.push_back(way_of_pool<zero_high_water>("pool with zero_high_water"));
  if (library == nullptr) return all;
  using memory = quire::engine::wasmtime_memory<from_pool<zero_dirty>::pool_type::memory>;
  const auto pool = std::make_shared<from_pool<zero_dirty>>(room.slots, room.maximum, bytes);
  const auto add_engine = [&](std::string name, side whose, auto set) {
    const auto engine = std::make_shared<wasmtime_modules>(*library, bytes, room.maximum, set);
    all.push_back({.name = std::move(name), .live = [engine, pool] { engine->live(pages); }, .whose = whose});
  };
  add_engine("a whole instance: Wasmtime's pool, keeps 64 KiB", side::peer, with_own_pool(*library, room, 64_KiB));
  add_engine("a whole instance: Wasmtime's pool, keeps all", side::peer, with_own_pool(*library, room, bytes));
  add_engine("a whole instance: Wasmtime on a pool with zero_dirty", side::quire,
             [&](wasm_config_t* config) { memory::install(config, pool->pool()); });
  return all;
}

}  // namespace

void ask_throughput(report& r, const options& o) {
  r.heading(
      "How many instances a second do one thread and two start and end?",
      "1 MiB is taken, 16 pages of it are written, and it is returned; the threads share the pool, and each has a\n"
      "processor. A whole instance: with Wasmtime's own work, which is not taken off here.");
  if (!has_two_processors()) return r.leave_out("throughput", "there is one processor");
  if (o.has_passed(0.98)) return r.leave_out("throughput", "for lack of time");
  const wasmtime_library* const library =
      wasmtime_as_peer(r, "Wasmtime's instances a second", "its pool of 100 memories, both settings of keep_resident");
  table t{.id = "throughput", .title = "lives a second", .baseline = "one", .counted = "a second"};
  progress(t.title);
  warm_memory(8 * bytes);
  std::vector<shared_way> all = ways_here(library);
  for (int round = 0; round < o.choose(3, 15) && (round < 3 || !pace::is_over()); ++round)
    for (shared_way& each : all) {
      if (!each.live) continue;
      try {
        const double one = lives_a_second(each, 1), two = lives_a_second(each, 2);
        each.by_one.push_back(one);
        each.by_two.push_back(two);
        each.gain.push_back(two / one);
      } catch (const peer_failure& failed) {
        r.leave_out(each.name, failed.what());
        each.live = nullptr;
      }
    }
  std::erase_if(all, [](const shared_way& each) { return !each.live; });
  for (const shared_way& each : all) {
    t.rows.push_back({.name = each.name + ", one thread", .count = summarize(each.by_one).median, .whose = each.whose});
    t.rows.push_back({.name = each.name + ", two threads",
                      .count = summarize(each.by_two).median,
                      .ratio = summarize(each.gain),
                      .whose = each.whose});
  }
  r.add(t);
}

}  // namespace bench

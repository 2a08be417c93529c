// SPDX-License-Identifier: BSL-1.0
// How many memories can be live at once, and what does each cost to create?
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <quire/pool.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/recycling/decommit.hpp>

#include "mappings.hpp"
#include "overhead.hpp"
#include "questions.hpp"

namespace bench {
namespace {

constexpr std::size_t slot = 64_KiB, guard = 4096;
constexpr int advice_install_guard = 102;  // MADV_GUARD_INSTALL
using small_allocator = quire::linux_allocator::with_protection<quire::protection::guarded<guard, guard>>;
using small_pool = quire::pool<small_allocator, quire::recycling::decommit, quire::bounds::guard_markers>;

/// One mapping, and a marker behind each slot, 64 with one call.
class marked_by_hand {
 public:
  double create(std::size_t count) {
    addresses_.clear();
    addresses_.reserve(count);
    touch(reinterpret_cast<std::byte*>(addresses_.data()), count * sizeof addresses_[0]);
    bytes_ = guard + count * (slot + guard);
    return timed([&] {
             void* const p = mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
             if (p == MAP_FAILED || mprotect(p, bytes_, PROT_READ | PROT_WRITE) != 0) stop("mmap");
             base_ = static_cast<std::byte*>(p);
             if (madvise(base_, guard, advice_install_guard) != 0) stop("madvise");
             for (std::size_t i = 0; i < count; i += batch) mark(i, std::min(batch, count - i));
           }) /
           static_cast<double>(count);
  }
  void destroy() {
    if (munmap(base_, bytes_) != 0) stop("munmap");
  }

 private:
  static constexpr std::size_t batch = 64;

  void mark(std::size_t first, std::size_t count) {
    iovec guards[batch];
    for (std::size_t k = 0; k < count; ++k) {
      std::byte* const begin = base_ + guard + (first + k) * (slot + guard);
      addresses_.push_back(begin);
      guards[k] = {begin + slot, guard};
    }
    constexpr long process_madvise = 440, this_process = -10000;
    if (syscall(process_madvise, this_process, guards, count, static_cast<long>(advice_install_guard), 0UL) !=
        static_cast<long>(count * guard))
      stop("process_madvise");
  }

  std::vector<std::byte*> addresses_;
  std::byte* base_ = nullptr;
  std::size_t bytes_ = 0;
};

/// The same in a pool, whose memories are all kept.
class pooled {
 public:
  double create(std::size_t count) {
    all_.reserve(count);
    touch(reinterpret_cast<std::byte*>(all_.data()), count * sizeof all_[0]);
    return timed([&] {
             if (!pool_.open({.slots = static_cast<std::uint32_t>(count), .maximum = quire::pages{1}})) stop("open");
             for (std::size_t i = 0; i < count; ++i) {
               auto memory = pool_.acquire(quire::pages{1});
               if (!memory) stop("acquire");
               all_.push_back(std::move(*memory));
             }
           }) /
           static_cast<double>(count);
  }
  void destroy() {
    all_.clear();
    if (!pool_.close()) stop("close");
  }

 private:
  small_pool pool_;
  std::vector<small_pool::memory> all_;
};

bool has_markers() {
  void* const p = mmap(nullptr, guard, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool there = p != MAP_FAILED && madvise(p, guard, advice_install_guard) == 0;
  (void)munmap(p, guard);
  return there;
}

/// Returns the median of nanoseconds for each memory.
double ask_creation(report& r, table& t, const options& o, std::size_t count) {
  const std::string name = std::to_string(count) + " memories";
  progress(t.title + ": " + name);
  marked_by_hand by_hand;
  pooled quire;
  std::vector<double> hand, ours, more;
  for (std::size_t i = 0; i < std::clamp<std::size_t>(o.choose<std::size_t>(100'000, 400'000) / count, 3, 500); ++i) {
    hand.push_back(by_hand.create(count));
    by_hand.destroy();
    ours.push_back(quire.create(count));
    quire.destroy();
    more.push_back(ours.back() - hand.back());
  }
  t.rows.push_back({.name = "by hand, " + name, .time = summarize(hand)});
  t.rows.push_back({.name = "pool, " + name, .time = summarize(ours)});
  const double largest = count <= 100 ? 90 : 60, median = summarize(more).median;
  r.add(limit{"create one of " + name + ": nanoseconds more than by hand", median, largest,
              median <= largest ? assessment::met : assessment::not_met});
  return summarize(ours).median;
}

/// As many memories as there can be, while the program still has memory and threads.
template <class Pool>
void ask_limit(report& r, table& t, const std::string& name, std::uint32_t wanted, std::uint32_t least,
               std::size_t most_mappings) {
  progress(t.title + ": " + name);
  Pool pool;
  if (!pool.open({.slots = wanted, .maximum = quire::pages{1}, .fewest = 1})) stop("open");
  std::vector<typename Pool::memory> all;
  all.reserve(pool.slots());
  while (auto memory = pool.acquire(quire::pages{1})) all.push_back(std::move(*memory));
  std::thread([] { keep(std::vector<int>(1000).data()); }).join();
  const std::size_t used = mappings();
  t.rows.push_back({.name = name,
                    .count = static_cast<double>(all.size()),
                    .remark = std::to_string(used) + " mappings, and a thread still starts"});
  r.add(limit{"live: " + name + ", at least " + std::to_string(least), least / static_cast<double>(all.size()), 1,
              all.size() >= least ? assessment::met : assessment::not_met});
  if (most_mappings != 0)
    r.add(limit{"mappings of " + name, static_cast<double>(used), static_cast<double>(most_mappings),
                used < most_mappings ? assessment::met : assessment::not_met});
}

}  // namespace

void ask_density(report& r, const options& o) {
  r.heading(
      "What does it cost to create memories that are all live at once, and how many can there be?",
      "A pool of memories of 64 KiB with guard markers of 4 KiB between them; by hand the same markers, 64 with a "
      "call.");
  if (has_markers()) {
    table t{.id = "creation", .title = "create a memory"};
    const double few = ask_creation(r, t, o, 100);
    (void)ask_creation(r, t, o, 10'000);
    const double many = o.is_quick ? ask_creation(r, t, o, 100'000) : ask_creation(r, t, o, 1'000'000);
    r.add(t);
    r.add(limit{"create one of the most memories, to one of a hundred", many / few, 2,
                many <= 2 * few ? assessment::met : assessment::not_met});
  }
  table t{.id = "density", .title = "live at once", .counted = "memories"};
  if (has_markers() && !o.is_quick)
    ask_limit<small_pool>(r, t, "guarded memories of 64 KiB", 1'000'000, 1'000'000, 100);
  ask_limit<quire::pool<quire::wasm_linux_allocator, quire::recycling::decommit>>(r, t, "reservations of 8 GiB", 20'000,
                                                                                  16'300, 0);
  r.add(t);
}

}  // namespace bench

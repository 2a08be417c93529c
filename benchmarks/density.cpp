// SPDX-License-Identifier: BSL-1.0
// How many memories can be live at once, and what does each cost to create?
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <quire/pool.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/recycling/decommit.hpp>

#include "machine.hpp"
#include "mappings.hpp"
#include "overhead.hpp"
#include "questions.hpp"
#include "text_file.hpp"

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

/// A mapping for each, with an inaccessible page behind it: the system counts two, and permits a process a certain
/// number.
class mapped_one_by_one {
 public:
  double create(std::size_t count) {
    all_.reserve(count);
    touch(reinterpret_cast<std::byte*>(all_.data()), count * sizeof all_[0]);
    return timed([&] {
             for (std::size_t i = 0; i < count; ++i) {
               void* const p = mmap(nullptr, slot + guard, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
               if (p == MAP_FAILED || mprotect(static_cast<std::byte*>(p) + slot, guard, PROT_NONE) != 0) stop("mmap");
               all_.push_back(p);
             }
           }) /
           static_cast<double>(count);
  }
  void destroy() {
    for (void* const p : all_)
      if (munmap(p, slot + guard) != 0) stop("munmap");
    all_.clear();
  }

 private:
  std::vector<void*> all_;
};

/// Bytes of memory and of page tables that this process has.
double bytes_in_use() {
  const auto in_kib = [](const char* what) { return std::stod(value_of("/proc/self/status", what, "0")); };
  return (in_kib("VmRSS") + in_kib("VmPTE")) * 1024;
}

/// Memory of each, while all are live and none is touched.
template <class Way>
double bytes_of_each(std::size_t count) {
  Way way;
  (void)way.create(count);
  way.destroy();  // what the program itself needs for them is there now
  const double before = bytes_in_use();
  (void)way.create(count);
  const double after = bytes_in_use();
  way.destroy();
  return std::max(0.0, after - before) / static_cast<double>(count);
}

template <class Way>
sampler creating(std::size_t count) {
  return [way = std::make_shared<Way>(), count] {
    const double nanoseconds = way->create(count);
    way->destroy();
    return nanoseconds;
  };
}

/// Nanoseconds and bytes for each of so many memories that are live at once.
struct tables_of_creation {
  table time{.id = "creation", .title = "create a memory", .baseline = "by hand"};
  table memory{.id = "creation_memory", .title = "memory of a slot that nothing has touched", .counted = "bytes"};
};

comparison compare_creation(std::size_t count, std::size_t pairs) {
  return compare({.by_hand = creating<marked_by_hand>(count),
                  .quire = creating<pooled>(count),
                  .by_hand_again = creating<marked_by_hand>(count),
                  .instead = {}},
                 pairs);
}

/// Returns the median of nanoseconds for each memory.
double ask_creation(report& r, tables_of_creation& t, const options& o, std::size_t count) {
  const std::string name = std::to_string(count) + " memories";
  progress(t.time.title + ": " + name);
  const std::size_t pairs = std::clamp<std::size_t>(o.choose<std::size_t>(100'000, 400'000) / count, 3, 500);
  const comparison c = compare_creation(count, pairs);
  add_comparison(t.time, "pool, " + name, c);
  const double most_more = count <= 100 ? 90 : 60, largest = 1 + most_more / c.by_hand.median;
  r.add(limit{"create one of " + name + ": to by hand", c.ratio.median, largest, judge(c, largest)});
  t.memory.rows.push_back({.name = "by hand, as pool, " + name, .count = bytes_of_each<marked_by_hand>(count)});
  t.memory.rows.push_back({.name = "pool, " + name, .count = bytes_of_each<pooled>(count)});

  const std::string one_by_one = "by hand, two mappings for each, " + name;
  if (2 * count + 1000 > most_mappings()) {
    t.time.rows.push_back({.name = one_by_one, .remark = "more mappings than the system permits"});
    return c.quire.median;
  }
  std::vector<double> taken;
  const sampler create = creating<mapped_one_by_one>(count);
  for (std::size_t i = 0; i < std::min<std::size_t>(pairs, 20); ++i) taken.push_back(create());
  t.time.rows.push_back({.name = one_by_one, .time = summarize(taken)});
  return c.quire.median;
}

/// The reservation, and one memory within it.
void ask_first(report& r, const options& o) {
  table t{.id = "creation_first", .title = "make room, and the first memory", .baseline = "by hand"};
  progress(t.title);
  const comparison c = compare_creation(1, o.choose<std::size_t>(500, 2000));
  add_comparison(t, "pool", c);
  const double largest = 1 + 6000 / c.by_hand.median;
  r.add(limit{t.title + ": to by hand", c.ratio.median, largest, judge(c, largest)});
  r.add(t);
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

void explain(report& r) {
  r.heading(
      "What does it cost to create memories that are all live at once, and how many can there be?",
      "A pool of memories of 64 KiB with guard markers of 4 KiB between them; by hand the same markers, 64 with a\n"
      "call. Memory of a slot: resident pages and page tables. What the kernel notes of each mapping is not\n"
      "known to a process: so not for two mappings of each.");
}

/// The first count is the one that the last is judged by.
void ask_all_creations(report& r, const options& o, const std::vector<std::size_t>& counts) {
  tables_of_creation t;
  std::vector<double> medians;
  for (const std::size_t count : counts) medians.push_back(ask_creation(r, t, o, count));
  r.add(t.time);
  r.add(t.memory);
  const double ratio = medians.back() / medians.front();
  r.add(limit{"create one of " + std::to_string(counts.back()) + " memories, to one of a hundred", ratio, 2,
              ratio <= 2 ? assessment::met : assessment::not_met});
}

}  // namespace

void ask_density(report& r, const options& o) {
  explain(r);
  if (has_markers()) {
    ask_first(r, o);
    std::vector<std::size_t> counts{100, 1000, 10'000};
    if (!o.is_quick) counts.push_back(100'000);
    ask_all_creations(r, o, counts);
  } else {
    r.leave_out("the creation of memories with guard markers", "this kernel has none");
  }
  table t{.id = "density", .title = "live at once", .counted = "memories"};
  ask_limit<quire::pool<quire::wasm_linux_allocator, quire::recycling::decommit>>(r, t, "reservations of 8 GiB", 20'000,
                                                                                  16'300, 0);
  r.add(t);
}

void ask_density_limit(report& r, const options& o) {
  explain(r);
  if (!has_markers()) return r.leave_out("a million memories", "this kernel has no guard markers");
  constexpr std::size_t needed = 1_GiB;  // page tables with the markers, and the program's own records
  if (available_bytes() < needed) return r.leave_out("a million memories", "for lack of memory");
  ask_all_creations(r, o, {100, 1'000'000});
  table t{.id = "density_limit", .title = "live at once", .counted = "memories"};
  ask_limit<small_pool>(r, t, "guarded memories of 64 KiB", 1'000'000, 1'000'000, 100);
  r.add(t);
}

}  // namespace bench

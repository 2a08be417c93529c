// SPDX-License-Identifier: BSL-1.0
// What does populating a memory cost, by one thread and by two?
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <quire/platform/linux.hpp>
#include <quire/populate_share.hpp>

#include "overhead.hpp"
#include "questions.hpp"
#include "warm.hpp"

namespace bench {
namespace {

constexpr std::size_t chunk = 2_MiB, whole = 64_MiB;

/// Memory that is mapped by hand, and a memory of Quire: both are emptied before each sample.
template <bool Huge>
class memory_of_calls {
 public:
  explicit memory_of_calls(std::size_t bytes) : bytes_(bytes) {
    void* const p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) stop("mmap");
    base_ = static_cast<std::byte*>(p);
    if (Huge && madvise(p, bytes, MADV_HUGEPAGE) != 0) stop("madvise");
  }
  memory_of_calls(const memory_of_calls&) = delete;
  memory_of_calls& operator=(const memory_of_calls&) = delete;
  ~memory_of_calls() { munmap(base_, bytes_); }

  void empty() {
    if (madvise(base_, bytes_, MADV_DONTNEED) != 0) stop("madvise");
  }
  void populate(unsigned index, unsigned count) {
    constexpr int populate_write = 23;  // MADV_POPULATE_WRITE
    for (std::size_t at = bytes_ / count * index; at < bytes_ / count * (index + 1); at += chunk)
      if (madvise(base_ + at, chunk, populate_write) != 0) stop("madvise");
  }
  void touch(unsigned index, unsigned count) {
    for (std::size_t at = bytes_ / count * index; at < bytes_ / count * (index + 1); at += 4096)
      *static_cast<volatile std::byte*>(base_ + at) = std::byte{0};
  }

 private:
  std::size_t bytes_;
  std::byte* base_;
};

template <class A>
class memory_of_quire {
 public:
  explicit memory_of_quire(std::size_t bytes) { memory_.allocate(quire::pages{bytes / 65536}).value(); }
  void empty() { memory_.discard(0, memory_.size()).value(); }
  void populate(unsigned index, unsigned count) const { quire::populate_share(memory_, index, count).value(); }

 private:
  A memory_;
};

/// The program measures on one processor; the threads here may run on all.
void run_anywhere() {
  cpu_set_t all;
  CPU_ZERO(&all);
  for (std::size_t i = 0; i < CPU_SETSIZE; ++i) CPU_SET(i, &all);
  (void)sched_setaffinity(0, sizeof all, &all);
}

double processor_time() {
  std::timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// Nanoseconds of processor time that the busiest thread takes: other load would hide whether a further thread helps.
template <class Memory, class Part>
sampler parts_by_threads(std::size_t bytes, unsigned count, Part part) {
  const auto memory = std::make_shared<Memory>(bytes);
  return [=] {
    memory->empty();
    std::vector<double> taken(count);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < count; ++i)
      threads.emplace_back([&, i] {
        run_anywhere();
        const double before = processor_time();
        part(*memory, i, count);
        taken[i] = processor_time() - before;
      });
    for (std::thread& each : threads) each.join();
    return *std::max_element(taken.begin(), taken.end());
  };
}

template <class A, bool Huge>
void ask_threads(report& r, const std::string& kind, unsigned count, std::size_t pairs) {
  using by_hand = memory_of_calls<Huge>;
  const std::string who = count == 1 ? "one thread" : "two threads";
  table t{.id = "populating, " + kind + ", " + who,
          .title = "populate 64 MiB of " + kind + ", " + who,
          .baseline = "by hand",
          .instead = "a touch of each page"};
  progress(t.title);
  const auto populate = [](auto& memory, unsigned index, unsigned of) { memory.populate(index, of); };
  const auto touch = [](auto& memory, unsigned index, unsigned of) { memory.touch(index, of); };
  const comparison c = compare({.by_hand = parts_by_threads<by_hand>(whole, count, populate),
                                .quire = parts_by_threads<memory_of_quire<A>>(whole, count, populate),
                                .by_hand_again = parts_by_threads<by_hand>(whole, count, populate),
                                .instead = parts_by_threads<by_hand>(whole, count, touch)},
                               pairs);
  add_comparison(t, "populate_share", c);
  t.rows.push_back({.name = t.instead, .time = c.instead});
  if (count == 1) r.add(limit{t.title + ": populate_share, to by hand", c.ratio.median, 1.05, judge(c, 1.05)});
  r.add(t);
}

}  // namespace

void ask_populating(report& r, const options& o) {
  r.heading(
      "What does populating a memory cost, by one thread and by two?",
      "64 MiB that were discarded are brought in again, in equal parts: the processor time of the busiest thread. "
      "By hand:\nmadvise(MADV_POPULATE_WRITE) for every 2 MiB.");
  warm_memory(4 * whole);
  for (const unsigned threads : {1U, 2U}) {
    ask_threads<quire::linux_allocator, false>(r, "small pages", threads, o.choose<std::size_t>(5, 50));
    ask_threads<quire::huge_linux_allocator, true>(r, "huge pages", threads, o.choose<std::size_t>(5, 50));
  }
}

}  // namespace bench

// SPDX-License-Identifier: BSL-1.0
// What does each part of recycling a memory cost alone, and beside another processor that does the same? The answers
// are what scaling/model.py computes larger machines from (docs/scaling.md).
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <quire/recycling/batched_decommit.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/deferred.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_high_water.hpp>

#include "beside.hpp"
#include "overhead.hpp"
#include "questions.hpp"
#include "recycled_lives.hpp"
#include "warm.hpp"

namespace bench {
namespace {

using namespace lives;

// The parts, each on a mapping of its own. What `prepare` does is not timed.

struct writing : kept_mapping {
  using kept_mapping::kept_mapping;
  void run() { touch(base_, bytes_); }
};
struct clearing : kept_mapping {
  using kept_mapping::kept_mapping;
  void run() { std::memset(base_, 0, bytes_); }
};
struct copying : kept_mapping {
  using kept_mapping::kept_mapping;
  void run() { std::memcpy(base_, contents().data(), bytes_); }
};
struct giving_back : kept_mapping {
  using kept_mapping::kept_mapping;
  void prepare() { touch(base_, bytes_); }
  void run() {
    if (madvise(base_, size, MADV_DONTNEED) != 0) stop("madvise");
  }
};
struct scanning : scanned_mapping {
  explicit scanning(std::size_t pages) : scanned_mapping(pages) { touch(base_, bytes_); }
  void run() {
    each_written(0, [this](std::size_t at, std::size_t) { keep(base_ + at); });
  }
};
struct scanning_image : scanned_and_restored {
  explicit scanning_image(std::size_t pages) : scanned_and_restored(pages) { live(); }
  void run() {
    each_written(of_file, [this](std::size_t at, std::size_t) { keep(base_ + at); });
  }
};
/// Beside a thread that does the same, this is interrupted by what that one does before.
struct faulting : kept_mapping {
  using kept_mapping::kept_mapping;
  void prepare() {
    if (madvise(base_, size, MADV_DONTNEED) != 0) stop("madvise");
  }
  void run() { touch(base_, bytes_); }
};
/// Pages that were given back long ago, which are no longer in the processor's cache. The mapping is long, so that it
/// is emptied rarely.
class faulting_cold {
 public:
  explicit faulting_cold(std::size_t pages) : bytes_(pages * page), at_(length) {
    void* const p = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) stop("mmap");
    base_ = static_cast<std::byte*>(p);
  }
  void prepare() {
    if (at_ + bytes_ <= length) return;
    if (madvise(base_, length, MADV_DONTNEED) != 0) stop("madvise");
    at_ = 0;
  }
  void run() {
    touch(base_ + at_, bytes_);
    at_ += bytes_;
  }

 private:
  static constexpr std::size_t length = 16_MiB;
  std::size_t bytes_, at_;
  std::byte* base_;
};
/// The calls of a memory that is new each time, without a page of it.
struct mapping {
  explicit mapping(std::size_t) {}
  void run() {
    void* const p = mmap(nullptr, 8_GiB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED || mprotect(p, size, PROT_READ | PROT_WRITE) != 0 || munmap(p, 8_GiB) != 0) stop("mmap");
  }
};
/// Taking and returning a slot.
struct taking : pooled_use<as_it_is> {
  explicit taking(std::size_t) : pooled_use<as_it_is>(0) {}
  void run() { live(); }
};

/// Something to be measured, and what the companion does meanwhile.
struct subject {
  std::string name;
  unsigned times;  // in a sample, which takes a few hundred microseconds
  sampler mine;    // nanoseconds of one
  std::function<void()> same;
};

template <class Part>
double nanoseconds_of(Part& p, unsigned times) {
  double all = 0;
  if constexpr (requires { p.prepare(); })
    for (unsigned i = 0; i < times; ++i) p.prepare(), all += timed([&] { p.run(); });
  else
    all = timed([&] {
      for (unsigned i = 0; i < times; ++i) p.run();
    });
  return all / times;
}

template <class Part>
subject part(const char* name, std::size_t pages, unsigned times) {
  const auto mine = std::make_shared<Part>(pages), others = std::make_shared<Part>(pages);
  return {.name = std::string(name) + ", " + std::to_string(pages),
          .times = times,
          .mine = [mine, times] { return nanoseconds_of(*mine, times); },
          .same = [others] { (void)nanoseconds_of(*others, 1); }};
}

template <std::size_t Uses, class Life>
subject life_of(const char* name, const std::shared_ptr<Life>& mine, const std::shared_ptr<Life>& others) {
  return {
      .name = name, .times = Uses, .mine = [mine] { return use<Uses>(*mine); }, .same = [others] { others->live(); }};
}
/// Both threads use one pool.
template <class Life, std::size_t Uses>
subject shared_life(const char* name, std::size_t pages) {
  const auto one = std::make_shared<Life>(pages);
  return life_of<Uses>(name, one, one);
}

constexpr const char* alone = "alone";
struct situation {
  const char* name;
  companion::place where;
  bool same;  // or only busy
};
constexpr situation beside_busy{"a busy thread beside", companion::place::thread, false};
constexpr situation beside_process{"a process beside", companion::place::process, true};
constexpr situation beside_thread{"a thread beside", companion::place::thread, true};

/// Keeps a processor busy in user mode, so that it is interrupted by each shoot-down: one that sleeps would not be.
void keep_busy() {
  volatile int counted = 0;
  for (int i = 0; i < 1000; ++i) counted = counted + 1;
}

/// How often this thread was preempted, or slept: it sleeps for a lock whose holder does not run.
long switches() {
  rusage of_thread{};
  getrusage(RUSAGE_THREAD, &of_thread);
  return of_thread.ru_nivcsw + of_thread.ru_nvcsw;
}

/// The median of samples during which this thread ran all the time and the companion did `rounds` at least: where
/// others are at work, these are few.
std::optional<double> median_of(const subject& s, const companion* beside, std::uint64_t rounds, int samples) {
  constexpr double longest = 30e6;  // nanoseconds
  for (int i = 0; i < 2; ++i) (void)s.mine();
  std::vector<double> taken;
  for (double spent = 0; std::cmp_less(taken.size(), samples) && spent < longest;) {
    const std::uint64_t before = beside != nullptr ? beside->rounds() : 0;
    const long switched = switches();
    double one = 0;
    spent += timed([&] { one = s.mine(); });
    const bool ran = beside == nullptr || beside->rounds() >= before + rounds;
    if (ran && switched == switches()) taken.push_back(one);
  }
  if (taken.empty()) return std::nullopt;
  return summarize(std::move(taken)).median;
}

/// A row for each subject and situation: medians of rounds in which the situations take turns.
void ask_beside(table& t, const std::vector<subject>& subjects, const std::vector<situation>& situations, int cpu,
                int rounds) {
  constexpr int samples = 9;
  for (const subject& s : subjects) {
    progress(t.title + ": " + s.name);
    std::vector<double> by_itself;
    std::vector<std::vector<double>> times(situations.size()), ratios(situations.size());
    for (int round = 0; round < rounds; ++round) {
      const std::optional<double> reference = median_of(s, nullptr, 0, samples);
      if (!reference) continue;
      by_itself.push_back(*reference);
      for (std::size_t i = 0; i < situations.size(); ++i) {
        const companion beside(situations[i].where, cpu, situations[i].same ? s.same : keep_busy);
        const auto time = median_of(s, &beside, situations[i].same ? std::max(1U, s.times / 4) : 4, samples);
        if (!time) continue;
        times[i].push_back(*time);
        ratios[i].push_back(*time / *reference);
      }
    }
    t.rows.push_back({.name = s.name + ", " + alone, .time = summarize(by_itself)});
    for (std::size_t i = 0; i < situations.size(); ++i) {
      row beside{.name = s.name + ", " + situations[i].name, .time = summarize(times[i])};
      if (!ratios[i].empty()) beside.ratio = summarize(ratios[i]);
      t.rows.push_back(beside);
    }
  }
}

/// Nanoseconds that a busy thread loses to each call of another that gives 16 pages back. The busy thread times its own
/// rounds: an interrupt makes one a little longer, and what makes one much longer is another program.
summary measure_interrupts(int cpu, int windows) {
  static std::atomic<double> spent, done;
  constexpr double longest_round = 50e3;  // nanoseconds
  const companion busy(companion::place::thread, cpu, [] {
    const double one = timed(keep_busy);
    if (one > longest_round) return;
    spent.store(spent.load() + one);
    done.store(done.load() + 1);
  });
  struct seen {
    double spent, rounds;
    bool whole;  // both threads ran all the time
  };
  const auto while_doing = [](auto one, int times) -> seen {
    const long switched = switches();
    const double spent_before = spent.load(), done_before = done.load();
    const double passed = timed([&] {
      for (int n = 0; n < times; ++n) one();
    });
    const double spent_meanwhile = spent.load() - spent_before;
    return {spent_meanwhile, done.load() - done_before, switched == switches() && spent_meanwhile > passed * 0.8};
  };
  giving_back storm(16);
  constexpr int calls = 20;
  std::vector<double> lost;
  for (int i = 0; i < windows; ++i) {
    const seen quiet = while_doing(keep_busy, 300);
    const seen stormy = while_doing([&] { storm.prepare(), storm.run(); }, calls);
    if (quiet.whole && stormy.whole)
      lost.push_back((stormy.spent - stormy.rounds * quiet.spent / quiet.rounds) / calls);
  }
  return summarize(std::move(lost));
}

struct turns {
  summary hand_over;  // nanoseconds until a line that another processor has written can be written here
  summary work;       // of what both do in turn
};
/// Two processors do the same work, one after the other.
turns take_turns(int cpu, int count, const std::function<void()>& work) {
  alignas(64) static std::atomic<unsigned> turn{0};  // odd: it is the companion's
  const companion partner(companion::place::thread, cpu, [&] {
    for (int looks = 0; looks < 1000; ++looks) {
      if (turn.load(std::memory_order_acquire) % 2 == 0) continue;
      work();
      turn.fetch_add(1, std::memory_order_acq_rel);
    }
  });
  std::vector<double> handed, worked;
  for (int i = 0; i < count; ++i) {
    const double there_and_back = timed([] {
      turn.fetch_add(1, std::memory_order_acq_rel);
      while (turn.load(std::memory_order_acquire) % 2 != 0) continue;
    });
    handed.push_back(there_and_back / 2);
    worked.push_back(timed(work));
  }
  return {summarize(std::move(handed)), summarize(std::move(worked))};
}

std::vector<subject> parts(bool scans) {
  std::vector<subject> all{part<taking>("take", 0, 4096), part<mapping>("map", 0, 32)};
  const auto add = [&](std::size_t pages, unsigned short_ones, unsigned long_ones) {
    all.push_back(part<writing>("write", pages, 32 * short_ones));
    all.push_back(part<clearing>("clear", pages, short_ones));
    all.push_back(part<copying>("copy", pages, short_ones));
    all.push_back(part<faulting>("fault", pages, long_ones));
    all.push_back(part<faulting_cold>("fault, cold", pages, long_ones));
    all.push_back(part<giving_back>("give back", pages, long_ones));
    if (!scans) return;
    all.push_back(part<scanning>("scan", pages, short_ones));
    all.push_back(part<scanning_image>("scan an image", pages, short_ones));
  };
  add(16, 128, 8);
  add(256, 8, 1);
  return all;
}

std::vector<subject> policies(bool scans, std::size_t pages) {
  using namespace quire::recycling;
  std::vector<subject> all{shared_life<pooled_use<zero_high_water>, 64>("zero_high_water", pages),
                           shared_life<pooled_use<zero_all>, 8>("zero_all", pages),
                           shared_life<pooled_use<decommit>, 8>("decommit", pages),
                           shared_life<pooled_use<batched_decommit<64>>, 64>("batched_decommit", pages)};
  if (scans) {
    all.push_back(shared_life<pooled_use<zero_dirty>, 64>("zero_dirty", pages));
    all.push_back(shared_life<pooled_use<adaptive>, 64>("adaptive", pages));
    all.push_back(shared_life<image_use, 64>("zero_dirty from an image", pages));
    const auto waiting = std::make_shared<pooled_use<deferred<zero_dirty>>>(pages);
    all.push_back({.name = "deferred<zero_dirty>",
                   .times = 64,
                   .mine = [waiting] { return use<64>(*waiting); },
                   .same =
                       [waiting] {
                         if (!waiting->clean()) waiting->live();
                       }});
  }
  all.push_back(life_of<2>("fresh", std::make_shared<fresh_use>(pages), std::make_shared<fresh_use>(pages)));
  return all;
}

}  // namespace

void ask_scaling(report& r, const options& o) {
  r.heading("What do the parts of recycling cost alone, and beside another processor?",
            "By hand, in nanoseconds for so many pages. Beside a thread of this process that is busy in user mode; a "
            "process, and a\nthread, that do the same. A sample counts if both ran all the time.");
  const int cpu = another_cpu();
  if (cpu < 0) return r.warn("Scaling was not measured: there is one processor.");
  warm_memory(64_MiB);
  const bool scans = scanned_mapping::is_there();
  const int rounds = o.choose(2, 40);
  table of_parts{.id = "scaling_parts", .title = "parts", .baseline = alone};
  ask_beside(of_parts, parts(scans), {beside_busy, beside_process, beside_thread}, cpu, rounds);
  progress("interrupts and lines");
  of_parts.rows.push_back({.name = "interrupt, 0, a busy thread beside", .time = measure_interrupts(cpu, 40 * rounds)});
  clearing both(16);
  const turns empty = take_turns(cpu, 1000 * rounds, [] {});
  const turns cleared = take_turns(cpu, 100 * rounds, [&both] { both.run(); });
  of_parts.rows.push_back({.name = "hand over, 0, a thread beside", .time = empty.hand_over});
  of_parts.rows.push_back({.name = "clear in turns, 16, a thread beside", .time = cleared.work});
  r.add(of_parts);

  table of_lives{.id = "scaling_lives", .title = "take, write 16 pages, return", .baseline = alone};
  ask_beside(of_lives, policies(scans, 16), {beside_process, beside_thread}, cpu, rounds);
  r.add(of_lives);
}

}  // namespace bench

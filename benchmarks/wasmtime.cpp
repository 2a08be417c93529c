// SPDX-License-Identifier: BSL-1.0
// What does the life of a memory in Quire's pool cost, beside one in Wasmtime's pooling allocator?
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <quire/engine/wasmtime.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/recycling/zero_high_water.hpp>

#include "overhead.hpp"
#include "questions.hpp"
#include "warm.hpp"
#include "wasmtime_engine.hpp"

namespace bench {
namespace {

constexpr std::size_t page = 4096, size = 1_MiB, maximum = 64_MiB, slots = 1000;

/// The memory has from 16 to 1024 pages of WebAssembly; `touch` writes to so many pages of 4 KiB.
constexpr const char* with_memory = R"((module
  (memory 16 1024)
  (func (export "touch") (param $pages i32) (local $page i32)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $page) (local.get $pages)))
      (i32.store8 (i32.shl (local.get $page) (i32.const 12)) (i32.const 1))
      (local.set $page (i32.add (local.get $page) (i32.const 1)))
      (br $next)))))
)";
constexpr const char* without_memory = R"((module (func (export "touch") (param i32))))";

/// Sets Wasmtime's own pool.
auto with_own_pool(const wasmtime_library& library, std::size_t keep_resident) {
  return [&library, keep_resident](wasm_config_t* config) {
    wasmtime_pooling_allocation_config_t* const pool = library.pooling_new();
    library.total_memories_set(pool, slots);
    library.total_core_instances_set(pool, slots);
    library.max_memory_size_set(pool, maximum);
    library.linear_memory_keep_resident_set(pool, keep_resident);
    library.pooling_set(config, pool);
    library.pooling_delete(pool);
  };
}

/// A module with a memory, and one without, in an engine.
class wasmtime_modules {
 public:
  wasmtime_modules(const wasmtime_library& library, auto set)
      : engine_(library, set),
        with_(library, engine_.get(), with_memory),
        without_(library, engine_.get(), without_memory) {}

  void live(std::size_t pages) const { wasmtime_instance(with_).call("touch", pages); }
  void live_without_memory(std::size_t pages) const { wasmtime_instance(without_).call("touch", pages); }

 private:
  wasmtime_engine engine_;
  wasmtime_module with_, without_;
};

/// The same in a pool of Quire's.
template <class Recycling>
class quire_pool {
 public:
  quire_pool() {
    if (!pool_.open({.slots = slots, .maximum = quire::pages{maximum / wasm_page}})) stop("open");
  }
  [[nodiscard]] auto creator() {
    return [this](wasm_config_t* config) {
      quire::engine::wasmtime_memory<typename decltype(pool_)::memory>::install(config, pool_);
    };
  }
  BOOST_FORCEINLINE void live(std::size_t pages) {
    auto memory = pool_.acquire(quire::pages{size / wasm_page});
    if (!memory) stop("acquire");
    touch(memory->data(), pages * page);
    memory->set_high_water_mark(pages * page);
    keep(memory->data());
  }

 private:
  quire::pool<quire::wasm_linux_allocator, Recycling> pool_;
};

struct pools {
  explicit pools(const wasmtime_library& library)
      : keeps_little(library, with_own_pool(library, 64_KiB)),
        keeps_all(library, with_own_pool(library, size)),
        on_quire(library, for_wasmtime.creator()) {}

  quire_pool<quire::recycling::zero_high_water> zero_high_water;
  quire_pool<quire::recycling::zero_dirty> zero_dirty, for_wasmtime;
  wasmtime_modules keeps_little, keeps_all, on_quire;
};

/// The place of each one's sampler. Wasmtime's settings are there twice, for the control.
enum contender : std::size_t { little, all, high_water, dirty, on_quire, little_again, all_again, no_memory };

std::vector<sampler> make_samplers(pools& p, std::size_t pages) {
  const std::size_t lives = std::clamp<std::size_t>(64 / pages, 2, 16);
  const auto wasmtime = [=](const wasmtime_modules& of) -> sampler {
    return
        [=, &of] { return live(lives, [&] { of.live(pages); }) - live(lives, [&] { of.live_without_memory(pages); }); };
  };
  const auto quire = [=](auto& pool) -> sampler {
    return [=, &pool] { return live(lives, [&] { pool.live(pages); }); };
  };
  const sampler empty = [=, &p] { return live(lives, [&] { p.keeps_little.live_without_memory(pages); }); };
  return {wasmtime(p.keeps_little), wasmtime(p.keeps_all),    quire(p.zero_high_water), quire(p.zero_dirty),
          wasmtime(p.on_quire),     wasmtime(p.keeps_little), wasmtime(p.keeps_all),    empty};
}

using series = std::vector<double>;

/// The samples of each contender, taken in rounds. Every other round runs backwards, so that none is always the first.
std::vector<series> take_rounds(const std::vector<sampler>& samplers, std::chrono::milliseconds least) {
  using clock = std::chrono::steady_clock;
  constexpr std::size_t fewest = 50;
  std::vector<series> taken(samplers.size());
  address_space_shaker neighbours;
  const clock::time_point end = clock::now() + least;
  for (std::size_t round = 0; round < fewest || clock::now() < end; ++round) {
    if (round % 100 == 0) neighbours.shake();
    for (std::size_t i = 0; i < samplers.size(); ++i) {
      const std::size_t at = round % 2 == 0 ? i : samplers.size() - 1 - i;
      taken[at].push_back(samplers[at]());
    }
  }
  return taken;
}

series ratios(const series& to, const series& of) {
  series made(to.size());
  std::transform(of.begin(), of.end(), to.begin(), made.begin(), std::divides());
  return made;
}

/// What was measured for one number of pages; `better` is the better setting of Wasmtime.
struct answer {
  std::vector<series> taken;
  contender better;
  int runs;

  [[nodiscard]] summary time(contender which) const { return summarize(taken[which]); }
  [[nodiscard]] comparison beside_wasmtime(contender quire) const {
    const series& wasmtime = taken[better];
    return {.by_hand = summarize(wasmtime),
            .quire = time(quire),
            .instead = {},
            .ratio = summarize(ratios(wasmtime, taken[quire])),
            .control = summarize(ratios(wasmtime, taken[better == little ? little_again : all_again])),
            .runs = runs};
  }
};

/// Repeats a run that was too noisy, as `compare` does. Its control is the same beside both of Quire's.
answer measure(pools& p, std::size_t pages, std::chrono::milliseconds least) {
  const std::vector<sampler> samplers = make_samplers(p, pages);
  for (int run = 1;; ++run) {
    answer got{.taken = take_rounds(samplers, least), .better = little, .runs = run};
    if (got.time(all).median < got.time(little).median) got.better = all;
    if (got.beside_wasmtime(dirty).is_steady() || run == comparison::most_runs) return got;
  }
}

struct asked {
  std::size_t pages;
  double largest_high_water, largest_dirty;  // ratios to the better setting of Wasmtime
};
constexpr asked all_asked[] = {{1, 0.5, 0.55}, {16, 0.5, 0.9}, {64, 0.5, 0.5}, {256, 1, 1.25}};

void ask_lives(report& r, pools& p, const asked& a, std::chrono::milliseconds least) {
  const std::string several = std::to_string(a.pages) + (a.pages == 1 ? " page" : " pages");
  table t{.id = "wasmtime_" + std::to_string(a.pages),
          .title = "take, write " + several + ", return",
          .baseline = "Wasmtime"};
  progress("beside Wasmtime: " + t.title);
  const answer got = measure(p, a.pages, least);
  t.rows.push_back({.name = "Wasmtime, keeps 64 KiB resident", .time = got.time(little)});
  t.rows.push_back({.name = "Wasmtime, keeps 1 MiB resident", .time = got.time(all)});
  t.rows.push_back({.name = "  taken off: without a memory", .time = got.time(no_memory), .whose = side::peer});
  const auto judged = [&](const char* name, contender quire, double largest) {
    const comparison c = got.beside_wasmtime(quire);
    row one{.name = name, .time = c.quire, .ratio = c.ratio, .control = c.control.median};
    if (!c.is_steady()) one.remark = "too noisy, after " + std::to_string(c.runs) + " runs";
    t.rows.push_back(one);
    r.add(limit{t.title + ": " + name + ", to Wasmtime", c.ratio.median, largest, judge(c, largest)});
  };
  judged("zero_high_water", high_water, a.largest_high_water);
  judged("zero_dirty", dirty, a.largest_dirty);
  judged("Wasmtime on a pool with zero_dirty", on_quire, a.largest_dirty);
  r.add(t);
}

/// Whether two engines and two pools find enough addresses. Wasmtime ends the process where it does not.
bool has_address_space() {
  constexpr std::size_t needed = 32 * 1024_GiB;
  void* const p = mmap(nullptr, needed, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p != MAP_FAILED && munmap(p, needed) == 0;
}

}  // namespace

void ask_wasmtime(report& r, const options& o) {
  r.heading(
      "What does the life of a memory in a pool cost, beside Wasmtime's pooling allocator?",
      "Wasmtime 50 through its C API, which leaves scanning for written pages off: an instance with 1 MiB of "
      "memory is\n"
      "made, called, and deleted, less the same without a memory. Both pools have 1,000 memories of at most "
      "64 MiB.\n"
      "Ratios are to the better setting of Wasmtime. zero_high_water: the user has set its mark. The last row is\n"
      "Wasmtime whose memories come from Quire's pool, less its own life without a memory.");
  if (o.has_passed(0.95)) return r.leave_out("Wasmtime's pool", "for lack of time; --only wasmtime asks it alone");
  if (!has_address_space()) return r.leave_out("Wasmtime's pool", "for lack of address space");
  progress("fetching Wasmtime");
  const auto& library = obtain_wasmtime();
  if (!library) return r.leave_out("Wasmtime's pool", library.error());
  for (const char* const kept : {"64 KiB", "1 MiB"})
    r.add(peer{"Wasmtime", library->version,
               std::string("C API, pooling allocator for 1,000 memories of at most 64 MiB, which keeps ") + kept +
                   " resident; scanning for written pages is off, as that interface has no switch for it"});
  const auto both = std::make_unique<pools>(*library);
  warm_memory(4 * size);
  const std::chrono::milliseconds least(o.choose(100, 400));
  for (const asked& each : all_asked) ask_lives(r, *both, each, least);
}

}  // namespace bench

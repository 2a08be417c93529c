// SPDX-License-Identifier: BSL-1.0
// What does the life of an instance's memory cost, in each way that there is to have one?
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <quire/engine/wasmtime.hpp>
#include <quire/recycling/batched_decommit.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/recycling/zero_high_water.hpp>

#include "peers/wasmtime_pool.hpp"
#include "progress.hpp"
#include "questions.hpp"
#include "rounds.hpp"
#include "warm.hpp"
#include "whole_memories.hpp"
#include "words.hpp"

namespace bench {
namespace {

constexpr pool_room room{.slots = 100, .maximum = 64_MiB};

/// Wasmtime's engines for memories of so many bytes: on demand, with its own pool in both settings, and on Quire's
/// pool.
struct wasmtime_engines {
  using memory = quire::engine::wasmtime_memory<from_pool<quire::recycling::zero_dirty>::pool_type::memory>;

  wasmtime_engines(const wasmtime_library& library, std::size_t bytes)
      : zero_dirty(room.slots, room.maximum, bytes),
        on_demand(library, bytes, room.maximum, [](wasm_config_t*) {}),
        keeps_little(library, bytes, room.maximum, with_own_pool(library, room, 64_KiB)),
        keeps_all(library, bytes, room.maximum, with_own_pool(library, room, bytes)),
        on_quire(library, bytes, room.maximum, [this](wasm_config_t* c) { memory::install(c, zero_dirty.pool()); }) {}

  from_pool<quire::recycling::zero_dirty> zero_dirty;
  wasmtime_modules on_demand, keeps_little, keeps_all, on_quire;
};

template <class Memory>
sampler lives_of(std::shared_ptr<Memory> memory, std::size_t pages, std::size_t lives) {
  return [=] { return live(lives, [&] { memory->live(pages); }); };
}

/// The places of the ways; the peers come first.
struct places {
  std::vector<std::size_t> references;
  std::optional<std::size_t> on_quire{};
  std::size_t zero_high_water = 0, zero_dirty = 0;
};

class ways_of_life {
 public:
  ways_of_life(std::size_t bytes, std::size_t pages)
      : bytes_(bytes), pages_(pages), lives_(std::clamp<std::size_t>(64 / pages, 1, 16)) {}

  /// False if Wasmtime refuses, which is told.
  bool add_wasmtime(report& r, const wasmtime_library& library) {
    try {
      add_engines(std::make_shared<wasmtime_engines>(library, bytes_));
      return true;
    } catch (const peer_failure& failed) {
      r.leave_out("Wasmtime, " + several(pages_, "page"), failed.what());
      return false;
    }
  }
  void add_everyday() {
    const std::size_t mapped = add("by hand, mmap and munmap", side::by_hand,
                                   lives_of(std::make_shared<mapped_afresh>(bytes_), pages_, lives_));
    const std::size_t heap =
        add("calloc and free", side::peer, lives_of(std::make_shared<from_calloc>(bytes_), pages_, lives_));
    if (at_.references.empty()) at_.references = {mapped, heap};
  }
  void add_quire() {
    using namespace quire::recycling;
    add("a fresh memory", side::quire,
        lives_of(std::make_shared<allocated_afresh<quire::wasm_linux_allocator>>(bytes_), pages_, lives_));
    add_pool<decommit>("decommit");
    add_pool<batched_decommit<>>("batched_decommit");
    add_pool<zero_all>("zero_all");
    at_.zero_dirty = add_pool<zero_dirty>("zero_dirty");
    add_pool<adaptive>("adaptive");
    at_.zero_high_water = add_pool<zero_high_water>("zero_high_water");
  }
  [[nodiscard]] const places& at() const { return at_; }
  [[nodiscard]] const std::vector<way>& all() const { return all_; }

 private:
  void add_engines(const std::shared_ptr<wasmtime_engines>& engines) {
    const auto less_without_memory = [&](std::string name, side whose, const wasmtime_modules& of) {
      return add(std::move(name), whose, [=, lives = lives_, pages = pages_, &of, held = engines] {
        return live(lives, [&] { of.live(pages); }) - live(lives, [&] { of.live_without_memory(pages); });
      });
    };
    less_without_memory("Wasmtime, on demand", side::peer, engines->on_demand);
    at_.references = {less_without_memory("Wasmtime, keeps 64 KiB resident", side::peer, engines->keeps_little),
                      less_without_memory("Wasmtime, keeps all resident", side::peer, engines->keeps_all)};
    add("  taken off from each: without a memory", side::peer, [=, lives = lives_, pages = pages_, held = engines] {
      return live(lives, [&] { held->keeps_little.live_without_memory(pages); });
    });
    at_.on_quire = less_without_memory("Wasmtime on a pool with zero_dirty", side::quire, engines->on_quire);
  }
  std::size_t add(std::string name, side whose, sampler take) {
    all_.push_back({.name = std::move(name), .whose = whose, .take = std::move(take)});
    return all_.size() - 1;
  }
  template <class Recycling>
  std::size_t add_pool(const char* name) {
    return add(name, side::quire,
               lives_of(std::make_shared<from_pool<Recycling>>(room.slots, room.maximum, bytes_), pages_, lives_));
  }

  std::size_t bytes_, pages_, lives_;
  std::vector<way> all_;
  places at_;
};

/// The limits hold beside the better setting of Wasmtime's pool.
struct asked {
  std::size_t pages, bytes;
  double largest_high_water = 0, largest_dirty = 0;  // 0: not judged
};
constexpr asked all_asked[] = {{1, 1_MiB, 0.5, 0.55}, {4, 1_MiB},    {16, 1_MiB, 0.5, 0.9}, {64, 1_MiB, 0.5, 0.5},
                               {256, 1_MiB, 1, 1.25}, {1024, 4_MiB}, {4096, 16_MiB}};

void judge_beside_wasmtime(report& r, const table& t, const compared_ways& got, const places& at, const asked& a) {
  const auto judged = [&](std::size_t which, double largest) {
    if (!got.is_here(which) || !got.is_here(got.baseline())) return;  // it refused, which is told
    const comparison c = got.beside_baseline(which);
    r.add(limit{t.title + ": " + got.name(which) + ", to Wasmtime", c.ratio.median, largest, judge(c, largest)});
  };
  judged(at.zero_high_water, a.largest_high_water);
  judged(at.zero_dirty, a.largest_dirty);
  judged(*at.on_quire, a.largest_dirty);
}

void ask_lives(report& r, const wasmtime_library* library, const asked& a, rounds_terms terms) {
  table t{.id = "instances_" + std::to_string(a.pages),
          .title = "take " + std::to_string(a.bytes >> 20) + " MiB, write " + several(a.pages, "page") + ", return",
          .baseline = "Wasmtime"};
  progress("instances: " + t.title);
  warm_memory(4 * a.bytes);
  ways_of_life ways(a.bytes, a.pages);
  if (library != nullptr && !ways.add_wasmtime(r, *library)) library = nullptr;
  if (library == nullptr) t.baseline = "mmap, calloc";
  ways.add_everyday();
  ways.add_quire();
  const compared_ways got(r, t.title, ways.all(), ways.at().references, terms);
  got.add_rows(t);
  if (library != nullptr && a.largest_dirty != 0) judge_beside_wasmtime(r, t, got, ways.at(), a);
  r.add(t);
}

/// Whether the engines and pools of one number of pages find enough addresses. Wasmtime ends the process where it does
/// not.
bool has_address_space() {
  constexpr std::size_t needed = 16 * 1024_GiB;
  void* const p = mmap(nullptr, needed, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p != MAP_FAILED && munmap(p, needed) == 0;
}

}  // namespace

void ask_instances(report& r, const options& o) {
  r.heading(
      "What does the life of an instance's memory cost, by the pages that it writes?",
      "Taken, written to, and ended. Wasmtime through its C API, which leaves scanning for written pages off: an\n"
      "instance is made, called and deleted, less the same without a memory. Pools have 100 memories of at most\n"
      "64 MiB. zero_high_water: the user has set its mark. Ratios are to the better setting of Wasmtime's pool,\n"
      "or, where it cannot be had, to the better of mmap and calloc.");
  if (!has_address_space()) return r.leave_out("instances", "for lack of address space");
  const wasmtime_library* const library =
      wasmtime_as_peer(r, "Wasmtime beside the pools",
                       "its pool of 100 memories, keeping 64 KiB or all resident; or memories on demand");
  for (const asked& each : all_asked) {
    if (o.has_passed(0.98))
      return r.leave_out(several(each.pages, "page") + " and more of an instance", "for lack of time");
    if (o.is_quick && each.largest_dirty == 0 && each.pages != 4096) continue;
    ask_lives(
        r, library, each,
        {.least = std::chrono::milliseconds(o.choose(80, 400)), .fewest = each.pages > 256 ? 7U : o.choose(20U, 50U)});
  }
}

}  // namespace bench

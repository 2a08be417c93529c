// SPDX-License-Identifier: BSL-1.0
// What do small growth, and the instances of a module, cost on Quire beside wasm2c's own runtime?
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <quire/engine/wasm2c.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_dirty.hpp>

#include "lives.hpp"
#include "overhead.hpp"
#include "peers.hpp"
#include "questions.hpp"

namespace bench {
namespace {

constexpr std::size_t steps = 100;

using slots = quire::pool<quire::linux_allocator, quire::recycling::zero_dirty>;
slots& pool() {
  static slots all;
  static const bool opened = all.open({.slots = 64, .maximum = quire::pages{1 + steps}}).has_value();
  if (!opened) stop("open");
  return all;
}
quire::result<slots::memory> take(quire::pages initial, std::optional<quire::pages> maximum) noexcept {
  return pool().acquire(initial, maximum);
}

/// Growth as wabt's runtime has it where the compiled code checks bounds.
class reallocated {
 public:
  void open() {
    base_ = static_cast<std::byte*>(std::calloc(wasm_page, 1));
    size_ = wasm_page;
  }
  BOOST_FORCEINLINE std::byte* grow() {
    base_ = static_cast<std::byte*>(std::realloc(base_, size_ + wasm_page));
    if (base_ == nullptr) stop("realloc");
    std::memset(base_ + size_, 0, wasm_page);
    size_ += wasm_page;
    return base_ + size_ - wasm_page;
  }
  void close() { std::free(base_); }

 private:
  std::byte* base_ = nullptr;
  std::size_t size_ = 0;
};

template <class Memory>
class adapted {
 public:
  void open() { Memory::allocate(&memory_, 1, 1000); }
  BOOST_FORCEINLINE std::byte* grow() {
    const std::size_t before = memory_.size;
    if (Memory::grow(&memory_, 1) == static_cast<typename Memory::page_count>(-1)) stop("grow");
    return reinterpret_cast<std::byte*>(memory_.data) + before;
  }
  void close() { Memory::free(&memory_); }

 private:
  wasm_rt_memory_t memory_{};
};
using checked = quire::engine::wasm2c_checked_memory<quire::linux_allocator>;
using pooled = quire::engine::wasm2c_checked_memory<slots::memory, take>;

/// Nanoseconds of a step.
template <bool Touches>
double grow_in_steps(auto& memory) {
  memory.open();
  const double all = timed([&] {
    for (std::size_t i = 0; i != steps; ++i) {
      std::byte* const added = memory.grow();
      keep(added);
      if (Touches) touch(added, wasm_page);
    }
  });
  memory.close();
  return all / static_cast<double>(steps);
}

template <class Memory, bool Touches>
comparison compare_growth(std::size_t pairs) {
  constexpr auto one = [](auto& memory) { return grow_in_steps<Touches>(memory); };
  return compare({.by_hand = repeating(one, reallocated()),
                  .quire = repeating(one, adapted<Memory>()),
                  .by_hand_again = repeating(one, reallocated()),
                  .instead = {}},
                 pairs);
}

void ask_small_growth(report& r, const options& o) {
  table t{.id = "wasm2c_growth", .title = "grow by 64 KiB, one of 100 times", .baseline = "by hand"};
  progress(t.title);
  const auto pairs = o.choose<std::size_t>(200, 2000);
  const comparison grown = compare_growth<checked, false>(pairs), written = compare_growth<pooled, true>(pairs);
  add_comparison(t, "wasm2c_checked_memory", grown);
  add_comparison(t, "the same on a pool, each page written", written);
  r.add(limit{t.title + ": to by hand", grown.ratio.median, 1, judge(grown, 1)});
  r.add(t);
}

/// A memory of so many bytes, whose first is written to. Pages are of one byte where the release has them.
class pooled_memory {
  static constexpr bool has_small_pages = quire::engine::detail::wasm2c::tells<wasm_rt_memory_t>({.page = 1});

 public:
  static constexpr const char* name = has_small_pages ? "1000 pages of one byte" : "a page of 64 KiB";

  BOOST_FORCEINLINE void live() {
    wasm_rt_memory_t one{};
    has_small_pages ? pooled::allocate(&one, 1000, 2000, false, 1) : pooled::allocate(&one, 1, 1);
    *static_cast<volatile std::uint8_t*>(one.data) = 1;
    pooled::free(&one);
  }
};
struct heap_memory {
  BOOST_FORCEINLINE void live() {
    void* const one = std::calloc(wasm_page, 1);
    *static_cast<volatile std::uint8_t*>(one) = 1;
    std::free(one);
  }
};

void ask_allocation(report& r, const options& o) {
  table t{.id = "wasm2c_allocation",
          .title = std::string("allocate, write to and free ") + pooled_memory::name + " on a pool",
          .baseline = "calloc and free"};
  progress(t.title);
  constexpr auto several = [](auto& memory) {
    return timed([&] {
             for (int i = 0; i != 16; ++i) memory.live();
           }) /
           16;
  };
  const comparison c = compare({.by_hand = repeating(several, heap_memory()),
                                .quire = repeating(several, pooled_memory()),
                                .by_hand_again = repeating(several, heap_memory()),
                                .instead = {}},
                               o.choose<std::size_t>(1000, 10'000));
  add_comparison(t, "wasm2c_checked_memory", c);
  t.rows.front().name = t.baseline;
  r.add(limit{t.title + ": nanoseconds", c.quire.median, 1000, judge(c, 1000 / c.by_hand.median)});
  r.add(t);
}

/// In each round eight instances of each kind live one after the other, and another kind comes first; ratios are those
/// within a round.
void ask_instances(report& r, const options& o, std::size_t bytes) {
  const auto lives = instance_lives();
  table t{
      .id = "wasm2c_instances_" + std::to_string(bytes),
      .title = "an instance, " + (bytes == 0 ? "initialised" : "with " + std::to_string(bytes >> 10) + " KiB of input"),
      .baseline = "wabt"};
  progress(t.title);
  std::vector<std::vector<double>> times(lives.size()), ratios(lives.size());
  const auto rounds = o.choose<std::size_t>(25, 250);
  for (std::size_t round = 0; round != rounds; ++round) {
    for (std::size_t i = 0; i != lives.size(); ++i) {
      const std::size_t which = (i + round) % lives.size();
      double all = 0;
      for (int life = 0; life != 8; ++life) all += lives[which].live(bytes);
      times[which].push_back(all / 8);
    }
    for (std::size_t i = 0; i != lives.size(); ++i) ratios[i].push_back(times[i].back() / times[0].back());
  }
  for (std::size_t i = 0; i != lives.size(); ++i) {
    row made{.name = lives[i].name, .time = summarize(times[i])};
    if (i != 0) made.ratio = summarize(ratios[i]);
    t.rows.push_back(made);
  }
  r.add(t);
}

}  // namespace

void ask_wasm2c(report& r, const options& o) {
  r.heading("What do small growth, and instances, cost in programs that wasm2c translated?",
            "Where the code checks bounds, wabt's runtime grows by realloc and memset: by hand, the same. An instance\n"
            "of a real program is made ready, writes to four pages of 4 KiB, and is freed.");
  r.add(peers::wabt());
  ask_small_growth(r, o);
  ask_allocation(r, o);
  ask_instances(r, o, 0);
  ask_instances(r, o, std::size_t{1} << 20);
}

}  // namespace bench

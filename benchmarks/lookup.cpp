// SPDX-License-Identifier: BSL-1.0
// What does it cost to find the memory of an address among many, as a fault handler does?
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <quire/memory_registry.hpp>

#include "overhead.hpp"
#include "questions.hpp"

namespace bench {
namespace {

constexpr std::size_t most = 1000;

/// Looks the address up that is the last one to be found.
struct looked_up {
  std::vector<quire::linux_allocator> memories;
  std::unique_ptr<quire::memory_registry<most>> registry = std::make_unique<quire::memory_registry<most>>();

  explicit looked_up(std::size_t count) : memories(count) {
    for (auto& each : memories)
      if (!each.allocate(quire::pages{1}, quire::pages{2}) || !registry->enter(each)) stop("enter");
  }
  void live() {
    const auto found = registry->find(memories.back().data());
    keep(found ? const_cast<void*>(found->memory) : nullptr);
  }
};

/// A table of ranges, which no other thread may change.
struct looked_up_by_hand {
  struct range {
    std::uintptr_t begin, bytes;
    void* memory;
  };
  std::vector<range> ranges;

  explicit looked_up_by_hand(std::size_t count) {
    for (std::size_t i = 1; i <= count; ++i) ranges.push_back({i << 32, std::uintptr_t{1} << 20, &ranges});
  }
  void live() {
    const std::uintptr_t p = ranges.back().begin;
    void* found = nullptr;
    for (const range& each : ranges)
      if (p - each.begin < each.bytes) {
        found = each.memory;
        break;
      }
    keep(found);
  }
};

constexpr auto look_up = [](auto& table) { return timed([&] { table.live(); }); };

}  // namespace

void ask_lookup(report& r, const options& o) {
  r.heading("What does it cost to find the memory of an address among many, as a fault handler does?",
            "memory_registry, for the address that it finds last; by hand a vector of ranges, for one thread.");
  table t{.id = "lookup", .title = "find", .baseline = "by hand"};
  for (const std::size_t count : {std::size_t{10}, most}) {
    const std::string name = "among " + std::to_string(count);
    progress(t.title + " " + name);
    add_comparison(t, name,
                   compare({.by_hand = repeating(look_up, looked_up_by_hand(count)),
                            .quire = repeating(look_up, looked_up(count)),
                            .by_hand_again = repeating(look_up, looked_up_by_hand(count)),
                            .instead = {}},
                           o.choose(judged_pairs / 16, judged_pairs / 4)));
  }
  r.add(t);
}

}  // namespace bench

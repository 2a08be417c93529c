// SPDX-License-Identifier: BSL-1.0
// What does it cost to choose a typedef at run time, compared with probing and allocating by hand, and to keep the
// choice in an object?
#include <sys/mman.h>

#include <cstdint>
#include <span>

#include <quire/fallback.hpp>
#include <quire/residency/populated.hpp>
#include <quire/supports.hpp>
#include <quire/with_best.hpp>

#include "overhead.hpp"
#include "questions.hpp"

namespace bench {
namespace {

constexpr std::size_t initial = 10;

/// The first of two typedefs is available, and runs one lifecycle.
template <class A>
struct best_of_two {
  void live() {
    using pages = typename A::pages;
    const auto done = quire::with_best<A, quire::linux_allocator::with_residency<quire::residency::populated>>(
        [](auto& memory, std::span<const quire::error>) {
          if (!memory.allocate(pages{initial}, pages{most_pages})) stop("allocate");
          keep(memory.data());
          if (!memory.deallocate(memory.data(), memory.size())) stop("deallocate");
        });
    if (!done) stop("with_best");
  }
};

/// An object that falls back to a second typedef, but need not: it lives as the first one, and grows once.
template <class A>
struct kept_choice {
  quire::fallback<A, quire::linux_allocator::with_residency<quire::residency::populated>> memory;

  void live() {
    using pages = typename A::pages;
    if (!memory.allocate(pages{initial}, pages{most_pages}) || !memory.grow(pages{1})) stop("allocate and grow");
    keep(memory.data());
    if (!memory.deallocate(memory.data(), memory.size())) stop("deallocate");
  }
};
struct kept_by_hand {
  memory_by_hand memory;

  void live() {
    memory.open(initial);
    memory.grow(1);
    keep(memory.data());
    memory.close();
  }
};

/// Probes with one page, and then allocates the memory.
struct probed_by_hand {
  memory_by_hand probe, memory;

  void live() {
    probe.open(1);
    probe.close();
    memory.open(initial);
    keep(memory.data());
    memory.close();
  }
};

/// The same for huge pages: probes with one aligned and advised block, and touches one byte of it.
struct huge_probed_by_hand {
  static constexpr std::size_t block = 2_MiB;
  mapping_shape one_block, whole;

  void live() {
    std::byte* base = open(one_block, block);
    touch(base, 1);
    unsigned char there[block / 4096];
    if (mincore(base, block, there) != 0) stop("mincore");
    std::size_t pages = 0;
    for (const unsigned char each : there) pages += each & 1U;
    keep(&pages);
    close(base, one_block);
    base = open(whole, initial * wasm_page);
    keep(base);
    close(base, whole);
  }

 private:
  static std::byte* mapped(void* where, mapping_shape shape) {
    void* const p = mmap(where, shape.total, PROT_NONE, shape.flags, -1, 0);
    if (p == MAP_FAILED) stop("mmap");
    return static_cast<std::byte*>(p);
  }
  /// The kernel places mappings downwards, so there is room below a misaligned one.
  static std::byte* open(mapping_shape shape, std::size_t bytes) {
    std::byte* p = mapped(nullptr, shape);
    if (const std::size_t beyond = reinterpret_cast<std::uintptr_t>(p) % block; beyond != 0) {
      if (munmap(p, shape.total) != 0) stop("munmap");
      p = mapped(p - beyond, shape);
    }
    if (madvise(p, shape.total, MADV_HUGEPAGE) != 0) stop("madvise");
    if (mprotect(p + shape.before, bytes, PROT_READ | PROT_WRITE) != 0) stop("mprotect");
    return p + shape.before;
  }
  static void close(std::byte* base, mapping_shape shape) {
    if (munmap(base - shape.before, shape.total) != 0) stop("munmap");
  }
};

constexpr auto live = [](auto& choice) { return timed([&] { choice.live(); }); };

template <class Choice, class ByHand>
void ask_one(report& r, table& t, const std::string& name, const ByHand& same, std::size_t pairs) {
  progress(t.title + ": " + name);
  const comparison c = compare({.by_hand = repeating(live, same),
                                .quire = repeating(live, Choice()),
                                .by_hand_again = repeating(live, same),
                                .instead = {}},
                               pairs);
  add_comparison(t, name, c);
  r.add(limit{t.title + ": " + name + ", to by hand", c.ratio.median, largest_overhead, judge(c, largest_overhead)});
}

void ask_keeping(report& r, const options& o) {
  r.heading(
      "What does a choice cost that an object keeps?",
      "fallback over two typedefs; the machine provides the first: allocate 640 KiB of 4 GiB, grow once, deallocate.");
  table t{.id = "falling_back", .title = "fall back, allocate, grow, deallocate", .baseline = "by hand"};
  for_each_typedef([&]<class A>(const std::string& name, mapping_shape whole, mapping_shape) {
    ask_one<kept_choice<A>>(r, t, name, kept_by_hand{memory_by_hand(whole)}, o.choose(judged_pairs / 4, judged_pairs));
  });
  r.add(t);
}

}  // namespace

void ask_choosing(report& r, const options& o) {
  r.heading(
      "What does choosing a typedef at run time cost beside probing and allocating it by hand?",
      "with_best over two typedefs; the machine provides the first: 640 KiB of 4 GiB. By hand one page is mapped, "
      "committed\n"
      "and unmapped again before; for huge pages a block of 2 MiB, and mincore tells what one touch brought.");
  table t{.id = "choosing", .title = "choose, allocate, deallocate", .baseline = "by hand"};
  for_each_typedef([&]<class A>(const std::string& name, mapping_shape whole, mapping_shape one_page) {
    ask_one<best_of_two<A>>(r, t, name, probed_by_hand{memory_by_hand(one_page), memory_by_hand(whole)},
                            o.choose(judged_pairs / 4, judged_pairs));
  });
  using huge = quire::huge_linux_allocator;
  using noted = huge::with_backing<quire::backing::linux_mmap<noting<quire::calls::linux_kernel>>>;
  if (quire::supports(quire::memory_feature::transparent_huge_pages))
    ask_one<best_of_two<huge>>(r, t, "huge_linux_allocator",
                               huge_probed_by_hand{shape_mapped_by<noted>(32), shape_mapped_by<noted>()},
                               o.choose(judged_pairs / 16, judged_pairs / 4));
  r.add(t);
  ask_keeping(r, o);
}

}  // namespace bench

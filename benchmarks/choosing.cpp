// What does choosing a typedef when the program runs cost beside probing and allocating it by hand?
#include <span>

#include <quire/residency/populated.hpp>
#include <quire/with_best.hpp>

#include "overhead.hpp"
#include "questions.hpp"

namespace bench {
namespace {

constexpr std::size_t initial = 10;

/// The first of two is to be had, and lives once.
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

/// One page to see whether it can be had, and then the memory.
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

constexpr auto live = [](auto& choice) { return timed([&] { choice.live(); }); };

template <class A>
void ask_one(report& r, table& t, const std::string& name, const probed_by_hand& same, std::size_t pairs) {
  progress(t.title + ": " + name);
  const comparison c = compare({.by_hand = repeating(live, same),
                                .quire = repeating(live, best_of_two<A>()),
                                .by_hand_again = repeating(live, same),
                                .instead = {}},
                               pairs);
  add_comparison(t, name, c);
  r.add(limit{t.title + ": " + name + ", to by hand", c.ratio.median, largest_overhead, judge(c, largest_overhead)});
}

}  // namespace

void ask_choosing(report& r, const options& o) {
  r.heading(
      "What does choosing a typedef at run time cost beside probing and allocating it by hand?",
      "with_best over two typedefs, the first of which is to be had: 640 KiB of 4 GiB. By hand one page is mapped, "
      "committed\n"
      "and unmapped again before.");
  table t{.id = "choosing", .title = "choose, allocate, deallocate", .baseline = "by hand"};
  for_each_typedef([&]<class A>(const std::string& name, mapping_shape whole, mapping_shape one_page) {
    ask_one<A>(r, t, name, {memory_by_hand(one_page), memory_by_hand(whole)}, o.choose(judged_pairs / 4, judged_pairs));
  });
  r.add(t);
}

}  // namespace bench

// SPDX-License-Identifier: BSL-1.0
// What do protection keys cost a pool?
#include <memory>

#include <quire/pool.hpp>
#include <quire/recycling/zero_high_water.hpp>

#include "overhead.hpp"
#include "questions.hpp"

namespace bench {
namespace {

using kernel = quire::calls::linux_kernel;
template <class Bounds>
using slots = quire::pool<quire::wasm_linux_allocator, quire::recycling::zero_high_water, Bounds>;
using striped = slots<quire::bounds::key_stripes<4>>;  // both pools of a comparison have keys

template <class Pool>
std::unique_ptr<Pool> opened() {
  auto made = std::make_unique<Pool>();
  if (!made->open({.slots = 16, .maximum = quire::pages{16}})) stop("open");
  return made;
}

/// A memory is entered and left.
struct entered {
  std::unique_ptr<striped> pool = opened<striped>();
  striped::memory memory = *pool->acquire(quire::pages{1});

  void live() {
    const auto inside = striped::enter(memory);
    keep(memory.data());
  }
};

/// The same bits of the register, written by hand, and written back.
struct entered_by_hand {
  std::uint64_t all = 0x3fc, held = 0x00c;

  void live() {
    const std::uint64_t before = kernel::key_rights();
    kernel::set_key_rights((before | all) & ~held);
    keep(this);
    kernel::set_key_rights((kernel::key_rights() & ~all) | (before & all));
  }
};

/// A memory is taken, a page is written, and it is returned.
template <class Bounds>
struct life {
  std::unique_ptr<slots<Bounds>> pool = opened<slots<Bounds>>();

  void live() {
    auto memory = pool->acquire(quire::pages{1});
    if (!memory) stop("acquire");
    if constexpr (Bounds::stripes != 0) {
      const auto inside = pool->enter(*memory);
      touch(memory->data(), 4096);
    } else {
      touch(memory->data(), 4096);
    }
    memory->set_high_water_mark(4096);
  }
};

constexpr auto live = [](auto& subject) { return timed([&] { subject.live(); }); };

}  // namespace

void ask_keys(report& r, const options& o) {
  r.heading(
      "What do protection keys cost a pool?",
      "enter, and the end of what it returns: by hand the same reads and writes of the register. A life in a pool: "
      "taken,\na page written, returned; zero_high_water; by hand stands for the pool without keys.");
  {
    striped trial;
    if (!trial.open({.slots = 1, .maximum = quire::pages{1}}))
      return r.leave_out("protection keys", "this machine has none, or too few are left");
  }
  const auto pairs = o.choose(judged_pairs / 8, judged_pairs / 2);
  table t{.id = "keys", .title = "keys", .baseline = "by hand"};
  progress("keys: enter and leave");
  add_comparison(t, "enter and leave",
                 compare({.by_hand = repeating(live, entered_by_hand()),
                          .quire = repeating(live, entered()),
                          .by_hand_again = repeating(live, entered_by_hand()),
                          .instead = {}},
                         pairs));
  progress("keys: a life");
  using plain = life<quire::bounds::uncommitted>;
  add_comparison(t, "a life in a pool",
                 compare({.by_hand = repeating(live, plain()),
                          .quire = repeating(live, life<quire::bounds::key_stripes<4>>()),
                          .by_hand_again = repeating(live, plain()),
                          .instead = {}},
                         pairs));
  r.add(t);
}

}  // namespace bench

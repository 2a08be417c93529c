// SPDX-License-Identifier: BSL-1.0
// What do a guard, a node, a lock and the like cost a memory that has them, beside one that has not?
#include <sched.h>

#include <memory>
#include <string>

#include <quire/placement/bind.hpp>
#include <quire/placement/prefer.hpp>
#include <quire/platform/linux.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>

#include "overhead.hpp"
#include "peers/umf.hpp"
#include "questions.hpp"

namespace bench {
namespace {

namespace placement = quire::placement;
namespace protection = quire::protection;
namespace residency = quire::residency;

using plain = quire::linux_allocator;
using unguarded = plain::with_protection<protection::unguarded>;
using populated = plain::with_residency<residency::populated>;

constexpr std::size_t bytes = 1_MiB;

/// A memory of 1 MiB is allocated, written to, and deallocated.
template <class A>
class life_of {
 public:
  template <class... Policies>
  explicit life_of(Policies... with) : memory_(with...) {}
  life_of(life_of&&) = default;

  double operator()() {
    return timed([&] {
      if (!memory_.allocate(quire::pages{bytes / wasm_page})) stop("allocate");
      touch(memory_.data(), bytes);
      keep(memory_.data());
      if (!memory_.deallocate(memory_.data(), memory_.size())) stop("deallocate");
    });
  }
  /// Whether this machine grants what the policies ask for, and if not, why.
  std::string problem() {
    const auto got = memory_.allocate(quire::pages{bytes / wasm_page});
    if (!got) return std::string("this machine does not grant it: ") + got.error().message();
    (void)memory_.deallocate(memory_.data(), memory_.size());
    return {};
  }

 private:
  A memory_;
};

template <class A, class... Policies>
std::shared_ptr<life_of<A>> life(Policies... with) {
  return std::make_shared<life_of<A>>(with...);
}

class table_of_policies {
 public:
  table_of_policies(report& r, std::size_t pairs) : r_(r), pairs_(pairs) {}

  /// A row for what has the policy, beside what has not.
  template <class Without, class With>
  void add(const std::string& name, std::shared_ptr<Without> without, std::shared_ptr<With> with) {
    progress("policies: " + name);
    if (const std::string problem = with->problem(); !problem.empty())
      return r_.leave_out("the cost of " + name, problem);
    const comparison c = compare({.by_hand = [without] { return (*without)(); },
                                  .quire = [with] { return (*with)(); },
                                  .by_hand_again = [without] { return (*without)(); },
                                  .instead = {}},
                                 pairs_);
    t_.rows.push_back(row_of(name, c));
  }
  void finish() { r_.add(t_); }

 private:
  report& r_;
  std::size_t pairs_;
  table t_{.id = "policies", .title = "allocate 1 MiB, write to it, deallocate", .baseline = "without it"};
};

/// The node of this processor, which is there.
unsigned node_here() {
  unsigned cpu = 0, node = 0;
  return getcpu(&cpu, &node) == 0 ? node : 0;
}

/// The same life with the provider of UMF, on whatever node or bound to one.
class umf_life {
 public:
  umf_life(const umf_library& library, const unsigned* node) : provider_(library, node) {}
  double operator()() {
    return timed([&] {
      std::byte* const memory = provider_.allocate(bytes, 4096);
      touch(memory, bytes);
      keep(memory);
      provider_.release(memory, bytes);
    });
  }
  static std::string problem() { return {}; }

 private:
  umf_provider provider_;
};

void add_umf(report& r, table_of_policies& t, unsigned node) {
  const umf_library* const library = umf_as_peer(r, "its provider of the system's memory, bound to a node or not");
  if (library == nullptr) return;
  try {
    t.add("UMF's provider: a node, bound", std::make_shared<umf_life>(*library, nullptr),
          std::make_shared<umf_life>(*library, &node));
  } catch (const peer_failure& failed) {
    r.leave_out(failed.peer(), failed.what());
  }
}

}  // namespace

void ask_policies(report& r, const options& o) {
  r.heading(
      "What do a guard, a node, a lock and the like cost?",
      "1 MiB is allocated, each page is written to, and it is deallocated: with a policy, and, by turns, without it.");
  const unsigned node = node_here();
  table_of_policies t(r, o.choose<std::size_t>(100, 600));
  t.add("a guard of 64 KiB on both sides", life<unguarded>(), life<plain>());
  t.add("guards of 64 MiB", life<unguarded>(), life<quire::checked_linux_allocator>());
  t.add("an index space of 8 GiB", life<unguarded>(), life<quire::wasm_linux_allocator>());
  t.add("a node, preferred", life<plain>(),
        life<plain::with_placement<placement::prefer>>(placement::prefer{.node = node}));
  t.add("a node, bound", life<plain>(), life<plain::with_placement<placement::bind>>(placement::bind{.nodes = {node}}));
  t.add("pages that are populated", life<plain>(), life<populated>());
  t.add("a lock on its pages, to populated", life<populated>(), life<plain::with_residency<residency::locked>>());
  t.add("absence from core dumps", life<plain>(), life<plain::with_residency<residency::excluded_from_dumps>>());
  add_umf(r, t, node);
  t.finish();
  r.leave_out("the cost of a tag in time", "--only tags counts the instructions of an emulated processor");
}

}  // namespace bench

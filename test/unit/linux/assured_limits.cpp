// SPDX-License-Identifier: BSL-1.0
// Programs that grow to a real limit, each in a process of its own, under each residency policy.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <quire/explain.hpp>
#include <quire/ostream.hpp>
#include <quire/quire.hpp>

#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/droppable_file.hpp"
#include "support/process/limited_group.hpp"
#include "support/process/machine.hpp"
#include "support/process/sanitizers.hpp"

namespace quire::test {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20, limit = 16 * mib;
using figures = calls::linux_kernel;

using on_demand = linux_allocator;
using populated = linux_allocator::with_residency<residency::populated>;
using assured = linux_allocator::with_residency<residency::assured>;
using locked = linux_allocator::with_residency<residency::locked>;
using assured_and_locked = linux_allocator::with_residency<all_of<residency::assured, residency::locked>>;

void expect(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
}

/// Memories that are filled one after the other until the system has no more memory.
template <class A>
class hoard {
 public:
  static constexpr std::uint64_t most_pages = 48;  // of each memory: 3 MiB

  /// Grows by `step` pages and writes them. Returns whether that succeeded; otherwise `why` is the error.
  bool grow(std::uint64_t step, error& why) {
    if (count_ == 0 || last().size_pages().n + step > most_pages) {
      if (count_ == memories_.size()) return false;
      if (const auto got = memories_[count_].allocate(pages{0}, pages{most_pages}); !got) return no(got.error(), why);
      ++count_;
    }
    if (const auto grown = last().grow(pages{step}); !grown) return no(grown.error(), why);
    write(last(), step);
    return true;
  }
  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = 0;
    for (const A& each : memories_) sum += each.size();
    return sum;
  }
  /// Returns whether every page holds exactly what was written.
  [[nodiscard]] bool is_intact() const {
    for (std::size_t i = 0; i < count_; ++i)
      for (std::size_t at = 0; at < memories_[i].size(); at += 4096)
        if (word_at(memories_[i], at) != mark(memories_[i], at)) return false;
    return true;
  }
  [[nodiscard]] A& last() { return memories_[count_ - 1]; }
  /// The memory whose operation failed: the last one or, if the reservation failed, the next.
  [[nodiscard]] A& failed(const error& e) { return count_ == 0 || e.at == step::reserve ? memories_[count_] : last(); }
  void drop_last() {
    expect(last().deallocate(last().data(), last().size()).has_value(), "at a limit memory can be given back");
    --count_;
  }

 private:
  static bool no(const error& e, error& why) {
    why = e;
    return false;
  }
  static std::uint64_t mark(const A& a, std::size_t at) {
    return reinterpret_cast<std::uintptr_t>(a.data() + at) * 0x9e3779b97f4a7c15;
  }
  static std::uint64_t word_at(const A& a, std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, a.data() + at, sizeof word);
    return word;
  }
  static void write(A& a, std::uint64_t step) {
    for (std::size_t at = a.size() - step * 65536; at < a.size(); at += 4096) {
      expect(word_at(a, at) == 0, "what growth gives is zero");
      const std::uint64_t word = mark(a, at);
      std::memcpy(a.data() + at, &word, sizeof word);
    }
  }

  std::array<A, 16> memories_;
  std::size_t count_ = 0;
};

/// Where the OOM killer is off, a process that touches a new page at the limit, even of its stack, is stopped for good,
/// and files cannot be opened. A program therefore keeps memory that it can give back once growth is refused.
class reserve {
 public:
  static constexpr pages kept{16};

  reserve() { expect(kept_.allocate(kept, kept).has_value(), "there is a reserve"); }
  /// Discards the pages and keeps the mapping: changing a mapping may take memory, which is exhausted.
  void give_back(pages part) { expect(kept_.discard(0, part.n * 65536).has_value(), "the reserve can be given back"); }

 private:
  populated kept_;
};

/// The name and size of a limit.
struct known_limit {
  const char* owner;
  std::uint64_t bytes;
};

/// reset checks the limit before it takes contents away. The pages that the memory holds are available to it again.
template <class A>
void reset_at_the_limit(hoard<A>& all, std::uint64_t step_pages) {
  const pages held = all.last().size_pages();
  if (const auto more = all.last().reset(pages{held.n + step_pages}); !more)
    expect(all.last().size_pages() == held && all.is_intact(), "a refused reset has changed nothing");
  const auto again = all.last().reset(held);
  expect(again.has_value(), "at the limit a memory can start again");
  if (held.n != 0) expect(all.last().bytes()[0] == std::byte{}, "and is zero then");
}

/// In a child under the limit: grows to it, checks the error and its explanation, and carries on.
template <class A>
void grow_until_refused(std::uint64_t step_pages, known_limit known) {
  reserve spare;
  hoard<A> all;
  error why{errc::out_of_memory, step::populate, ENOMEM};
  (void)explain(why, all.failed(why));  // so that its stack pages are resident when it runs at the limit
  while (all.grow(step_pages, why)) {
  }
  const std::uint64_t wanted = why.at == step::reserve ? hoard<A>::most_pages : step_pages;
  explanation named = explain(why, all.failed(why), wanted * 65536);
  if (named.kind == limit_kind::unknown) {  // no memory was left to open a file
    spare.give_back(pages{1});
    named = explain(why, all.failed(why), (wanted + 1) * 65536);
  }
  spare.give_back(spare.kept);
  // The kernel precharges up to 64 pages a processor and returns them at a time of its own choosing.
  constexpr std::uint64_t in_advance = 32;
  if (named.kind == limit_kind::unknown)
    named = explain(why, all.failed(why), (wanted + spare.kept.n + in_advance) * 65536);
  // Where the kernel has no memory for its record of a mapping, it fails as if there were too many mappings.
  const bool lacks_record = why.at == step::commit && why.code == errc::too_many_mappings;
  expect(lacks_record || why.code == (why.at == step::reserve ? errc::out_of_address_space : errc::out_of_memory),
         "at the limit there is an error that says so");
  set_context("step %llu, failed at %s (%d): %s (%.*s), %llu of %llu", static_cast<unsigned long long>(step_pages),
              name(why.at), why.native, name(named.kind), static_cast<int>(named.owner.size()), named.owner.data(),
              static_cast<unsigned long long>(named.used.value_or(0)),
              static_cast<unsigned long long>(named.limit.value_or(0)));
  expect(named.kind == limit_kind::configured && named.owner == known.owner, "explain() names whose limit it is");
  expect(named.limit == known.bytes, "with its figure");
  expect(all.is_intact(), "the contents are as they were");

  const std::size_t most = all.bytes();
  expect(most > limit / 4 && most <= limit, "the limit was near");
  all.drop_last();
  expect(all.is_intact(), "also when some of it is given back");
  while (all.grow(step_pages, why)) {
  }
  expect(all.bytes() > most - most / 4 && all.is_intact(), "which can be had again");
  if (all.last().requested().assured) reset_at_the_limit(all, step_pages);
}

/// Growth by one page in every fourth run, and by up to 32 pages in the others.
constexpr std::uint64_t step_of(int run) { return run % 4 == 0 ? 1 : static_cast<std::uint64_t>(run % 32) + 1; }

/// The number of runs: QUIRE_RUNS if it is set, otherwise the argument.
int runs(int otherwise) {
  const char* const wanted = std::getenv("QUIRE_RUNS");
  return wanted != nullptr ? std::atoi(wanted) : otherwise;
}

template <class A>
void grow_in(const limited_group& group, int usual_runs) {
  const known_limit known{group.interface_name(), limit};
  for (int run = 0; run < runs(usual_runs); ++run)
    test_environment::run_isolated("growing in a group", [&] {
      ::alarm(600);  // so that no machine hangs on it
      set_context("run %d", run);
      expect(group.enter(), "a process can be put into its group");
      // Clean page cache is reclaimable, so that it takes nothing from the room below the limit.
      const droppable_file cached(A{}.requested().assured ? static_cast<std::size_t>(run % 3) * limit : 0);
      (void)cached.read();
      grow_until_refused<A>(step_of(run), known);
    });
}

const char* not_here() {
  if (address_sanitizer || thread_sanitizer) return "a sanitizer takes memory of its own";
  return no_populating();  // an emulator that cannot populate also has its own memory in the group
}

TEMPLATE_TEST_CASE("assured growth returns an error at a limit where the OOM killer would act", "[limits][many]",
                   assured, assured_and_locked) {
  if (const char* const why = not_here()) return skip(why);
  const limited_group group(limit, killer::on);
  if (group.missing() != nullptr) return skip(group.missing());
  grow_in<TestType>(group, 50);
}

TEMPLATE_TEST_CASE("growth returns an error at a limit whose OOM killer is off", "[limits][many]", assured, populated,
                   locked) {
  if (const char* const why = not_here()) return skip(why);
  const limited_group group(limit, killer::off);
  if (group.missing() != nullptr) return skip(group.missing());
  grow_in<TestType>(group, 12);
}

/// Confirms what the documents say about growth without assurance.
TEMPLATE_TEST_CASE("the OOM killer ends a process whose growth is not assured", "[limits]", on_demand, populated,
                   locked) {
  if (const char* const why = not_here()) return skip(why);
  const limited_group group(limit, killer::on);
  if (group.missing() != nullptr) return skip(group.missing());
  const child_report end = run_in_child([&] {
    ::alarm(600);
    expect(group.enter(), "a process can be put into its group");
    hoard<TestType> all;
    error why{};
    while (all.grow(16, why)) {
    }
  });
  CHECK(end.signal == SIGKILL);
  CHECK(end.failures == 0);
}

template <class Resource>
void set_limit(Resource resource, std::uint64_t bytes) {
  const rlimit both{bytes, bytes};
  expect(::setrlimit(resource, &both) == 0, "a limit can be lowered");
}

template <class A, class Resource>
void grow_under(Resource resource, const char* owner, std::string_view key) {
  for (int run = 0; run < runs(12); ++run)
    test_environment::run_isolated(owner, [&] {
      ::alarm(600);  // so that no machine hangs on it
      set_context("run %d", run);
      const std::uint64_t most = *detail::status_of<figures>(key) + limit;
      set_limit(resource, most);
      grow_until_refused<A>(step_of(run), {owner, most});
    });
}

TEMPLATE_TEST_CASE("growth returns an error at RLIMIT_DATA", "[limits][many]", on_demand, populated, assured, locked) {
  if (const char* const why = not_here()) return skip(why);
  grow_under<TestType>(RLIMIT_DATA, "RLIMIT_DATA", "VmData");
}

TEMPLATE_TEST_CASE("growth returns an error at RLIMIT_AS", "[limits][many]", on_demand, populated, assured, locked) {
  if (const char* const why = not_here()) return skip(why);
  grow_under<TestType>(RLIMIT_AS, "RLIMIT_AS", "VmSize");
}

}  // namespace
}  // namespace quire::test

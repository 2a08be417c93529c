// SPDX-License-Identifier: BSL-1.0
// If the kernel commits no more memory than it has (vm.overcommit_memory=2), growth meets the commit limit minus the
// kernel's reserve: explain() names it, headroom() ends there, and assured memory is refused.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <unistd.h>

#include <quire/explain.hpp>
#include <quire/headroom.hpp>
#include <quire/ostream.hpp>
#include <quire/quire.hpp>

#include "report.hpp"
#include "settings.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/machine.hpp"

namespace quire::test {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;
constexpr uid_t nobody = 65534;
constexpr std::string_view commit_limit = "vm.overcommit_memory";

/// A limit at which some 100 MiB can be committed besides the kernel's reserve: less than any other limit of a guest.
std::size_t little_more_than_is_promised() {
  const auto promised = detail::field_in<calls::linux_kernel>("/proc/meminfo", "Committed_AS");
  const auto kept = number_at("/proc/sys/vm/user_reserve_kbytes");
  return static_cast<std::size_t>(promised.value_or(0) / 1024) + kept.value_or(0) + 100 * 1024;
}

/// Enables strict overcommit until the end of the scope. Writing overcommit_kbytes clears overcommit_ratio, so the
/// ratio is restored last.
struct strict_overcommit {
  number_set_to ratio{"/proc/sys/vm/overcommit_ratio", number_at("/proc/sys/vm/overcommit_ratio").value_or(50)};
  number_set_to limit{"/proc/sys/vm/overcommit_kbytes", little_more_than_is_promised()};
  number_set_to mode{"/proc/sys/vm/overcommit_memory", 2};

  [[nodiscard]] const char* missing() const {
    return limit && mode ? nullptr : "this machine's overcommit cannot be set";
  }
};

/// A margin for the kernel's count, which may differ from the one that it reports, and for memory that other processes
/// take.
std::uint64_t inexactness() { return *detail::field_in<calls::linux_kernel>("/proc/meminfo", "MemTotal") / 256 + mib; }

/// Grows by 1 MiB until growth is refused.
template <class A>
void grow_to_the_limit() {
  A memory;
  expect(memory.allocate(pages{1}).has_value(), "a memory can be had");
  auto grown = memory.grow(pages{16});
  for (; grown; grown = memory.grow(pages{16})) {
  }
  const error e = grown.error();
  expect(e.code == errc::out_of_memory && e.at == step::commit, "growth is refused as it should be");
  const explanation named = explain(e, memory, mib), unnamed = explain(e, memory), room = headroom(memory);
  set_context("explain: used %llu of %llu; VmSize %llu", static_cast<unsigned long long>(named.used.value_or(0)),
              static_cast<unsigned long long>(named.limit.value_or(0)),
              static_cast<unsigned long long>(*detail::status_of<calls::linux_kernel>("VmSize")));
  expect(named.kind == limit_kind::configured && named.owner == commit_limit,
         "with an amount the commit limit is named");
  expect(unnamed.kind == limit_kind::configured && unnamed.owner == commit_limit, "without one as well");
  expect(room.owner == commit_limit && room.room().value_or(SIZE_MAX) < mib + inexactness(), "headroom has ended");
  const auto raw = detail::field_in<calls::linux_kernel>("/proc/meminfo", "CommitLimit");
  expect(raw && named.limit && *named.limit < *raw, "what the kernel keeps is taken off");
  expect(memory.bytes()[memory.size() - 1] == std::byte{}, "what was granted is there");
}

template <class A>
void reach_the_limit(const char* name) {
  test_environment::run_isolated(name, grow_to_the_limit<A>);
  test_environment::run_isolated(name, [] {
    expect(::setgid(nobody) == 0 && ::setuid(nobody) == 0, "root can be given up");
    grow_to_the_limit<A>();
  });
}

std::uint64_t charged_to_all() { return *detail::field_in<calls::linux_kernel>("/proc/meminfo", "Committed_AS"); }

/// Whether the machine's charge has fallen by `bytes` since it was `before`, apart from what other processes take.
bool is_returned(std::uint64_t before, std::uint64_t bytes) {
  return charged_to_all() + bytes <= before + inexactness();
}

/// Repeatedly touches 32 MiB, gives them back and takes them again, often enough to use up the limit several times.
template <class A>
void give_back_and_take_again() {
  constexpr std::uint64_t many = 32 * mib / 65536;
  A memory;
  expect(memory.allocate(pages{16}, pages{2 * many}).has_value(), "a memory can be had");
  for (int turn = 0; turn != 16; ++turn) {
    expect(memory.grow(pages{many}).has_value(), "it grows");
    std::memset(memory.data(), 1, memory.size());
    std::uint64_t before = charged_to_all();
    expect(memory.shrink(pages{many}).has_value() && is_returned(before, 32 * mib), "shrink returns the charge");
    expect(memory.grow(pages{many}).has_value(), "which can be had again");
    std::memset(memory.data(), 1, memory.size());
    before = charged_to_all();
    expect(memory.reset(pages{16}).has_value() && is_returned(before, 32 * mib), "reset returns it as well");
  }
}

TEST_CASE("strict overcommit: shrink and reset return the charge of their pages", "[commit]") {
  if (const char* const reason = not_in_a_guest()) return skip(reason);
  const strict_overcommit strict;
  if (const char* const reason = strict.missing()) return skip(reason);
  test_environment::run_isolated("linux_allocator", give_back_and_take_again<linux_allocator>);
  if (no_huge_pages() == nullptr)
    test_environment::run_isolated("huge_linux_allocator", give_back_and_take_again<huge_linux_allocator>);
  test_environment::run_isolated("assured",
                                 give_back_and_take_again<linux_allocator::with_residency<residency::assured>>);
  test_environment::run_isolated("locked",
                                 give_back_and_take_again<linux_allocator::with_residency<residency::locked>>);
}

TEST_CASE("strict overcommit: growth is refused at the commit limit, and explain names it", "[commit]") {
  if (const char* const reason = not_in_a_guest()) return skip(reason);
  const strict_overcommit strict;
  if (const char* const reason = strict.missing()) return skip(reason);
  reach_the_limit<linux_allocator>("linux_allocator");
  reach_the_limit<wasm_linux_allocator>("wasm_linux_allocator");
  reach_the_limit<linux_allocator::with_residency<residency::assured>>("assured");
}

}  // namespace
}  // namespace quire::test

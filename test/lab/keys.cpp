// SPDX-License-Identifier: BSL-1.0
// Protection keys: detection finds them where they work, a fault caused by a key is classified as such, and the slots
// of a pool keep theirs.
#include <algorithm>
#include <csetjmp>
#include <csignal>
#include <cstddef>
#include <optional>
#include <string>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include <quire/classify_fault.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/supports.hpp>

#include "report.hpp"
#include "settings.hpp"
#include "support/catch/test_environment.hpp"

namespace quire::test {
namespace {

const linux_allocator* watched = nullptr;
fault_report told;
sigjmp_buf after_the_fault;

void on_fault(int, siginfo_t* info, void*) {
  told = classify_fault(*info, *watched);
  ::siglongjmp(after_the_fault, 1);
}

/// Call in a child: gives pages a key that denies access to this thread.
void touch_what_a_key_keeps(long key) {
  linux_allocator a;
  expect(a.allocate(pages{2}).has_value(), "allocate");
  watched = &a;
  a.bytes()[0] = std::byte{1};
  expect(::syscall(SYS_pkey_mprotect, a.data(), 65536UL, PROT_READ | PROT_WRITE, key) == 0, "pages get a key");
  struct sigaction action{};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGSEGV, &action, nullptr);
  if (sigsetjmp(after_the_fault, 1) == 0) {
    *const_cast<volatile std::byte*>(a.data()) = std::byte{2};
    expect(false, "a key that is not held denies access");
  }
  expect(told.cause == fault_cause::protection_key, "the fault is told as one of a key");
  a.bytes()[65536] = std::byte{1};  // the other pages do not have the key
}

TEST_CASE("protection keys: detection finds working keys, and a fault is classified as one of a key", "[keys]") {
  constexpr unsigned long denying_access = 1;
  const feature found = probe_feature(memory_feature::protection_keys);
  const long key = ::syscall(SYS_pkey_alloc, 0UL, denying_access);
  CHECK((found.usable == true) == (key >= 0));
  CHECK(supports(memory_feature::protection_keys) == (key >= 0));
  if (key < 0)
    return refused(std::string(found.usable.source()) + " (the system's code " + std::to_string(found.refusal) + ')');
  test_environment::run_isolated("a key that is not held", [&] { touch_what_a_key_keeps(key); });
  ::syscall(SYS_pkey_free, key);
}

/// Three keys: a test of its own may have taken some.
using striped = pool<linux_allocator::with_protection<protection::guarded<1 << 20, 1 << 20>>, recycling::decommit,
                     bounds::key_stripes<3>>;

/// Whether the slots of a pool can have keys here.
bool opens(striped& p) {
  const auto opened = p.open({.slots = 9, .maximum = pages{4}});
  if (!opened) refused_with(opened.error());
  return opened.has_value();
}

/// Whether this thread may read a page: the kernel reads it as the thread would, and returns an error.
bool can_read(const std::byte* p) {
  int ends[2];
  if (::pipe(ends) != 0) return false;
  const bool got = ::write(ends[1], p, 1) == 1;
  ::close(ends[0]);
  ::close(ends[1]);
  return got;
}

TEST_CASE("protection keys: isolation between stripes", "[keys]") {
  striped p;
  if (!opens(p)) return;
  std::vector<striped::memory> all;
  while (auto m = p.acquire(pages{4})) all.push_back(std::move(*m));
  REQUIRE(all.size() == 9);
  std::ranges::sort(all, {}, [](const auto& m) { return m.data(); });
  CHECK(all[1].data() - all[0].data() < 1 << 20);  // a memory lies in what its neighbour has for a guard
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK_FALSE(can_read(all[i].data()));
    const auto entered = p.enter(all[i]);
    CHECK((can_read(all[i].data()) && can_read(all[i].data() + all[i].size() - 1)));
    for (std::size_t other = 0; other < all.size(); ++other)
      if (other % 3 != i % 3) CHECK_FALSE(can_read(all[other].data()));
  }
}

TEST_CASE("protection keys: more memories of 8 GiB than address space has room for", "[keys]") {
  constexpr const char* limit = "/proc/sys/vm/max_map_count";
  constexpr std::size_t mappings = 65'530;  // the kernel's own limit, which these machines lower
  if (striped p; !opens(p)) return;
  std::optional<number_set_to> raised;
  if (number_at(limit).value_or(mappings) < mappings) REQUIRE(raised.emplace(limit, mappings));
  pool<wasm_linux_allocator, recycling::decommit, bounds::key_stripes<>> p;
  REQUIRE(p.open({.slots = 20'000, .maximum = pages{1024}}));
  CHECK(p.slots() == 20'000);  // without keys they take 160 TiB
  const auto first = p.acquire(pages{1}, pages{1024}), second = p.acquire(pages{1}, pages{1024});
  CHECK((first && second));
}

TEST_CASE("protection keys: kept after a remap", "[keys]") {
  striped p;
  if (!opens(p)) return;
  for (int user = 0; user < 3; ++user) {
    auto m = p.acquire(pages{2}, pages{4});
    REQUIRE(m);
    REQUIRE((m->shrink(pages{2}) && m->grow(pages{4})));  // these pages were mapped anew
    REQUIRE((m->reset(pages{3}) && m->discard(0, 65536)));
    CHECK_FALSE((can_read(m->data()) || can_read(m->data() + 2 * 65536)));
    const auto entered = p.enter(*m);
    CHECK((can_read(m->data()) && can_read(m->data() + 3 * 65536 - 1)));
    m->data()[0] = std::byte{1};
  }
}

}  // namespace
}  // namespace quire::test

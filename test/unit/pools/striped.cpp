// SPDX-License-Identifier: BSL-1.0
// Pools whose slots have protection keys: what a thread may touch, where, and until when; and who has the keys.
#include <algorithm>
#include <csetjmp>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <unistd.h>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/classify_fault.hpp>
#include <quire/explain.hpp>
#include <quire/platform/linux.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/machine.hpp"
#include "support/process/mapping_limit.hpp"
#include "support/process/sanitizers.hpp"
#include "unit/pools/pooled.hpp"

namespace quire::test {
namespace {

namespace r = recycling;
template <class R, unsigned Most = 15, class A = wasm_linux_allocator>
using striped = pool<A, R, bounds::key_stripes<Most>>;
using kernel = calls::linux_kernel;
constexpr std::uint64_t wasm_page = 65536;

static_assert(striped<r::decommit>::memory::contract.fault == fault::key);
static_assert(striped<r::decommit>::memory::contract.reach == wasm_linux_allocator::contract.reach);
static_assert(weaker_of(striped<r::decommit>::memory::contract, wasm_linux_allocator::contract).fault == fault::key);

void check(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
}

/// Whether this thread can read a byte: the kernel asks for it as the thread would, and returns an error.
bool can_read(const std::byte* p) {
  int ends[2];
  if (::pipe(ends) != 0) return false;
  const bool got = ::write(ends[1], p, 1) == 1;
  ::close(ends[0]);
  ::close(ends[1]);
  return got;
}

std::size_t keys_left() {
  long keys[32];
  std::size_t taken = 0, left = 0;
  while (taken < 32 && (keys[taken] = kernel::allocate_key()) >= 0) ++taken;
  left = taken;
  while (taken != 0) (void)kernel::free_key(keys[--taken]);
  return left;
}

template <class Pool>
typename Pool::memory take(Pool& p, std::uint64_t initial, std::uint64_t maximum = 4) {
  auto got = p.acquire(pages{initial}, pages{maximum});
  check(got.has_value(), "a slot is free");
  return std::move(*got);
}

void isolated(const char* name, auto f) {
  if (const char* const reason = no_protection_keys()) return skip(reason);
  test_environment::run_isolated(name, f);
}

TEST_CASE("a thread may touch a memory with a key only while it has entered it", "[pool][keys]") {
  isolated("scopes", [] {
    striped<r::zero_dirty> p;
    check(p.open({.slots = 8, .maximum = pages{4}}).has_value(), "the pool opens");
    check(p.stripes() >= 3, "with several keys");
    auto a = take(p, 1), b = take(p, 1), c = take(p, 1);
    const auto seen = [&](bool in_a, bool in_b, bool in_c) {
      check(can_read(a.data()) == in_a && can_read(b.data()) == in_b && can_read(c.data()) == in_c, "what is held");
    };
    seen(false, false, false);
    {
      const auto entered = p.enter(a);
      seen(true, false, false);
      a.data()[0] = std::byte{1};
      {
        const auto other = p.enter(b);
        seen(false, true, false);
        {
          const auto both = p.enter(c, b);
          seen(false, true, true);
        }
        seen(false, true, false);
      }
      seen(true, false, false);
      check(a.data()[0] == std::byte{1}, "contents stay");
    }
    seen(false, false, false);
    const auto moved = std::move(a);
    {
      const auto nothing = p.enter(a);  // moved from: there is no key to hold
      seen(false, false, false);
      check(!can_read(moved.data()), "nor is that of the memory which has the slot now");
      check(p.slot_of(a) == UINT32_MAX && p.slot_of(moved) != UINT32_MAX, "one of them has the slot");
    }
    const auto still = p.enter(moved);
    check(can_read(moved.data()), "a memory that was moved has its key");
  });
}

TEST_CASE("a memory that was returned has no key: its slot is another's", "[pool][keys]") {
  isolated("returned", [] {
    striped<r::zero_dirty> p;
    check(p.open({.slots = 1, .maximum = pages{4}}).has_value(), "the pool opens");
    auto former = take(p, 1);
    check(former.deallocate(former.data(), former.size()).has_value(), "it is returned");
    const auto present = take(p, 1);
    const auto entered = p.enter(former);
    check(!can_read(present.data()), "the next user is not entered with it");
  });
}

TEST_CASE("a memory that was moved from has no key when its pool is gone", "[pool][keys]") {
  isolated("pool is gone", [] {
    auto p = std::make_unique<striped<r::zero_dirty>>();
    check(p->open({.slots = 2, .maximum = pages{4}}).has_value(), "the pool opens");
    auto former = take(*p, 1);
    (void)striped<r::zero_dirty>::memory(std::move(former));
    {
      const auto present = take(*p, 1);
      const auto entered = p->enter(former);
      check(!can_read(present.data()), "the next user of the slot is not entered with it");
    }
    p.reset();  // no memory is in use, so that nothing of the pool is left
    (void)striped<r::zero_dirty>::enter(former);
    check(former.data() == nullptr, "it has no region");
  });
}

/// Linux before 5.14, where pages are touched.
struct kernel_without_populate : calls::linux_kernel {
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    return advice == advice_populate_write ? invalid : calls::linux_kernel::madvise(p, bytes, advice);
  }
};

TEST_CASE("pages of a memory with a key that is in use are brought in without a scope", "[pool][keys]") {
  const auto populates = []<class A>(std::type_identity<A>) {
    striped<r::zero_dirty, 2, A> p;
    check(p.open({.slots = 2, .maximum = pages{4}}).has_value(), "the pool opens");
    auto m = take(p, 2);
    std::size_t done = 0;
    check(m.populate(wasm_page, wasm_page, &done) && done == wasm_page, "populate is not refused");
    unsigned char there = 0;
    check(kernel::mincore(m.data() + wasm_page, kernel::page_bytes(), &there) == 0 && (there & 1) != 0,
          "and brings in");
    check(!can_read(m.data()), "afterwards the thread holds no key");
  };
  isolated("advice", [=] { populates(std::type_identity<linux_allocator>{}); });
  using older = linux_allocator::with_backing<backing::linux_mmap<kernel_without_populate>>;
  isolated("touching", [=] { populates(std::type_identity<older>{}); });
}

TEST_CASE("scopes leave keys alone that are not the pool's", "[pool][keys]") {
  isolated("foreign keys", [] {
    const long mine = kernel::allocate_key();
    striped<r::zero_dirty, 3> p;
    check(mine > 0 && p.open({.slots = 4, .maximum = pages{4}}).has_value(), "there is a key beside the pool's");
    auto a = take(p, 1);
    const std::uint64_t bits = kernel::denial_of_key(static_cast<unsigned>(mine));
    kernel::set_key_rights(kernel::key_rights() & ~bits);
    {
      const auto entered = p.enter(a);
      check((kernel::key_rights() & bits) == 0, "it is held inside");
      kernel::set_key_rights(kernel::key_rights() | bits);
    }
    check((kernel::key_rights() & bits) == bits, "and what the program changes inside lasts");
  });
}

TEST_CASE("no slot is in reach of another with its key, and each boundary faults", "[pool][keys]") {
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{5}})
    for (const std::uint64_t maximum : {std::uint64_t{4}, std::uint64_t{1024}, std::uint64_t{65536}})
      isolated("layout", [=] {
        using slots = striped<r::decommit>;
        slots p;
        check(p.open({.slots = 40, .maximum = pages{maximum}, .seed = seed}).has_value(), "the pool opens");
        check(maximum != 65536 || p.stripes() == 3, "as many keys as are useful: 4 GiB of 8 GiB and a guard");
        std::vector<slots::memory> all;
        while (auto m = p.acquire(pages{1}, pages{maximum})) all.push_back(std::move(*m));
        check(all.size() == 40, "all slots are handed out");
        std::ranges::sort(all, {}, [](const slots::memory& m) { return m.data(); });
        for (std::size_t i = 0; i < all.size(); ++i) {
          const auto entered = p.enter(all[i]);
          for (const std::ptrdiff_t offset : {1, 8}) {
            check(!can_read(all[i].data() - offset), "below it nothing can be touched");
            check(!can_read(all[i].data() + all[i].size() + offset - 1), "nor behind it");
            check(can_read(all[i].data() + offset - 1) && can_read(all[i].data() + wasm_page - offset),
                  "all of it can");
          }
          std::size_t reached = 0;
          for (const auto& other : all) {
            if (&other == &all[i]) continue;
            const auto distance = static_cast<std::uint64_t>(other.data() - all[i].data());
            const auto before = static_cast<std::uint64_t>(all[i].data() - other.data());
            reached += distance < slots::memory::contract.reach;
            if (distance < slots::memory::contract.reach || before < wasm_page + slots::memory::contract.guard_before)
              check(!can_read(other.data()), "a neighbour in reach has another key");
          }
          check(i + p.stripes() > all.size() || reached == p.stripes() - 1, "and slots lie that close");
        }
        check(can_read(reinterpret_cast<const std::byte*>(&p)), "what is not the pool's can be touched");
      });
}

TEST_CASE("memories without a guard that lie side by side have two keys in turn", "[pool][keys]") {
  isolated("unguarded", [] {
    striped<r::decommit, 15, linux_allocator::with_protection<protection::unguarded>> p;
    check(p.open({.slots = 3, .maximum = pages{2}}).has_value() && p.stripes() == 2, "the pool opens");
    auto a = take(p, 2, 2), b = take(p, 2, 2);
    const auto entered = p.enter(a);
    fill(a.bytes(), 1);
    check(std::abs(b.data() - a.data()) != 2 * static_cast<std::ptrdiff_t>(wasm_page) || !can_read(b.data()), "keys");
  });
}

template <class Pool>
void keep_keys_after_remaps() {
  Pool p;
  check(p.open({.slots = 3, .maximum = pages{8}}).has_value(), "the pool opens");
  const auto has_its_key = [&](const typename Pool::memory& m) {
    const std::byte* const ends[] = {m.data(), m.data() + m.size() - 1};
    for (const std::byte* at : ends) check(!can_read(at), "without the key nothing can be touched");
    const auto entered = p.enter(m);
    for (const std::byte* at : ends) check(can_read(at), "with it, all can");
  };
  for (int user = 0; user < 4; ++user) {
    auto m = take(p, 4, 8);
    has_its_key(m);
    {
      const auto entered = p.enter(m);
      check(all_zero(m.bytes()), "a user finds zeros");
      fill(m.bytes(), 0xab);
    }
    check(m.shrink(pages{2}) && m.grow(pages{3}), "pages are mapped anew");
    has_its_key(m);
    check(m.protect(0, wasm_page, access::none) && m.protect(0, wasm_page, access::read_write), "access changes");
    has_its_key(m);
    check(m.discard(wasm_page, wasm_page).has_value(), "pages are discarded");
    check(m.reset(pages{6}).has_value(), "all is reset");
    has_its_key(m);
    check(m.reset(pages{0}) && m.grow(pages{8}), "nothing is left, and all comes again");
    has_its_key(m);
    const auto entered = p.enter(m);
    check(all_zero(m.bytes()), "with zeros");
    fill(m.bytes(), 0xcd);
    if (user == 1) check(m.deallocate(m.data(), m.size()).has_value(), "it is returned early");
    if (user == 1) p.trim();
  }
  check(p.statistics().retired == 0 && p.close(), "all slots are clean");
}

TEST_CASE("pages that are mapped anew have the key of their slot", "[pool][keys]") {
  isolated("decommit", keep_keys_after_remaps<striped<r::decommit, 3>>);
  isolated("zero_dirty", keep_keys_after_remaps<striped<r::zero_dirty, 3, linux_allocator>>);
  isolated("adaptive", keep_keys_after_remaps<striped<r::adaptive>>);
  isolated("verified", keep_keys_after_remaps<striped<r::verified<r::zero_all>>>);
  isolated("deferred", keep_keys_after_remaps<striped<r::deferred<r::zero_all>, 2>>);
  isolated("batched", keep_keys_after_remaps<striped<r::batched_decommit<2>, 2>>);
  using populated = wasm_linux_allocator::with_residency<residency::populated>;
  isolated("populated", keep_keys_after_remaps<striped<r::zero_dirty, 3, populated>>);
}

TEST_CASE("pages of memories with keys are populated and locked without a scope", "[pool][keys]") {
  if (address_sanitizer || thread_sanitizer) return skip("with a sanitizer mlock does nothing");
  if (const char* const reason = no_locking()) return skip(reason);
  isolated("locked", [] {
    striped<r::zero_dirty, 2, linux_allocator::with_residency<residency::locked>> p;
    check(p.open({.slots = 2, .maximum = pages{4}}).has_value(), "the pool opens");
    auto m = take(p, 2);
    check(m.grow(pages{1}).has_value(), "it grows");
    std::vector<unsigned char> there(3 * wasm_page / kernel::page_bytes());
    check(kernel::mincore(m.data(), 3 * wasm_page, there.data()) == 0, "the kernel tells what is in memory");
    check(std::ranges::all_of(there, [](unsigned char each) { return (each & 1) != 0; }), "all pages are");
  });
}

TEST_CASE("memories with keys start from an image, which the library copies without a scope", "[pool][keys]") {
  isolated("image", [] {
    using slots = striped<r::zero_dirty, 3, with_images<wasm_linux_allocator>>;
    slots p;
    check(p.open({.slots = 2, .maximum = pages{8}}).has_value(), "the pool opens");
    const std::vector<std::byte> contents(3 * wasm_page, std::byte{0x5a});
    const auto image = slots::memory::image::from(contents);
    for (int user = 0; user < 3; ++user) {
      auto m = p.acquire_from(*image, 4096, pages{4});
      check(m && m->image_mode() == image_mode::copied && !can_read(m->data()), "it has its key");
      const auto entered = p.enter(*m);
      check(m->data()[4095] == std::byte{0} && m->data()[4096] == contents[0], "and the image");
      fill(m->bytes(), 1);
      check(m->reset(pages{4}) && m->data()[4096] == contents[0] && m->data()[0] == std::byte{0}, "also after a reset");
      fill(m->bytes(), 2);
    }
  });
}

TEST_CASE("a pool takes the keys that are there and returns them", "[pool][keys]") {
  isolated("keys", [] {
    const std::size_t all = keys_left();
    using slots = striped<r::decommit>;
    {
      slots p;
      check(p.open({.slots = 4, .maximum = pages{4}}).has_value() && p.stripes() == all, "all of them are useful");
      slots second;
      const auto none = second.open({.slots = 4, .maximum = pages{4}});
      check(!none && none.error().code == errc::limit_exceeded && second.stripes() == 0, "a second pool finds none");
      slots moved(std::move(p));
      check(moved.stripes() == all && p.stripes() == 0, "a pool that is moved takes them along");
      check(moved.close().has_value() && keys_left() == all, "closing returns them");
      check(second.open({.slots = 4, .maximum = pages{4}}).has_value(), "and then there are some");
    }
    check(keys_left() == all, "so does destruction");
    {
      std::optional<slots> p(std::in_place);
      check(p->open({.slots = 4, .maximum = pages{4}}).has_value(), "the pool opens");
      auto last = take(*p, 1);
      p.reset();
      check(keys_left() == 0, "while a memory is in use, they belong to it");
      const auto entered = slots::enter(last);
      last.data()[0] = std::byte{1};
    }
    check(keys_left() == all, "the last memory returns them");
    for (std::size_t others = all; others-- > all - 3;) (void)kernel::allocate_key();
    striped<r::decommit, 2> few, fewer;
    check(keys_left() == all - 3 && few.open({.slots = 4, .maximum = pages{4}}) && few.stripes() == 2, "as asked for");
    while (keys_left() > 1) (void)kernel::allocate_key();
    const auto one = fewer.open({.slots = 4, .maximum = pages{4}});
    check(!one && one.error().code == errc::limit_exceeded, "one key is not enough");
    check(explain(one.error(), fewer).kind == limit_kind::unknown, "which the system has refused");
    check(keys_left() == 1, "and is not kept");
    check(
        is_refused(slots().open({.slots = 4, .maximum = pages{UINT64_MAX}}), errc::limit_exceeded) && keys_left() == 1,
        "refused terms take none");
  });
}

TEST_CASE("a thread begins without the keys of a pool, and a handler does too", "[pool][keys][threads]") {
  isolated("threads", [] {
    striped<r::zero_dirty> p;
    check(p.open({.slots = 4, .maximum = pages{4}}).has_value(), "the pool opens");
    auto a = take(p, 1);
    std::thread([&] {
      check(!can_read(a.data()), "a thread begins without");
      const auto entered = p.enter(a);
      a.data()[0] = std::byte{7};
      auto other = take(p, 1);
      check(!can_read(other.data()), "and does all that others do");
    }).join();
    const auto entered = p.enter(a);
    check(a.data()[0] == std::byte{7}, "it has written");
  });
}

striped<r::zero_dirty>::memory* running = nullptr;
sigjmp_buf after_the_fault;
fault_report told;
bool handler_could_read = false;

void on_fault(int, siginfo_t* info, void*) {
  handler_could_read = can_read(running->data());
  told = classify_fault(*info, *running);
  siglongjmp(after_the_fault, 1);
}

TEST_CASE("an access to a neighbour within reach faults, and is told as one of a key", "[pool][keys]") {
  isolated("fault", [] {
    using slots = striped<r::zero_dirty>;
    slots p;
    check(p.open({.slots = 8, .maximum = pages{4}}).has_value(), "the pool opens");
    std::vector<slots::memory> all;
    while (auto m = p.acquire(pages{1}, pages{4})) all.push_back(std::move(*m));
    std::ranges::sort(all, {}, [](const slots::memory& m) { return m.data(); });
    slots::memory &low = all[2], &high = all[3];
    running = &low;
    struct sigaction action{};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGSEGV, &action, nullptr);
    const auto entered = p.enter(low);
    volatile bool faulted = false;
    if (sigsetjmp(after_the_fault, 1) == 0)
      *const_cast<volatile std::byte*>(high.data()) = std::byte{1};  // as an index of low's guest might reach it
    else
      faulted = true;
    check(faulted && told.cause == fault_cause::protection_key && !handler_could_read, "the access is refused");
    check(p.find(told.address)->slot == p.slot_of(high), "find names the neighbour");
    check(!can_read(low.data()), "what a handler jumps to has no key");
    const auto again = p.enter(low);
    check(can_read(low.data()), "until it enters the memory again");
  });
}

TEST_CASE("a forked child has the keys, and enters its own copies", "[pool][keys]") {
  isolated("fork", [] {
    striped<r::zero_dirty> p;
    check(p.open({.slots = 4, .maximum = pages{4}}).has_value(), "the pool opens");
    auto a = take(p, 1);
    test_environment::run_isolated("child", [&] {
      check(!can_read(a.data()), "nothing is held");
      {
        const auto entered = p.enter(a);
        a.data()[0] = std::byte{1};
      }
      check(a.deallocate(a.data(), a.size()).has_value(), "the copy is recycled");
      auto b = take(p, 1);
      const auto entered = p.enter(b);
      check(all_zero(b.bytes()), "to zeros");
    });
    const auto entered = p.enter(a);
    check(a.data()[0] == std::byte{0}, "the parent's is its own");
  });
}

struct kernel_without_keys : calls::linux_kernel {
  static long allocate_key() noexcept { return -invalid; }
};

TEST_CASE("a machine without keys does not open a pool with them, and nothing is left of it", "[pool][keys]") {
  test_environment::run_isolated("no keys", [] {
    test_environment::expect_no_trace([] {
      pool<linux_allocator::with_backing<backing::linux_mmap<kernel_without_keys>>, r::zero_all, bounds::key_stripes<>>
          p;
      const auto opened = p.open({.slots = 8, .maximum = pages{4}});
      check(!opened && opened.error().code == errc::not_supported && opened.error().at == step::protect, "refused");
      check(p.slots() == 0 && p.stripes() == 0, "and closed");
    });
  });
}

TEST_CASE("with keys more memories of 8 GiB fit than address space has room for", "[pool][keys][density]") {
  constexpr std::size_t many = 20'000;
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer has taken much of the address space");
  if (most_mappings() < 3 * many) return skip("too few mappings are permitted (vm.max_map_count)");
  isolated("density", [] {
    striped<r::decommit> p;
    check(p.open({.slots = many, .maximum = pages{1024}}).has_value(), "20,000 slots that reach 8 GiB each");
    auto first = take(p, 1), last = take(p, 1);
    check(p.stripes() != 15 || p.slots() == many, "with 15 keys they fit");
  });
}

}  // namespace
}  // namespace quire::test

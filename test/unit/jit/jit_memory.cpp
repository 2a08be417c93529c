// SPDX-License-Identifier: BSL-1.0
// Generated code over the ready typedefs: it runs, is never writable where it runs, is reused, and stays within reach.
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <span>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <utility>
#include <vector>

#include <quire/jit_memory.hpp>
#include <quire/quire.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/machine.hpp"
#include "support/process/process_maps.hpp"
#include "support/process/sanitizers.hpp"
#include "unit/jit/machine_code.hpp"

namespace quire::test {
namespace {

using dual = linux_jit_allocator;
using protecting =
    linux_allocator::with_backing<backing::executable_linux_mmap<>>::with_protection<protection::unguarded>;
constexpr auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };

template <class A>
using jit_of = basic_jit_memory<A>;

std::uint64_t distance(const void* a, const void* b) {
  const auto x = reinterpret_cast<std::uintptr_t>(a), y = reinterpret_cast<std::uintptr_t>(b);
  return x < y ? y - x : x - y;
}

TEMPLATE_TEST_CASE("functions run, and are given back", "[jit]", dual, protecting,
                   dual::with_protection<protection::guarded<>>, dual::with_residency<residency::populated>,
                   dual::with_residency<residency::excluded_from_dumps>, dual::with_residency<residency::assured>,
                   dual::with_page_size<page_size::transparent_huge<>>, dual::with_page_size<page_size::no_huge>,
                   protecting::with_residency<residency::populated>) {
  if (!has_machine_code) return skip("no code for this processor");
  jit_of<TestType> jit;
  std::vector<jit_code> all;
  for (std::uint16_t i = 0; i < 300; ++i) {
    const jit_code made = made_returning(jit, i);
    REQUIRE(made.base != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(made.base) % jit.usual_alignment == 0);
    all.push_back(made);
  }
  for (std::uint16_t i = 0; i < 300; ++i) CHECK(run(all[i]) == i);
  CHECK(jit.statistics().functions == 300);
  CHECK(jit.statistics().code == 300 * align_up(200, jit.granule()));
  for (std::size_t i = 0; i < all.size(); i += 2) CHECK(jit.release(all[i]));
  for (std::uint16_t i = 1; i < 300; i += 2) CHECK(run(all[i]) == i);
  for (std::size_t i = 1; i < all.size(); i += 2) CHECK(jit.release(all[i]));
  CHECK((jit.statistics().functions == 0 && jit.statistics().code == 0));
}

TEMPLATE_TEST_CASE("no page is writable where its code runs, nor executable where it is written", "[jit]", dual,
                   protecting) {
  if (const char* const reason = no_shown_execution()) return skip(reason);
  jit_of<TestType> jit;
  auto open = jit.write(100);
  REQUIRE(open);
  const std::byte* const written = open->bytes().data();
  CHECK(mapping_at(written).permissions.starts_with("rw-"));
  if (jit.maps_twice) CHECK(mapping_at(open->address()).permissions.starts_with("r-x"));
  fill(open->bytes(), 0);
  const auto made = open->finalize();
  REQUIRE(made);
  CHECK(mapping_at(made->base).permissions.starts_with("r-x"));
  const auto data = jit.allocate_data(100);
  REQUIRE(data);
  CHECK(mapping_at(data->data()).permissions.starts_with("rw-"));
  REQUIRE(jit.protect_data(*data, access::read));
  CHECK(mapping_at(data->data()).permissions.starts_with("r--"));
}

TEMPLATE_TEST_CASE("a scope that is not finalized leaves nothing", "[jit]", dual, protecting) {
  jit_of<TestType> jit;
  const std::byte* place = nullptr;
  {
    auto scope = jit.write(64);
    REQUIRE(scope);
    place = scope->address();
    auto moved = std::move(*scope);
    CHECK(is_refused(scope->finalize(), errc::not_allocated));
    CHECK(moved.address() == place);
    CHECK(jit.statistics().functions == 1);
  }
  CHECK(jit.statistics().functions == 0);
  auto again = jit.write(64);
  REQUIRE(again);
  CHECK(again->address() == place);
  auto other = jit.write(64);
  REQUIRE(other);
  *again = std::move(*other);  // drops the first one
  CHECK(jit.statistics().functions == 1);
  REQUIRE(again->finalize());
  CHECK(is_refused(again->finalize(), errc::not_allocated));
}

TEMPLATE_TEST_CASE("misuse is refused, and changes nothing", "[jit]", dual, protecting) {
  jit_of<TestType> jit;
  CHECK(is_refused(jit.write(0), errc::invalid_argument));
  CHECK(is_refused(jit.write(1, 0), errc::invalid_argument));
  CHECK(is_refused(jit.write(1, 3), errc::invalid_argument));
  CHECK(is_refused(jit.write(1, 4 << 20), errc::invalid_argument));
  CHECK(is_refused(jit.write(SIZE_MAX), errc::limit_exceeded));
  CHECK(is_refused(jit.write(max_bytes), errc::limit_exceeded));
  CHECK(is_refused(jit.allocate_data(0), errc::invalid_argument));
  CHECK(is_refused(jit.allocate_data(SIZE_MAX - 5), errc::limit_exceeded));
  CHECK(is_refused(jit.reserve_address_space(0), errc::invalid_argument));
  CHECK(is_refused(jit.reserve_address_space(SIZE_MAX), errc::limit_exceeded));
  CHECK(jit.statistics() == jit_statistics{});
  CHECK(is_refused(jit.release({}), errc::invalid_argument));

  auto scope = jit.write(100);
  REQUIRE(scope);
  CHECK(is_refused(jit.release({scope->address(), 100}), errc::invalid_argument));  // it is being written
  const auto code = scope->finalize();
  REQUIRE(code);
  CHECK(is_refused(jit.release({code->base, 99}), errc::size_mismatch));
  CHECK(is_refused(jit.release({code->base + 1, 100}), errc::invalid_argument));
  CHECK(is_refused(jit.reserve_address_space(1 << 20), errc::already_allocated));
  const auto data = jit.allocate_data(100);
  REQUIRE(data);
  CHECK(is_refused(jit.release({data->data(), 100}), errc::invalid_argument));
  CHECK(is_refused(jit.protect_data(*data, access::read_execute), errc::invalid_argument));
  CHECK(is_refused(jit.protect_data(*data, access::none), errc::invalid_argument));
  CHECK(is_refused(jit.protect_data(data->first(99), access::read), errc::size_mismatch));
  CHECK(is_refused(jit.release_data(data->first(99)), errc::size_mismatch));
  CHECK(is_refused(jit.release_data({const_cast<std::byte*>(code->base), 100}), errc::invalid_argument));
  REQUIRE(jit.release_data(*data));
  CHECK(is_refused(jit.release_data(*data), errc::invalid_argument));
  REQUIRE(jit.release(*code));
  CHECK(is_refused(jit.release(*code), errc::invalid_argument));
}

TEMPLATE_TEST_CASE("the span is a limit, and ends are used", "[jit]", dual, protecting) {
  jit_of<TestType> jit;
  REQUIRE(jit.reserve_address_space(5 << 20));
  CHECK(jit.statistics().span == 6 << 20);  // whole slabs
  const auto data = jit.allocate_data(1);
  REQUIRE(data);
  std::vector<jit_code> all;
  for (;;) {
    auto scope = jit.write(512 << 10);
    if (!scope) {
      CHECK(scope.error().code == errc::limit_exceeded);
      CHECK(explain(scope.error(), jit).kind == limit_kind::configured);
      break;
    }
    all.push_back(scope->finalize().value());
  }
  CHECK(all.size() == 8);
  CHECK(is_refused(jit.write(3 << 20), errc::limit_exceeded));
  REQUIRE(jit.release(all[3]));
  const auto again = jit.write(512 << 10);
  REQUIRE(again);
  CHECK(again->address() == all[3].base);
}

TEMPLATE_TEST_CASE("a function larger than a slab", "[jit]", dual, protecting) {
  if (!has_machine_code) return skip("no code for this processor");
  jit_of<TestType> jit;
  const jit_code large = made_returning(jit, 77, (4 << 20) + 5);
  REQUIRE(large.base != nullptr);
  CHECK(run(large) == 77);
  const jit_code small = made_returning(jit, 78);
  CHECK(run(small) == 78);
  REQUIRE(jit.release(large));
  CHECK(run(small) == 78);
  if (const char* const reason = no_replacement_of_code(); jit.maps_twice && reason != nullptr) return skip(reason);
  const jit_code again = made_returning(jit, 79, 5 << 20);
  REQUIRE(again.base != nullptr);
  CHECK(run(again) == 79);
}

TEST_CASE("what is freed traps, and so does what was not written", "[jit]") {
#if defined(__x86_64__)
  if (address_sanitizer || thread_sanitizer) return skip("the sanitizer handles the signal");
  jit_memory<> jit;
  const jit_code kept = made_returning(jit, 1), freed = made_returning(jit, 2, 65);
  CHECK((freed.base[65] == std::byte{0xcc} && freed.base[127] == std::byte{0xcc}));  // the rest of its granules
  REQUIRE(jit.release(freed));
  CHECK(run(kept) == 1);
  CHECK(run_in_child([&] { (void)run(freed); }).signal == SIGTRAP);
#else
  skip("for x86-64");
#endif
}

/// Whether a page of shared memory that is removed is zero.
bool removes_pages() {
  void* const page = ::mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto* const byte = static_cast<std::byte*>(page);
  write_to(byte);
  const bool is_removed = ::madvise(page, 65536, MADV_REMOVE) == 0 && *byte == std::byte{0};
  ::munmap(page, 65536);
  return is_removed;
}

TEST_CASE("the memory of empty slabs is given back, but for one", "[jit]") {
  if (!removes_pages()) return skip("this emulator accepts MADV_REMOVE and does nothing");
  jit_memory<> jit;
  std::vector<jit_code> all;
  for (int i = 0; i < 3; ++i) {
    auto scope = jit.write(2 << 20);
    REQUIRE(scope);
    fill(scope->bytes(), 1);
    all.push_back(scope->finalize().value());
  }
  REQUIRE(jit.release(all[0]));
  CHECK(resident_bytes(all[0].base, 2 << 20) == 2 << 20);
  REQUIRE(jit.release(all[1]));
  CHECK(resident_bytes(all[1].base, 2 << 20) == 0);
  REQUIRE(jit.release(all[2]));
  CHECK(resident_bytes(all[2].base, 2 << 20) == 0);
}

TEST_CASE("populated slabs whose memory was given back are populated again", "[jit]") {
  if (!removes_pages()) return skip("this emulator accepts MADV_REMOVE and does nothing");
  basic_jit_memory<dual::with_residency<residency::populated>> jit;
  jit_code all[2];
  for (jit_code& each : all) each = jit.write(2 << 20).value().finalize().value();
  for (const jit_code& each : all) REQUIRE(jit.release(each));
  CHECK(jit.statistics().slabs == 1);
  for (jit_code& each : all) {
    const auto scope = jit.write(2 << 20);
    REQUIRE(scope);
    CHECK(resident_bytes(scope->bytes().data(), 2 << 20) == 2 << 20);
    each = {scope->address(), 2 << 20};
  }
}

/// Of the mapping that contains p, in bytes: pages of the system's page cache that are mapped as huge ones.
std::size_t huge_pages_of_code(const std::byte* p) {
  std::ifstream smaps("/proc/self/smaps");
  bool is_here = false;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%zx-%zx ", &begin, &end) == 2)
      is_here = reinterpret_cast<std::uintptr_t>(p) - begin < end - begin;
    std::size_t kib = 0;
    if (is_here && std::sscanf(line.c_str(), "ShmemPmdMapped: %zu", &kib) == 1) return kib * 1024;
  }
  return 0;
}

TEST_CASE("slabs of code become huge pages, and code goes on running", "[jit]") {
  if (!has_machine_code) return skip("no code for this processor");
  if (const char* const reason = no_collapse()) return skip(reason);
  if (has_other_huge_pages()) return skip("huge pages have another size");
  jit_memory<> jit;
  CHECK(jit.collapse());  // nothing
  const jit_code before = made_returning(jit, 11);
  if (const auto done = jit.collapse(); !done) {
    CHECK(done.error().code == errc::out_of_memory);
    return skip("no huge page is free");
  }
  CHECK(huge_pages_of_code(before.base) == jit.slab_bytes);
  const jit_code after = made_returning(jit, 12);
  CHECK((run(before) == 11 && run(after) == 12));
  REQUIRE((jit.release(before) && jit.release(after)));
  CHECK(jit.collapse());  // nothing in use
}

TEST_CASE("code that is mapped twice is rewritten in place", "[jit]") {
  if (!has_machine_code) return skip("no code for this processor");
  if (const char* const reason = no_replacement_of_code()) return skip(reason);
  jit_memory<> jit;
  const jit_code code = made_returning(jit, 1);
  {
    auto scope = jit.rewrite(code);
    REQUIRE(scope);
    CHECK(is_refused(jit.rewrite(code), errc::invalid_argument));
    CHECK(is_refused(jit.release(code), errc::invalid_argument));
    CHECK(write_returning(scope->bytes(), 2));
  }  // its end finalizes
  CHECK(run(code) == 2);
  auto scope = jit.rewrite(code);
  REQUIRE(scope);
  CHECK(write_returning(scope->bytes(), 3));
  CHECK(scope->finalize().value() == code);
  CHECK(run(code) == 3);
  CHECK(is_refused(jit.rewrite({code.base, 1}), errc::size_mismatch));
  CHECK(is_refused(jit.rewrite({}), errc::invalid_argument));
}

TEMPLATE_TEST_CASE("random functions and data never overlap, and keep what they hold", "[jit]", dual, protecting) {
  jit_of<TestType> jit;
  REQUIRE(jit.reserve_address_space(16 << 20));
  std::mt19937 draw(7);
  std::map<const std::byte*, std::pair<std::size_t, unsigned char>> code, data;
  const auto is_apart = [](const auto& from, const std::byte* base, std::size_t bytes) {
    const auto next = from.lower_bound(base);
    if (next != from.end() && next->first < base + bytes) return false;
    return next == from.begin() || std::prev(next)->first + std::prev(next)->second.first <= base;
  };
  std::size_t made = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::size_t bytes = std::size_t{1} << (draw() % 17), size = bytes + draw() % bytes;
    const auto value = static_cast<unsigned char>(draw());
    if (draw() % 4 != 0 && code.size() + data.size() < 200) {
      const std::size_t alignment = std::size_t{1} << (draw() % 13);
      if (draw() % 3 != 0) {
        auto scope = jit.write(size, alignment);
        if (!scope) continue;
        REQUIRE(is_apart(code, scope->address(), size));
        REQUIRE(is_apart(data, scope->address(), size));
        CHECK(reinterpret_cast<std::uintptr_t>(scope->address()) % alignment == 0);
        fill(scope->bytes(), value);
        const std::byte* const base = scope->address();
        REQUIRE(scope->finalize());
        code[base] = {size, value};
      } else if (const auto got = jit.allocate_data(size, alignment)) {
        REQUIRE(is_apart(code, got->data(), size));
        REQUIRE(is_apart(data, got->data(), size));
        REQUIRE(all_zero(*got));
        fill(*got, value);
        data[got->data()] = {size, value};
      }
      ++made;
    } else if (auto& from = draw() % 2 != 0 && !code.empty() ? code : data; !from.empty()) {
      auto at = from.begin();
      std::advance(at, static_cast<std::ptrdiff_t>(draw() % from.size()));
      const auto [base, held] = *at;
      REQUIRE(holds({base, held.first}, held.second));
      if (&from == &code)
        REQUIRE(jit.release({base, held.first}));
      else
        REQUIRE(jit.release_data({const_cast<std::byte*>(base), held.first}));
      from.erase(at);
    }
  }
  CHECK(made > 500);
  CHECK(jit.statistics().functions == code.size());
  for (const auto& [base, held] : code) CHECK(holds({base, held.first}, held.second));
  for (const auto& [base, held] : data) CHECK(holds({base, held.first}, held.second));
}

TEMPLATE_TEST_CASE("threads generate, run and release code at once", "[jit][threads]", dual, protecting) {
  if (!has_machine_code) return skip("no code for this processor");
  jit_of<TestType> jit;
  if (const char* const reason = no_replacement_of_code(); jit.maps_twice && reason != nullptr) return skip(reason);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([&jit, t] {
      std::vector<std::pair<jit_code, int>> mine;
      for (unsigned i = 0; i < 500; ++i) {
        const auto value = static_cast<std::uint16_t>(t * 1000 + i);
        mine.emplace_back(made_returning(jit, value, 100 + i % 100), value);
        for (const auto& [code, expected] : mine)
          if (code.base == nullptr || run(code) != expected) std::abort();
        if (i % 4 != 0) continue;
        if (!jit.release(mine.front().first)) std::abort();
        mine.erase(mine.begin());
        if (mine.size() > 20) mine.resize(20);
      }
    });
  for (std::thread& each : threads) each.join();
}

TEMPLATE_TEST_CASE("code leaves no mapping behind", "[jit]", dual, protecting) {
  test_environment::run_isolated("code", [] {
    test_environment::expect_no_trace([] {
      jit_of<TestType> jit;
      check(jit.reserve_address_space(8 << 20).has_value(), "a span");
      for (int i = 0; i < 5; ++i) {
        auto scope = jit.write(1 << 20);
        check(scope && scope->finalize().has_value() && jit.allocate_data(5000).has_value(), "code and data");
      }
    });
  });
}

TEST_CASE("a child process runs the code, and does not have where it is written", "[jit]") {
  if (const char* const reason = no_fork_advice()) return skip(reason);
  if (!has_machine_code) return skip("no code for this processor");
  jit_memory<> jit;
  const jit_code code = made_returning(jit, 5);
  auto open = jit.write(64);
  REQUIRE(open);
  std::byte* const written = open->bytes().data();
  test_environment::run_isolated("a child", [&] {
    check(run(code) == 5, "it runs");
    check(catch_fault([](void* at) { write_to(static_cast<std::byte*>(at)); }, written).signal == SIGSEGV,
          "it cannot be written");
  });
}

/// Fills every gap within 3 GiB of an address.
void fill_gaps_near(const void* target) {
  const address_request wanted{target, std::uint64_t{3} << 30, true};
  for (std::size_t bytes = std::size_t{1} << 30; bytes >= 4096; bytes /= 2)
    for (;;) {
      bool was_read = false;
      const auto gap = detail::find_gap<calls::linux_kernel>(bytes, 4096, wanted, was_read);
      if (!gap || gap->distance > wanted.reach) break;
      const auto got = backing::detail::reserve_where_free<calls::linux_kernel>(gap->base, bytes, PROT_NONE,
                                                                                calls::linux_kernel::map_reservation);
      if (got.native != 0) return check(false, "the gap can be taken");
    }
}

int main_of_the_program() { return 1; }

TEST_CASE("10,000 functions within reach of the program, in a process full of mappings", "[jit]") {
  if (!has_machine_code) return skip("no code for this processor");
  if (address_sanitizer || thread_sanitizer) return skip("the sanitizer's shadow fills the address space");
  test_environment::run_isolated("a full process", [] {
    const auto* const target = reinterpret_cast<const void*>(&main_of_the_program);
    std::vector<void*> many;
    for (int i = 0; i < 20'000; ++i)  // each other page is apart
      many.push_back(::mmap(nullptr, 4096, i % 2 != 0 ? PROT_NONE : PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    basic_jit_memory<near_linux_jit_allocator> jit{placement::near_to{target}};
    std::vector<jit_code> all;
    for (unsigned i = 0; i < 10'000; ++i) all.push_back(made_returning(jit, static_cast<std::uint16_t>(i), 200));
    bool runs = true, reaches = true;
    for (unsigned i = 0; i < all.size(); ++i) {
      runs = runs && all[i].base != nullptr && run(all[i]) == static_cast<int>(i);
      reaches = reaches && distance(all[i].base, target) < (std::uint64_t{1} << 31) - 200;
    }
    check(runs, "all run");
    check(reaches, "all are within reach");
    check(distance(jit.allocate_data(8)->data(), all[0].base) < jit.usual_span, "data is near its code");
  });
}

TEST_CASE("where gaps are small the span is smaller, and without one the nearest is told", "[jit]") {
  if (address_sanitizer || thread_sanitizer) return skip("the sanitizer's shadow fills the address space");
  test_environment::run_isolated("few gaps", [] {
    const auto* const target = reinterpret_cast<const void*>(&main_of_the_program);
    const placement::near_to near_here{target};
    {
      basic_jit_memory<near_linux_jit_allocator> jit{near_here};
      check(jit.write(1).has_value() && jit.statistics().span == jit.usual_span, "there is room");
    }
    fill_gaps_near(target);
    basic_jit_memory<near_linux_jit_allocator> jit{near_here};
    const auto refused = jit.write(1);
    check(!refused && refused.error().code == errc::out_of_address_space, "no gap");
    check(jit.statistics() == jit_statistics{}, "nothing has changed");
    const explanation why = explain(refused.error(), jit);
    check(why.kind == limit_kind::reach && why.used.value_or(0) > near_here.reach, "how far the nearest gap is");
  });
}

}  // namespace
}  // namespace quire::test

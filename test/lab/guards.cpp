// SPDX-License-Identifier: BSL-1.0
// The bytes around a memory, for every page of this machine: each of them faults, up to the last byte of the guards.
#include <cstddef>
#include <tuple>
#include <unistd.h>

#include <quire/page_allocator.hpp>
#include <quire/page_size/native.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>

#include "report.hpp"
#include "subject.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/child.hpp"

namespace quire::test {
namespace {

template <class Store>
using guarded = page_allocator<Store, protection::guarded<>, tagging::untagged, page_size::native, placement::anywhere>;

bool faults(const std::byte* p) {
  return catch_fault([](void* where) { (void)*static_cast<volatile std::byte*>(where); }, const_cast<std::byte*>(p))
             .signal != 0;
}

/// Calls `expect` for the first and the last byte of every page in a range.
template <class Expect>
void each_page(const std::byte* begin, const std::byte* end, Expect expect) {
  const auto step = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  for (const std::byte* p = begin; p < end; p += step) {
    expect(p);
    expect(p + step - 1);
  }
}

template <class A>
void expect_bounds(A& a, const char* after) {
  set_context("after %s", after);
  const std::byte* const end = a.data() + a.size();
  const std::byte* const last = a.data() + a.capacity() + A::contract.guard_after;
  const auto is_guard = [](const std::byte* p) { test_environment::check(faults(p), "a guard faults"); };
  each_page(a.data() - A::contract.guard_before, a.data(), is_guard);
  each_page(a.data(), end, [](const std::byte* p) { test_environment::check(!faults(p), "memory does not fault"); });
  each_page(end, last, is_guard);
}

TEMPLATE_LIST_TEST_CASE("every page behind the end faults, and no page before it", "[guards]", stores_in_question) {
  test_environment::run_isolated("bounds", [] {
    guarded<TestType> a;
    test_environment::check(a.allocate(pages{1}, pages{3}).has_value(), "allocate");
    expect_bounds(a, "allocate");
    test_environment::check(a.grow(pages{1}).has_value(), "grow");
    expect_bounds(a, "grow");
    test_environment::check(a.shrink(pages{2}).has_value() && a.grow(pages{1}).has_value(), "shrink and grow");
    expect_bounds(a, "shrink and grow");
    test_environment::check(a.reset(pages{2}).has_value(), "reset");
    expect_bounds(a, "reset");
  });
}

}  // namespace
}  // namespace quire::test

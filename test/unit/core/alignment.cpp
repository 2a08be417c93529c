// SPDX-License-Identifier: BSL-1.0
// The base is aligned even where the kernel does not align it.
#include <cstdint>
#include <tuple>

#include <quire/page_size/explicit_huge.hpp>
#include <quire/platform/linux.hpp>

#include "support/conformance.hpp"
#include "support/fakes/failing_calls.hpp"
#include "support/fakes/misaligning_calls.hpp"

namespace quire::test {
namespace {

template <hints Hints>
using misaligned = failing_calls<misaligning_calls<calls::linux_kernel, Hints>>;
template <hints Hints>
using over_misaligned = backing::linux_mmap<misaligned<Hints>>;
template <class A, hints Hints>
using aligned_anyway = plain<typename A::template with_backing<over_misaligned<Hints>>>;

using slow_ways =
    std::tuple<aligned_anyway<linux_allocator, hints::honoured>, aligned_anyway<linux_allocator, hints::ignored>,
               aligned_anyway<huge_linux_allocator, hints::honoured>,
               aligned_anyway<huge_linux_allocator, hints::ignored>>;

TEMPLATE_LIST_TEST_CASE("an allocator that has to move its base passes the conformance cases", "[conformance]",
                        slow_ways) {
  conform<TestType>();
}

template <class A>
void expect_aligned(std::size_t alignment, std::size_t most_calls) {
  using journal = typename A::backing_type::calls::watcher;
  journal::forget();
  {
    A a;
    REQUIRE(a.allocate(pages{0}, pages{100}).has_value());
    CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % alignment == 0);
    CHECK(journal::made.size() <= most_calls);
    std::size_t mapped = 0;
    for (const auto& r : journal::mapped.all()) mapped += r.bytes();
    CHECK(mapped < 100 * 65536 + 4 * alignment + 4_MiB);  // the surplus mapped for alignment is unmapped again
  }
  CHECK(journal::mapped.all().empty());
  CHECK_FALSE(journal::touched_foreign_memory);
}

TEST_CASE("an alignment that the kernel does not provide costs at most six further calls", "[alignment]") {
  expect_aligned<linux_allocator::with_backing<over_misaligned<hints::honoured>>>(64_KiB, 3);
  expect_aligned<linux_allocator::with_backing<over_misaligned<hints::ignored>>>(64_KiB, 7);
  expect_aligned<huge_linux_allocator::with_backing<over_misaligned<hints::honoured>>>(2_MiB, 4);
  expect_aligned<huge_linux_allocator::with_backing<over_misaligned<hints::ignored>>>(2_MiB, 8);
}

TEST_CASE("a reservation takes one call where the kernel aligns it", "[alignment]") {
  using helped = failing_calls<calls::linux_kernel>;
  helped::watcher::forget();
  linux_allocator::with_backing<backing::linux_mmap<helped>> a;
  REQUIRE(a.allocate(pages{0}, pages{100}).has_value());
  // The kernel aligns since Linux 6.7; before, an address hint does it in three calls.
  CHECK((helped::watcher::made.size() == 1 || helped::watcher::made.size() == 3));
}

}  // namespace
}  // namespace quire::test

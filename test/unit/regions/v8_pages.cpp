// SPDX-License-Identifier: BSL-1.0
// The adapter for V8, called as V8 calls it.
#include <cstddef>
#include <cstdint>
#include <set>

#include <quire/engine/v8.hpp>
#include <quire/quire.hpp>
#include <quire/region_allocator.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/failing_configs.hpp"

namespace quire::test {
namespace {

using executable = linux_allocator::with_backing<backing::executable_linux_mmap<>>;
using regions = region_allocator<executable>;
using pages_of_v8 = ::v8::PageAllocator;
constexpr std::size_t chunk_of_v8 = 1 << 18;

struct v8_world {
  regions from;
  engine::v8_pages<regions> adapter{from};
  pages_of_v8& v8 = adapter;

  void* chunk(pages_of_v8::Permission wanted, void* hint = nullptr) {
    return v8.AllocatePages(hint, chunk_of_v8, chunk_of_v8, wanted);
  }
};

TEST_CASE("V8 gets chunks at its alignment and hint, with the access that it asks for", "[v8]") {
  test_environment::run_isolated("chunks", [] {
    v8_world w;
    const auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };
    check(w.v8.AllocatePageSize() == w.from.granularity() && w.v8.CommitPageSize() == w.from.granularity(), "a page");
    void* const first = w.chunk(pages_of_v8::kNoAccess);
    check(first != nullptr && reinterpret_cast<std::uintptr_t>(first) % chunk_of_v8 == 0, "an aligned chunk");
    auto* const p = static_cast<std::byte*>(first);
    expect_inaccessible<test_environment>(p, fault::accerr);
    check(w.v8.SetPermissions(first, chunk_of_v8, pages_of_v8::kReadWrite), "becomes accessible");
    fill({p, chunk_of_v8}, 1);
    check(w.v8.SetPermissions(p + 4096, 4096, pages_of_v8::kRead), "a part becomes read-only");
    expect_write_fault<test_environment>(p + 4096, fault::accerr);
    check(holds({p, chunk_of_v8}, 1), "and keeps its contents");
    check(w.v8.DiscardSystemPages(p, 4096) && all_zero({p, 4096}), "discarded pages are zero");
    check(w.v8.RecommitPages(p, 4096, pages_of_v8::kReadWrite), "and can be used again");
    write_to(p);
    check(w.v8.DecommitPages(p, chunk_of_v8), "decommit");
    expect_inaccessible<test_environment>(p, fault::accerr);
    check(w.v8.SetPermissions(p, chunk_of_v8, pages_of_v8::kReadWrite) && all_zero({p, chunk_of_v8}), "zero again");
    check(w.v8.SetPermissions(p, 4096, pages_of_v8::kReadExecute), "executable");
    check(w.v8.SetPermissions(p, 4096, pages_of_v8::kReadWriteExecute), "and writable");
    check(w.v8.ReleasePages(p, chunk_of_v8, 4096), "the end goes");
    expect_inaccessible<test_environment>(p + 4096, fault::either);
    check(w.v8.FreePages(p, 4096), "and the rest");
    check(w.from.statistics() == region_statistics{}, "nothing is left");
  });
}

TEST_CASE("V8's hint is taken, and may be wrong", "[v8]") {
  v8_world w;
  void* const there = w.chunk(pages_of_v8::kReadWrite);
  REQUIRE(there != nullptr);
  REQUIRE(w.v8.FreePages(there, chunk_of_v8));
  CHECK(w.chunk(pages_of_v8::kReadWrite, there) == there);
  void* const elsewhere = w.chunk(pages_of_v8::kReadWrite, there);
  CHECK(elsewhere != nullptr);
  CHECK(elsewhere != there);
}

TEST_CASE("random addresses for V8 are pages, differ, and repeat with their seed", "[v8]") {
  v8_world w;
  std::set<void*> seen;
  w.v8.SetRandomMmapSeed(42);
  void* const first = w.v8.GetRandomMmapAddr();
  for (int i = 0; i < 100; ++i) seen.insert(w.v8.GetRandomMmapAddr());
  CHECK(seen.size() > 90);
  for (void* const each : seen) CHECK(reinterpret_cast<std::uintptr_t>(each) % w.from.granularity() == 0);
  w.v8.SetRandomMmapSeed(42);
  CHECK(w.v8.GetRandomMmapAddr() == first);
}

TEST_CASE("what V8 must not do is refused and changes nothing", "[v8]") {
  v8_world w;
  CHECK(w.v8.AllocatePages(nullptr, 0, 4096, pages_of_v8::kReadWrite) == nullptr);
  CHECK(w.v8.AllocatePages(nullptr, SIZE_MAX / 2, 4096, pages_of_v8::kReadWrite) == nullptr);
  auto* const p = static_cast<std::byte*>(w.chunk(pages_of_v8::kReadWrite));
  const region_statistics before = w.from.statistics();
  CHECK_FALSE(w.v8.FreePages(p + 4096, 4096));
  CHECK_FALSE(w.v8.SetPermissions(p + chunk_of_v8, 4096, pages_of_v8::kRead));
  CHECK_FALSE(w.v8.ReleasePages(p, chunk_of_v8, 2 * chunk_of_v8));
  CHECK_FALSE(w.v8.FreePages(p, 4096));
  CHECK_FALSE(w.v8.ReleasePages(p, 2 * 4096, 4096));
  CHECK_FALSE(w.v8.SetPermissions(p, 4096, static_cast<pages_of_v8::Permission>(7)));
  CHECK(w.v8.AllocatePages(nullptr, 4096, 4096, static_cast<pages_of_v8::Permission>(7)) == nullptr);
  CHECK(w.from.statistics() == before);
}

using failing_executable =
    linux_allocator::with_backing<backing::executable_linux_mmap<failing_calls<permissive_fake_kernel>>>;

TEST_CASE("V8 is told when a system call fails, and nothing is lost", "[v8][fault]") {
  using injector = failing_executable::backing_type::calls::watcher;
  injector::forget();
  {
    region_allocator<failing_executable> from;
    engine::v8_pages adapter(from);
    for (std::size_t at = 0;; ++at) {
      injector::arm({at, {ENOMEM, false}});
      void* const got = adapter.AllocatePages(nullptr, chunk_of_v8, chunk_of_v8, pages_of_v8::kReadExecute);
      injector::disarm();
      if (injector::failed.empty()) {
        REQUIRE(got != nullptr);
        CHECK(adapter.FreePages(got, chunk_of_v8));
        break;
      }
      CHECK(from.statistics().committed == (got == nullptr ? 0 : chunk_of_v8));
      if (got != nullptr) CHECK(adapter.FreePages(got, chunk_of_v8));
    }
  }
  CHECK(injector::mapped.all().empty());
}

}  // namespace
}  // namespace quire::test

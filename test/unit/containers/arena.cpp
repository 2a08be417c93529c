// SPDX-License-Identifier: BSL-1.0
// Arenas: random pieces against a model, lives that begin again on the pages of the last, and what stands on them.
#include <quire/arena.hpp>
#include <quire/arena_resource.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <new>
#include <random>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <quire/fallback.hpp>
#include <quire/quire.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/failing_configs.hpp"
#include "unit/containers/brought_in.hpp"

namespace quire::test {
namespace {

constexpr std::size_t large = 100'000;

/// Pieces of an arena, each filled with a value of its own.
template <class A>
class modelled_arena {
 public:
  explicit modelled_arena(std::uint32_t seed) : random_(seed) {}

  void run(int operations) {
    for (int i = 0; i < operations; ++i) {
      step();
      if (i % 50 == 0) verify();
    }
  }

 private:
  struct piece {
    std::span<std::byte> bytes;
    unsigned char value;
  };
  std::size_t draw(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random_); }

  void step() {
    const std::size_t what = draw(100);
    if (what < 80) return allocate(draw(9) == 0 ? draw(3 * large) : draw(700));
    if (what < 92) return deallocate();
    if (what < 95) return marks_.push_back({arena_.mark(), pieces_.size()});
    if (what < 99) return reset_to_mark();
    arena_.reset(draw(2) == 0 ? draw(1'000'000) : SIZE_MAX);
    pieces_.clear();
    marks_.clear();
    CHECK(arena_.statistics().used == 0);
    CHECK(arena_.statistics().large == 0);
  }
  void allocate(std::size_t bytes) {
    const std::size_t alignment = std::size_t{1} << draw(12);
    const auto got = arena_.allocate(bytes, alignment);
    if (!got) FAIL("no piece of " << bytes << " bytes");
    if (!is_aligned(reinterpret_cast<std::uintptr_t>(*got), alignment)) FAIL("not aligned to " << alignment);
    const auto value = static_cast<unsigned char>(1 + draw(254));
    pieces_.push_back({{*got, bytes}, value});
    fill(pieces_.back().bytes, value);
  }
  /// The last piece, or one in the middle, which stays the arena's.
  void deallocate() {
    if (pieces_.empty() || (!marks_.empty() && marks_.back().pieces == pieces_.size())) return;
    const std::size_t at = draw(1) == 0 ? pieces_.size() - 1 : draw(pieces_.size() - 1);
    if (!marks_.empty() && at < marks_.back().pieces) return;
    arena_.deallocate(pieces_[at].bytes.data(), pieces_[at].bytes.size());
    pieces_.erase(pieces_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void reset_to_mark() {
    if (marks_.empty()) return;
    arena_.reset_to(marks_.back().mark);
    pieces_.resize(marks_.back().pieces);
    marks_.pop_back();
  }
  void verify() const {
    for (const piece& each : pieces_)
      if (!holds(each.bytes, each.value)) FAIL("a piece has changed");
    const arena_statistics told = arena_.statistics();
    CHECK(told.used <= told.committed);
    CHECK(told.used <= told.most_used);
  }

  struct marked {
    typename basic_arena<A>::mark_type mark;
    std::size_t pieces;
  };
  std::mt19937 random_;
  basic_arena<A> arena_{[]() noexcept { return A{}; }, large};
  std::vector<piece> pieces_;
  std::vector<marked> marks_;
};

using huge_or_small = fallback<huge_linux_allocator, linux_allocator>;

TEMPLATE_TEST_CASE("random pieces of an arena are aligned, apart, and keep their bytes", "[containers]",
                   native_allocator, huge_or_small, linux_allocator::with_page_size<page_size::in_units_of<1>>,
                   linux_allocator::with_residency<residency::populated>) {
  modelled_arena<TestType>(1).run(5000);
}

TEST_CASE("a second life has the pages of the first", "[containers]") {
  arena<> a;
  std::vector<std::byte*> first;
  for (int i = 0; i < 1000; ++i) first.push_back(a.allocate(1000).value());
  for (std::byte* each : first) *each = std::byte{7};
  a.reset();
  for (std::byte* each : first) {
    CHECK(a.allocate(1000).value() == each);
    CHECK(*each == std::byte{7});  // the page is still there
  }
}

TEST_CASE("reset gives back what lies behind the bytes that are kept", "[containers]") {
  arena<> a;
  std::byte* const piece = a.allocate(1'000'000, 1).value();
  fill({piece, 1'000'000}, 7);
  a.reset(100'000);
  CHECK(a.statistics().committed == 2 * 65536);
  CHECK(a.allocate(1'000'000, 1).value() == piece);
  CHECK(holds({piece, 100'000}, 7));
  CHECK(all_zero({piece + 131'072, 1'000'000 - 131'072}));
  a.reset(0);
  CHECK(a.statistics().committed == 0);
  CHECK(a.statistics().most_used == 1'000'000);
}

TEST_CASE("the most that an arena used counts what large pieces took of the region", "[containers]") {
  arena<> a;
  std::byte* const piece = a.allocate(2'000'000).value();
  const std::size_t used = a.statistics().used;
  a.deallocate(piece, 2'000'000);
  CHECK((used != 0 && a.statistics().used == 0 && a.statistics().most_used == used));
}

TEST_CASE("a large piece has a memory of its own, which goes with it", "[containers]") {
  arena<> a;
  (void)a.allocate(100).value();
  const auto before = a.mark();
  std::byte* const piece = a.allocate(basic_arena<native_allocator>::usual_large + 1).value();
  fill({piece, basic_arena<native_allocator>::usual_large + 1}, 1);
  CHECK(a.statistics().large == 1);
  CHECK(a.statistics().in_large >= basic_arena<native_allocator>::usual_large);
  CHECK(a.statistics().committed < 1 << 20);
  a.deallocate(piece, basic_arena<native_allocator>::usual_large + 1);
  CHECK(a.statistics().large == 0);
  (void)a.allocate(3 << 20).value();
  (void)a.allocate(4 << 20).value();
  CHECK(a.statistics().large == 2);
  a.reset_to(before);
  CHECK(a.statistics().large == 0);
  CHECK(a.statistics().used == 100);
}

TEST_CASE("a mark outlives the large piece that was there", "[containers]") {
  arena<> a;
  std::byte* const large_one = a.allocate(2 << 20).value();
  const auto there = a.mark();
  a.deallocate(large_one, 2 << 20);
  (void)a.allocate(3 << 20).value();
  a.reset_to(there);
  CHECK(a.statistics().large == 0);
  a.reset_to({});
  CHECK(a.statistics().used == 0);
}

TEST_CASE("large pieces go in any order", "[containers]") {
  arena_resource<> resource;
  {
    std::pmr::vector<char> v(&resource);
    for (int i = 0; i < 20 << 20; ++i) v.push_back('x');
    CHECK(resource.statistics().large == 1);
  }
  CHECK(resource.statistics().large == 0);

  arena<> a;
  std::vector<std::byte*> all;
  for (int i = 0; i < 5; ++i) all.push_back(a.allocate(2 << 20).value());
  for (const std::size_t i : {2U, 0U, 4U, 1U, 3U}) a.deallocate(all[i], 2 << 20);
  CHECK(a.statistics().large == 0);
  for (int i = 0; i < 1000; ++i) a.deallocate(a.allocate(2 << 20).value(), 2 << 20);
  CHECK(a.statistics().used < 1000);
  CHECK(!a.allocate(8, 24));
  std::byte* const wide = a.allocate(2 << 20, 1 << 17).value();
  CHECK(a.statistics().large == 0);
  const std::size_t used = a.statistics().used;
  a.deallocate(wide, 2 << 20);
  CHECK(a.statistics().used == used - (2 << 20));
}

TEST_CASE("an arena leaves nothing behind", "[containers]") {
  test_environment::run_isolated("arena", [] {
    test_environment::expect_no_trace([] {
      arena<> a;
      for (int i = 0; i < 100; ++i) (void)a.allocate(static_cast<std::size_t>(i) * 40'000).value();
    });
  });
}

TEST_CASE("what an arena cannot give is an error, and changes nothing", "[containers]") {
  arena<> none;
  CHECK(none.allocate(0).value() != nullptr);
  basic_arena<native_allocator> a([]() noexcept { return native_allocator(limits{pages{2}}); }, SIZE_MAX);
  CHECK(!a.allocate(8, 3));
  (void)a.allocate(65536).value();
  const arena_statistics before = a.statistics();
  for (const std::size_t bytes : {std::size_t{65537}, std::size_t{1} << 40, SIZE_MAX}) {
    const auto got = a.allocate(bytes);
    REQUIRE(!got);
    CHECK(got.error().code == errc::limit_exceeded);
  }
  CHECK(!a.allocate(8, std::size_t{1} << 40));
  CHECK(a.statistics() == before);
  CHECK(a.allocate(65536));
  arena_allocator<int> of(none);
  CHECK_THROWS_AS(of.allocate(SIZE_MAX / 2), std::bad_alloc);
}

TEST_CASE("an arena is as it was when a system call fails", "[containers][fault]") {
  using injector = failing_store::calls::watcher;
  injector::forget();
  for (const std::size_t bytes : {std::size_t{100'000}, std::size_t{2} << 20})
    for (std::size_t at = 0;; ++at) {
      basic_arena<failing_allocator> a;
      std::byte* const first = a.allocate(60'000).value();
      fill({first, 60'000}, 1);
      const arena_statistics before = a.statistics();
      injector::arm({at, {ENOMEM, false}}, {at + 1, {ENOMEM, false}});
      const auto got = a.allocate(bytes);
      injector::disarm();
      if (injector::failed.empty()) break;
      if (!got) {
        CHECK(a.statistics().used == before.used);
        CHECK(a.statistics().large == 0);
        CHECK(holds({first, 60'000}, 1));
        CHECK(a.allocate(bytes));
      }
    }
  CHECK(injector::mapped.all().empty());
}

TEST_CASE("pages come ahead of small pieces, and not for large ones, nor again after a reset", "[containers]") {
  failing_store::calls::watcher::forget();
  basic_arena<failing_allocator> a;
  const auto take = [&](std::size_t pieces, std::size_t bytes) {
    failing_store::calls::watcher::arm();
    for (std::size_t i = 0; i < pieces; ++i) REQUIRE(a.allocate(bytes, 1));
    return brought_in();
  };
  const std::size_t page = a.region().granularity();
  if (page <= 16_KiB) {  // of larger ones there are too few
    CHECK(take(8, page).empty());
    CHECK(take(1, page) == std::vector<std::size_t>{4 * page});
    CHECK(take(1, 512_KiB).empty());
    CHECK(take(1, 1).size() == 1);
    REQUIRE(a.allocate(1, 16_MiB));
    CHECK(brought_in().size() == 1);  // nor for the gap before an aligned piece
  }
  a.reset();
  CHECK(take(100, page).empty());
}

TEST_CASE("containers of the standard library on an arena", "[containers]") {
  arena_resource<> resource;
  {
    std::pmr::vector<std::pmr::string> words(&resource);
    for (int i = 0; i < 1000; ++i) words.emplace_back("a word that is longer than a small string " + std::to_string(i));
    CHECK(words[999].ends_with("999"));
    std::pmr::unsynchronized_pool_resource pool(&resource);
    std::pmr::unordered_map<int, std::pmr::string> map(&pool);
    for (int i = 0; i < 5000; ++i) map[i % 100] = std::pmr::string(100, 'x');
    CHECK(map.size() == 100);
  }
  CHECK(resource.statistics().used != 0);
  const auto kept = resource.mark();
  resource.reset_to(kept);
  resource.reset();
  CHECK(resource.statistics().used == 0);
  CHECK(resource == resource);

  arena<> a;
  std::vector<int, arena_allocator<int>> numbers{arena_allocator<int>(a)};
  for (int i = 0; i < 10'000; ++i) numbers.push_back(i);
  CHECK(numbers[9'999] == 9'999);
  std::map<int, int, std::less<>, arena_allocator<std::pair<const int, int>>> tree(a);
  tree[1] = 2;
  CHECK(tree[1] == 2);
}

}  // namespace
}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
// pinned_vector against std::vector, over elements of several kinds, and what std::vector does not promise.
#include <quire/pinned_vector.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <random>
#include <ranges>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <quire/quire.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/failing_configs.hpp"
#include "unit/containers/brought_in.hpp"
#include "unit/containers/element_types.hpp"

namespace quire::test {
namespace {

static_assert(std::ranges::contiguous_range<pinned_vector<int>> && std::ranges::sized_range<pinned_vector<int>>);
static_assert(std::constructible_from<std::span<int>, pinned_vector<int>&>);
static_assert(std::is_nothrow_move_constructible_v<pinned_vector<int>>);

/// The same operations on both, drawn at random.
template <class T>
class compared_vectors {
 public:
  explicit compared_vectors(std::uint32_t seed) : random_(seed) {}

  void run(int operations) {
    for (int i = 0; i < operations; ++i) {
      step();
      if (!same()) FAIL("they differ after operation " << i);
    }
  }

 private:
  std::size_t draw(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random_); }
  int value() { return static_cast<int>(draw(250)); }
  std::ptrdiff_t place() { return static_cast<std::ptrdiff_t>(draw(expected_.size())); }
  [[nodiscard]] bool same() const {
    return got_.size() == expected_.size() && std::equal(got_.begin(), got_.end(), expected_.begin());
  }

  void step() {
    if (expected_.size() > 300) return shrink();
    const int v = value();
    switch (draw(11)) {
      case 0:
      case 1: got_.push_back(T(v)), expected_.push_back(T(v)); return;
      case 2: got_.emplace_back(v), expected_.emplace_back(v); return;
      case 3: return insert_one(v);
      case 4:
        if (!expected_.empty()) got_.pop_back(), expected_.pop_back();
        return;
      case 5: return erase();
      case 6: return resize();
      case 7: got_.shrink_to_fit(); return;
      case 8: return draw(20) == 0 ? clear() : void();
      case 9: return move_around();
      default: copies(v);
    }
  }
  void insert_one(int v) {
    const std::ptrdiff_t at = place();
    const auto got = got_.insert(got_.begin() + at, T(v));
    expected_.insert(expected_.begin() + at, T(v));
    CHECK(got == got_.begin() + at);
  }
  void erase() {
    const std::ptrdiff_t from = place(), to = from + static_cast<std::ptrdiff_t>(
                                                         draw(expected_.size() - static_cast<std::size_t>(from)));
    got_.erase(got_.begin() + from, got_.begin() + to);
    expected_.erase(expected_.begin() + from, expected_.begin() + to);
  }
  void resize() {
    const std::size_t count = draw(expected_.size() + 20);
    got_.resize(count);
    expected_.resize(count);
  }
  void shrink() {
    got_.erase(got_.begin() + 5, got_.end());
    expected_.erase(expected_.begin() + 5, expected_.end());
    got_.shrink_to_fit();
  }
  void clear() {
    got_.clear();
    expected_.clear();
  }
  void move_around() {
    pinned_vector<T> other(std::move(got_));
    swap(other, got_);
    CHECK(other.empty());
    other = std::move(got_);
    got_ = std::move(other);
  }
  void copies(int v) {
    if constexpr (std::copyable<T>) {
      const std::ptrdiff_t at = place();
      const std::size_t count = draw(5);
      const std::vector<T> values(count, T(v + 1));
      switch (draw(5)) {
        case 0:
          got_.insert(got_.begin() + at, count, T(v)), expected_.insert(expected_.begin() + at, count, T(v));
          return;
        case 1:
          got_.insert(got_.begin() + at, values.begin(), values.end());
          expected_.insert(expected_.begin() + at, values.begin(), values.end());
          return;
        case 2: got_.assign(values.begin(), values.end()), expected_.assign(values.begin(), values.end()); return;
        case 3: got_.assign(20 * count, T(v)), expected_.assign(20 * count, T(v)); return;
        case 4: return push_own();
        default: {
          pinned_vector<T> copy(got_);
          CHECK(copy == got_);
          copy.push_back(T(v));
          CHECK(copy != got_);
          got_ = copy;
          expected_.push_back(T(v));
        }
      }
    }
  }
  /// An element of the vector as an argument.
  void push_own() {
    if (expected_.empty()) return;
    const std::size_t which = draw(expected_.size() - 1);
    const T kept = expected_[which];
    const std::ptrdiff_t at = place();
    got_.push_back(got_[which]), expected_.push_back(kept);
    got_.insert(got_.begin() + at, got_[which]), expected_.insert(expected_.begin() + at, kept);
  }

  std::mt19937 random_;
  pinned_vector<T> got_;
  std::vector<T> expected_;
};

TEMPLATE_TEST_CASE("random operations on a pinned_vector do as on a std::vector", "[containers]", unsigned char, int,
                   throwing_element, aligned_element, move_only_element) {
  compared_vectors<TestType>(1).run(200'000);
  CHECK(throwing_element::alive == 0);
}

TEMPLATE_TEST_CASE("random growth over many pages does as that of a std::vector", "[containers]", unsigned char, int,
                   aligned_element) {
  std::mt19937 random(1);
  const auto draw = [&](std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random); };
  pinned_vector<TestType> got;
  std::vector<TestType> expected;
  for (int step = 0; step < 300; ++step) {
    const TestType value = static_cast<TestType>(static_cast<int>(draw(250)));
    const std::size_t count = draw(draw(1) == 0 ? 100 : 40'000), what = draw(9);
    if (what < 4) {
      for (std::size_t i = 0; i < count; ++i) got.push_back(value), expected.push_back(value);
    } else if (what < 6) {
      got.insert(got.end(), count, value), expected.insert(expected.end(), count, value);
    } else if (what == 6) {
      const std::vector<TestType> block(count, value);
      got.append_range(block), expected.insert(expected.end(), block.begin(), block.end());
    } else if (what == 7 || expected.size() > 100'000) {
      const std::size_t now = draw(expected.size() + count);
      got.resize(now), expected.resize(now);
    } else if (what == 8) {
      got.shrink_to_fit();
    } else {
      got.reserve(got.size() + count);
    }
    if (!std::ranges::equal(got, expected)) FAIL("they differ after step " << step);
  }
}

/// Whether an operation that throws leaves the vector as it was.
template <class Operation>
void expect_strong_guarantee(Operation operation) {
  bool threw = true;
  for (long at = 0; threw; ++at) {
    pinned_vector<throwing_element> v{1, 2, 3};
    const std::vector<throwing_element> before(v.begin(), v.end());
    throwing_element::until_throw = at;
    try {
      operation(v);
      threw = false;
    } catch (const std::runtime_error&) {
      throwing_element::until_throw = -1;
      CHECK(std::ranges::equal(v, before));
    }
    throwing_element::until_throw = -1;
  }
  CHECK(throwing_element::alive == 0);
}

TEST_CASE("what an element throws leaves a pinned_vector as it was where std::vector promises it", "[containers]") {
  expect_strong_guarantee([](auto& v) { v.push_back(throwing_element(7)); });
  expect_strong_guarantee([](auto& v) { v.emplace_back(7); });
  expect_strong_guarantee([](auto& v) { v.resize(9); });
  expect_strong_guarantee([](auto& v) { v.resize(9, v[1]); });
  expect_strong_guarantee([&](auto& v) { v.append_range(std::vector<int>{4, 5}); });
  expect_strong_guarantee([&](auto& v) { v.insert(v.end(), 4, v[0]); });
}

TEST_CASE("what an element throws in the middle of a pinned_vector loses no element's destructor", "[containers]") {
  bool threw = true;
  for (long at = 0; threw; ++at) {
    {
      pinned_vector<throwing_element> v{1, 2, 3, 4};
      throwing_element::until_throw = at;
      try {
        v.insert(v.begin() + 1, throwing_element(9));
        v.insert(v.begin(), 3, throwing_element(8));
        v.erase(v.begin());
        v.assign(10, throwing_element(3));
        threw = false;
      } catch (const std::runtime_error&) {
      }
      throwing_element::until_throw = -1;
    }
    CHECK(throwing_element::alive == 0);
  }
}

TEST_CASE("elements of a pinned_vector keep their addresses, and iterators stay valid", "[containers]") {
  pinned_vector<std::uint64_t> v;
  v.push_back(42);
  const std::uint64_t* const first = v.data();
  const auto begin = v.begin();
  for (std::uint64_t i = 0; i < 1'000'000; ++i) v.push_back(i);
  CHECK(v.data() == first);
  CHECK(begin == v.begin());
  CHECK(*first == 42);
  const pinned_vector<std::uint64_t> moved(std::move(v));
  CHECK(moved.data() == first);
}

TEST_CASE("a pinned_vector reserves what it is asked for, and not more", "[containers]") {
  pinned_vector<int> v;
  REQUIRE(v.reserve_address_space(100'000));
  CHECK(v.max_size() >= 100'000);
  CHECK(v.max_size() < 100'000 + 65536 / sizeof(int));
  v.resize(v.max_size(), 7);
  const auto refused = v.try_push_back(8);
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::limit_exceeded);
  CHECK(v.size() == v.max_size());
  CHECK(v.back() == 7);
  CHECK(v.reserve_address_space(10));
  const auto late = v.reserve_address_space(1'000'000);
  REQUIRE(!late);
  CHECK(late.error().code == errc::already_allocated);
  CHECK(!v.try_reserve(SIZE_MAX));
  CHECK(!v.try_resize(SIZE_MAX / 2));
  CHECK(!pinned_vector<int>().reserve_address_space(SIZE_MAX));
  CHECK_THROWS_AS(v.push_back(1), std::bad_alloc);
}

TEST_CASE("what a container throws is a std::bad_alloc that says why", "[containers]") {
  pinned_vector<int> v;
  try {
    v.reserve(SIZE_MAX);
    FAIL("reserved");
  } catch (const quire::bad_alloc& caught) {
    CHECK(caught.reason() == error{errc::limit_exceeded, step::plan, 0});
    CHECK(std::string(static_cast<const std::bad_alloc&>(caught).what()) == message(errc::limit_exceeded));
  }
}

TEST_CASE("a pinned_vector that cannot have so many elements keeps those that it has", "[containers]") {
  pinned_vector<int> v{1, 2, 3};
  for (const std::size_t count : {SIZE_MAX, SIZE_MAX - 2, SIZE_MAX / 8}) {
    CHECK_THROWS_AS(v.insert(v.begin(), count, 7), std::bad_alloc);
    CHECK_THROWS_AS(v.insert(v.end(), count, 7), std::bad_alloc);
    CHECK_THROWS_AS(v.assign(count, 9), std::bad_alloc);
    CHECK_THROWS_AS(v.resize(count, 9), std::bad_alloc);
    CHECK(v == pinned_vector<int>{1, 2, 3});
  }
  CHECK_THROWS_AS(v.at(3), std::out_of_range);
  CHECK(std::as_const(v).at(2) == 3);

  using small = pinned_vector<std::string>;
  small full(native_allocator(limits{pages{1}}));
  full.resize(full.allocator().limit() / sizeof(std::string));
  std::string kept = "a string that is longer than what a string has room for in itself";
  const std::string same = kept;
  CHECK_THROWS_AS(full.insert(full.begin(), std::move(kept)), std::bad_alloc);
  CHECK(kept == same);
  const std::vector<std::string> more(full.size() + 1, "x");
  CHECK_THROWS_AS(full.assign(more.begin(), more.end()), std::bad_alloc);
  CHECK(std::ranges::count(full, "") == static_cast<std::ptrdiff_t>(full.size()));
}

TEST_CASE("what is refused to an empty pinned_vector leaves its address space to be chosen", "[containers]") {
  pinned_vector<int> v;
  CHECK(!v.try_reserve(std::size_t{1} << 40));
  CHECK(v.max_size() == (std::size_t{4} << 30) / sizeof(int));
  CHECK(v.reserve_address_space(2000));
  CHECK(!pinned_vector<int>().reserve_address_space(0));
}

/// Yields 0, 1, 2 …, and throws at the fifth.
auto failing_numbers() {
  return std::views::iota(0, 10) | std::views::transform([](int i) {
           if (i == 5) throw std::runtime_error("an iterator throws");
           return i;
         });
}

TEST_CASE("numbers that an iterator did not finish appending are not seen later", "[containers]") {
  pinned_vector<int> v;
  CHECK_THROWS_AS(v.append_range(failing_numbers()), std::runtime_error);
  CHECK(v.empty());
  v.resize(8);
  CHECK(std::ranges::count(v, 0) == 8);
}

TEST_CASE("elements from a single pass are all appended or none, and none is left behind", "[containers]") {
  std::istringstream words("1 2 3 4 5 6");
  pinned_vector<throwing_element> v{7};
  throwing_element::until_throw = 4;
  CHECK_THROWS_AS(v.insert(v.end(), std::istream_iterator<int>(words), std::istream_iterator<int>()),
                  std::runtime_error);
  throwing_element::until_throw = -1;
  CHECK(v.size() == 1);
  std::istringstream others("1 2 3 4 5 6");
  throwing_element::until_throw = 4;
  CHECK_THROWS_AS(pinned_vector<throwing_element>(std::istream_iterator<int>(others), std::istream_iterator<int>()),
                  std::runtime_error);
  throwing_element::until_throw = -1;
  v.clear();
  CHECK(throwing_element::alive == 0);
}

struct node {
  pinned_vector<node> children{};
};
struct only_less {
  int value;
  friend bool operator<(const only_less& a, const only_less& b) { return a.value < b.value; }
};

TEST_CASE("elements may be incomplete, and need no more than a comparison by less", "[containers]") {
  node root;
  root.children.resize(2);
  root.children[1].children.resize(1);
  CHECK(root.children[1].children.size() == 1);
  pinned_vector<only_less> a, b;
  a.push_back({1});
  b.push_back({2});
  CHECK(a < b);
}

TEST_CASE("a pinned_vector over an allocator with data", "[containers]") {
  pinned_vector<int> v(native_allocator(limits{pages{2}}));
  v.resize(2 * 65536 / sizeof(int));
  CHECK(!v.try_emplace_back(1));
}

TEST_CASE("pages of a pinned_vector are given back by shrink_to_fit, and are zero when they come again",
          "[containers]") {
  pinned_vector<int> v(1'000'000, 5);
  v.resize(10);
  v.shrink_to_fit();
  CHECK(v.capacity() <= 65536 / sizeof(int));
  v.resize(1'000'000);
  CHECK(std::ranges::count(v, 5) == 10);
  CHECK(std::ranges::count(v, 0) == 999'990);
  v.clear();
  v.resize(1'000'000);
  CHECK(std::ranges::count(v, 0) == 1'000'000);
  v.pop_back();
  v.push_back(3);
  v.pop_back();
  v.resize(1'000'000);
  CHECK(v.back() == 0);
}

TEST_CASE("numbers on fresh pages are not touched by resize", "[containers]") {
  test_environment::run_isolated("resize", [] {
    pinned_vector<std::uint64_t> v;
    v.resize(256 << 20);  // 2 GiB: a page is touched
    v[100 << 20] = 1;
    test_environment::check(v[(100 << 20) + 1] == 0, "zero");
  });
}

TEMPLATE_TEST_CASE("a pinned_vector over other typedefs", "[containers]", wasm_linux_allocator,
                   linux_allocator::with_page_size<page_size::transparent_huge<page_size::in_blocks>>,
                   linux_allocator::with_page_size<page_size::in_units_of<1>>,
                   linux_allocator::with_residency<residency::populated>) {
  pinned_vector<int, TestType> v;
  for (int i = 0; i < 100'000; ++i) v.push_back(i);
  for (int i = 0; i < 100'000; ++i)
    if (v[static_cast<std::size_t>(i)] != i) FAIL("element " << i);
  v.resize(5);
  v.shrink_to_fit();
  v.resize(100);
  CHECK(v[99] == 0);
}

TEST_CASE("a pinned_vector is as it was when a system call fails", "[containers][fault]") {
  using injector = failing_store::calls::watcher;
  injector::forget();
  for (const bool has_elements : {false, true})
    for (std::size_t at = 0;; ++at) {
      pinned_vector<int, failing_allocator> v;
      if (has_elements) v.assign(65536 / sizeof(int), 1);
      const std::size_t before = v.size();
      // The second failure: fewer pages are refused as well.
      injector::arm({at, {ENOMEM, false}}, {at + 1, {ENOMEM, false}});
      const auto got = v.try_push_back(2);
      injector::disarm();
      if (injector::failed.empty()) {
        CHECK(got.has_value());
        break;
      }
      CHECK(v.size() == before + (got ? 1 : 0));
      CHECK(std::ranges::count(v, 1) == static_cast<std::ptrdiff_t>(before));
      if (!got) CHECK(v.try_push_back(2));
    }
  CHECK(injector::mapped.all().empty());
}

TEST_CASE("pages come ahead of appended elements, half as many as these have, and 128 KiB at most", "[containers]") {
  failing_store::calls::watcher::forget();
  pinned_vector<char, failing_allocator> v;
  const auto append_up_to = [&](std::size_t bytes) {
    failing_store::calls::watcher::arm();
    while (v.size() < bytes) v.push_back(1);
    return brought_in();
  };
  const std::size_t page = v.allocator().granularity();
  if (page > 16_KiB) return;  // few pages, which are left to faults
  CHECK(append_up_to(8 * page).empty());
  CHECK(append_up_to(8 * page + 1) == std::vector<std::size_t>{4 * page});
  CHECK(append_up_to(12 * page).empty());
  if (page == 4_KiB) {
    CHECK(append_up_to(1_MiB) == std::vector<std::size_t>{16_KiB, 32_KiB, 32_KiB, 64_KiB, 64_KiB, 128_KiB, 128_KiB,
                                                          128_KiB, 128_KiB, 128_KiB,
                                                          128_KiB});  // up to the committed end at each doubling
    v.clear();
    CHECK(append_up_to(1_MiB).empty());
  }
}

TEST_CASE("of elements that are appended together the first have their pages by one call, and those of a resize none",
          "[containers]") {
  failing_store::calls::watcher::forget();
  pinned_vector<char, failing_allocator> v;
  const bool few_pages = v.allocator().granularity() <= 16_KiB;  // larger ones are left to faults
  v.append_range(std::vector<char>(1_MiB, 1));
  if (few_pages) CHECK(brought_in() == std::vector<std::size_t>{128_KiB});
  v.resize(4_MiB);
  CHECK(brought_in().size() <= 1);
  v.push_back(2);
  if (few_pages) CHECK(brought_in() == std::vector<std::size_t>{128_KiB, 128_KiB});
  CHECK(v.back() == 2);
  CHECK(std::ranges::count(v, 0) == 3_MiB);
}

TEST_CASE("elements that may leave pages untouched get none ahead", "[containers]") {
  struct large {
    large() {}
    char bytes[2_MiB];
  };
  failing_store::calls::watcher::forget();
  pinned_vector<large, failing_allocator> v;
  for (int i = 0; i < 10; ++i) v.emplace_back();
  CHECK(brought_in().empty());
}

struct kernel_without_populate : permissive_fake_kernel {
  static inline int tried = 0;
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    if (advice != advice_populate_write) return permissive_fake_kernel::madvise(p, bytes, advice);
    ++tried;
    return invalid;
  }
};

TEST_CASE("a kernel without the call is asked once for each growth, and pages are faulted in", "[containers]") {
  kernel_without_populate::tried = 0;
  pinned_vector<char, linux_allocator::with_backing<backing::linux_mmap<kernel_without_populate>>> v;
  while (v.size() < 8_MiB) v.push_back(1);
  CHECK(std::ranges::count(v, 1) == 8_MiB);
  CHECK(kernel_without_populate::tried <= 8);  // 64 KiB, doubled up to 8 MiB
}

TEST_CASE("a pinned_vector whose pages cannot be brought in faults them in", "[containers][fault]") {
  using injector = failing_store::calls::watcher;
  injector::forget();
  pinned_vector<int, failing_allocator> v;
  v.reserve(1_MiB / sizeof(int));
  std::size_t failed = 0;
  for (int i = 0; v.size() < 512_KiB / sizeof(int); ++i) {
    injector::arm({0, {EFAULT, false}}, {1, {EFAULT, false}});
    v.push_back(i);
    failed += injector::failed.size();
  }
  injector::disarm();
  if (v.allocator().granularity() <= 16_KiB) CHECK(failed == 1);  // after it, none is tried before the next growth
  for (std::size_t i = 0; i < v.size(); ++i)
    if (v[i] != static_cast<int>(i)) FAIL("element " << i);
}

TEST_CASE("the rest of std::vector's interface", "[containers]") {
  pinned_vector<int> v{3, 1, 2};
  std::ranges::sort(v);
  CHECK(v == pinned_vector<int>{1, 2, 3});
  CHECK(v < pinned_vector<int>{1, 2, 4});
  CHECK(*v.rbegin() == 3);
  CHECK(*(std::as_const(v).rend() - 1) == 1);
  CHECK(v.front() == 1);
  CHECK(std::as_const(v).back() == 3);
  CHECK(erase_if(v, [](int x) { return x == 2; }) == 1);
  CHECK(erase(v, 17) == 0);
  CHECK(*v.crbegin() == 3);
  const std::list<int> more{7, 8};
  v.append_range(more);
  std::istringstream words("5 6");
  v.insert(v.begin(), std::istream_iterator<int>(words), std::istream_iterator<int>());
  CHECK(v == pinned_vector<int>{5, 6, 1, 3, 7, 8});
  v.assign_range(more | std::views::transform([](int x) { return -x; }));
  CHECK(v == pinned_vector<int>{-7, -8});
  v.insert(v.begin() + 1, {1, 2});
  CHECK(v == pinned_vector<int>{-7, 1, 2, -8});
  v = {9};
  v.reserve(1000);
  CHECK(v.capacity() >= 1000);
  v.clear();
  CHECK(v.empty());
}

}  // namespace
}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
// All bookkeeping of an allocator is stored in the word type that the store's adaptor names.
#include <cstring>

#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>

#include "support/catch/catch.hpp"
#include "support/stores.hpp"

namespace quire::test {
namespace {

using careful = linux_allocator::with_backing<with_words_twice<backing::linux_mmap<>>>;

TEST_CASE("bookkeeping is stored in the word type that the store names", "[bookkeeping]") {
  STATIC_REQUIRE(sizeof(careful) == 2 * sizeof(linux_allocator));
  STATIC_REQUIRE(std::is_same_v<word_of<backing::linux_mmap<>, std::size_t>, std::size_t>);
  STATIC_REQUIRE(std::is_same_v<word_of<with_words_twice<backing::linux_mmap<>>, std::size_t>, twice<std::size_t>>);
}

TEST_CASE("a flipped bit in any bookkeeping word is noticed", "[bookkeeping]") {
  // One copy of each of the four words is damaged in turn; the operation that reads it notices.
  for (std::size_t word = 0; word < 4; ++word) {
    CAPTURE(word);
    careful a;
    REQUIRE(a.allocate(pages{2}, pages{5}).has_value());
    const int before = disagreements;
    CHECK(a.zone_of(a.data() + a.size() + a.capacity()) == zone::guard_after);
    CHECK(disagreements == before);

    auto* const bytes = reinterpret_cast<unsigned char*>(&a) + word * 2 * sizeof(std::size_t) + sizeof(std::size_t);
    *bytes ^= 4;
    (void)a.data();
    (void)a.size();
    (void)a.capacity();
    careful b;
    b = std::move(a);
    (void)b.deallocate(b.data(), b.size());
    (void)b.allocate(pages{1});
    CHECK(disagreements > before);
  }
}

/// Linux, until it refuses to change any access.
struct refusing : calls::linux_kernel {
  static inline bool refuses = false;

  static calls::mapping mmap(void* where, std::size_t bytes, int protection, int flags) noexcept {
    return refuses ? calls::mapping{nullptr, no_memory} : linux_kernel::mmap(where, bytes, protection, flags);
  }
  static int mprotect(void* p, std::size_t bytes, int protection) noexcept {
    return refuses ? no_memory : linux_kernel::mprotect(p, bytes, protection);
  }
};

TEST_CASE("a broken memory refuses growth from any size, also beyond a maximum within a block", "[bookkeeping]") {
  using in_blocks = page_size::transparent_huge<page_size::in_blocks>;
  linux_allocator::with_backing<backing::linux_mmap<refusing>>::with_page_size<in_blocks> a;
  REQUIRE(a.allocate(pages{1}, pages{40}));
  refusing::refuses = true;
  CHECK_FALSE(a.grow(pages{1}, pages{32}));
  refusing::refuses = false;
  for (const std::uint64_t stale : {0U, 1U, 33U, 40U, 64U}) {
    const auto got = a.grow(pages{stale}, pages{1});
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::broken);
  }
  CHECK(a.deallocate(a.data(), 0));
  CHECK((a.data() == nullptr && a.capacity() == 0));
}

}  // namespace
}  // namespace quire::test

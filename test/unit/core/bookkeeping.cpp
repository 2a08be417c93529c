// All bookkeeping of an allocator is stored in the word type that the store's adaptor names.
#include <cstring>

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

}  // namespace
}  // namespace quire::test

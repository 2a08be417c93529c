// SPDX-License-Identifier: BSL-1.0
// Tagged pointers at run time: the position of the tag, and the calls to the tag registry.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

#include <quire/tagged_ptr.hpp>

#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

std::uint64_t bits_of(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

TEST_CASE("a tag is stored in bits 56 to 59 of the pointer", "[tagged_ptr]") {
  std::array<int, 4> numbers{1, 2, 3, 4};
  const tagged_ptr p{numbers.data()};
  CHECK(p.tag() == 0);
  for (unsigned tag = 0; tag < tag_count; ++tag) {
    const auto tagged = p.with_tag(tag);
    CHECK(tagged.tag() == tag);
    CHECK(bits_of(tagged.get()) == (bits_of(numbers.data()) | std::uint64_t{tag} << 56));
    CHECK(tagged.untagged() == numbers.data());
    CHECK(tagged.with_tag(0) == p);
    CHECK(tagged.with_tag(15 - tag).tag() == 15 - tag);
    CHECK(tagged.with_tag(tag + 16) == tagged);
    CHECK(tagged == tagged_ptr<int>(numbers.data(), tag));
    CHECK((tagged == p) == (tag == 0));
    CHECK((tagged + 3).tag() == tag);
    CHECK((tagged + 3).untagged() == &numbers[3]);
    CHECK((tagged + 3) - tagged == 3);
    CHECK(tagged < tagged + 1);
    CHECK(tagged.cast_to<std::byte>().get() == reinterpret_cast<std::byte*>(tagged.get()));
    CHECK(tagged_ptr<const int>(tagged).tag() == tag);
    CHECK(std::to_address(tagged) == tagged.get());
  }
}

TEST_CASE("setting a tag keeps the bits above it", "[tagged_ptr]") {
  const auto odd = reinterpret_cast<int*>(static_cast<std::uintptr_t>(0xa500'0000'0000'1000));
  CHECK(tagged_ptr(odd).tag() == 5);
  CHECK(bits_of(tagged_ptr(odd).with_tag(0xc).get()) == 0xac00'0000'0000'1000);
  CHECK(bits_of(tagged_ptr(odd).untagged()) == 0xa000'0000'0000'1000);
}

template <class Pointer>
void iterate(Pointer p, std::array<int, 5>& numbers) {
  CHECK(*p == 5);
  CHECK(p[4] == 3);
  CHECK(*p++ == 5);
  CHECK(*p-- == 1);
  CHECK(*++p == 1);
  CHECK(*--p == 5);
  p += 2;
  CHECK(*p == 4);
  p -= 2;
  const std::ranges::subrange all(p, p + 5);
  CHECK(std::accumulate(all.begin(), all.end(), 0) == 15);
  std::ranges::sort(all);
  CHECK(std::ranges::is_sorted(numbers));
  CHECK(*std::ranges::lower_bound(all, 4) == 4);
  std::vector<int> copied(5);
  std::ranges::copy(all, copied.begin());
  CHECK(std::ranges::equal(copied, numbers));
  const std::span<int> seen(p, 5);
  CHECK(seen.data() == p.get());
  *p = 10;
  p[1] = 20;
  CHECK(numbers[0] == 10);
  CHECK(numbers[1] == 20);
}

TEST_CASE("standard algorithms accept tagged pointers", "[tagged_ptr]") {
  std::array<int, 5> numbers{5, 1, 4, 2, 3};
  iterate(tagged_ptr{numbers.data()}, numbers);
#if defined(__aarch64__)  // arm64 ignores the top byte of an address even where memory is not tagged
  numbers = {5, 1, 4, 2, 3};
  iterate(tagged_ptr<int>(numbers.data(), 9), numbers);
#endif
}

/// One recorded check.
struct question {
  const void* p;
  std::size_t bytes;
  unsigned tag;
  friend bool operator==(const question&, const question&) = default;
};
std::vector<question> asked;
std::vector<question> take() { return std::exchange(asked, {}); }

}  // namespace

inline constexpr tag_registry notary{
    nullptr, nullptr, nullptr, nullptr,
    [](const void* p, std::size_t bytes, unsigned tag) noexcept { asked.push_back({p, bytes, tag}); }};

namespace {

struct pair {
  int first;
  int second;
};

TEST_CASE("the registry is asked before each dereference and at no other time", "[tagged_ptr]") {
  std::array<pair, 4> pairs{pair{1, 2}, {3, 4}, {5, 6}, {7, 8}};
  const tagged_ptr<pair, &notary> p{pairs.data(), 5};
  CHECK((*p).first == 1);
  CHECK(take() == std::vector<question>{{pairs.data(), sizeof(pair), 5}});
  CHECK(p->second == 2);
  CHECK(take() == std::vector<question>{{pairs.data(), sizeof(pair), 5}});
  CHECK(p[3].second == 8);
  CHECK(take() == std::vector<question>{{&pairs[3], sizeof(pair), 5}});
  CHECK((p.with_tag(7) + 1)->first == 3);
  CHECK(take() == std::vector<question>{{&pairs[1], sizeof(pair), 7}});
  CHECK(*p.cast_to<std::byte>() == std::as_bytes(std::span(pairs))[0]);
  CHECK(take() == std::vector<question>{{pairs.data(), 1, 5}});
  CHECK(*tagged_ptr<const pair, &notary>(p).cast_to<const int>() == 1);
  CHECK(take() == std::vector<question>{{pairs.data(), sizeof(int), 5}});

  const auto end = p + 4;
  CHECK(end - p == 4);
  CHECK(p < end);
  CHECK(p != p.with_tag(6));
  CHECK(std::to_address(end) == pairs.data() + 4);
  CHECK(std::span<pair>(p, end).size() == 4);
  CHECK(p.get() == pairs.data());
  CHECK(p.untagged() == pairs.data());
  CHECK(p.tag() == 5);
  CHECK(take().empty());
}

TEST_CASE("standard algorithms accept tagged pointers with a registry", "[tagged_ptr]") {
  std::array<int, 5> numbers{5, 1, 4, 2, 3};
  iterate(tagged_ptr<int, &notary>(numbers.data(), 3), numbers);
  CHECK(std::ranges::all_of(take(), [](const question& q) { return q.tag == 3 && q.bytes == sizeof(int); }));
}

}  // namespace
}  // namespace quire::test

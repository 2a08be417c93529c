// SPDX-License-Identifier: BSL-1.0
// Tag checks are enabled for each thread: the behaviour of threads that did not enable them.
#include <cstddef>
#include <thread>

#include "conformance/common.hpp"
#include "mte/checking.hpp"

namespace quire::test {
namespace {

unsigned long word_of_this_thread() { return static_cast<unsigned long>(machine_calls::tag_control()); }

/// Runs f in a thread that starts without checks, whatever this thread has enabled.
template <class F>
void in_plain_thread(F f) {
  std::thread([&] {
    (void)machine_calls::set_tag_control(0);
    f();
  }).join();
}

}  // namespace

TEST_CASE("a scope enables checks, and its end restores the previous state", "[mte]") {
  REQUIRE_TAGS();
  const unsigned long before = word_of_this_thread();
  {
    const tagging::mte_thread_scope outer;
    REQUIRE(outer);
    CHECK(word_of_this_thread() == (1UL | 2UL | 0xfffeUL << 3));
    {
      const tagging::mte_thread_scope inner{tag_checks::asynchronous, 0x00f0};
      REQUIRE(inner);
      CHECK(word_of_this_thread() == (1UL | 4UL | 0x00f0UL << 3));
    }
    CHECK(word_of_this_thread() == (1UL | 2UL | 0xfffeUL << 3));
    const tagging::mte_thread_scope off{tag_checks::none};
    REQUIRE(off);
    CHECK((word_of_this_thread() & 6) == 0);
  }
  CHECK(word_of_this_thread() == before);
}

TEST_CASE("new threads inherit the checks of a scope", "[mte]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  bool allocated = false;
  std::thread([&] {
    tagged_allocator a;
    allocated = a.allocate(pages{1}, pages{4}).has_value();
  }).join();
  CHECK(allocated);
}

TEST_CASE("a thread without checks cannot allocate, and stays unchanged", "[mte]") {
  REQUIRE_TAGS();
  in_plain_thread([] {
    tagged_allocator a;
    const auto got = a.allocate(pages{1}, pages{4});
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().code == errc::not_permitted);
    CHECK(got.error().at == step::tag);
    CHECK(a.data() == nullptr);
    CHECK(word_of_this_thread() == 0);
    const tagging::mte_thread_scope scope;
    CHECK(a.allocate(pages{1}, pages{4}).has_value());
  });
}

TEST_CASE("a thread without checks can use, grow and release a memory, unchecked", "[mte]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  tagged_allocator a;
  REQUIRE(a.allocate_tagged(pages{1}, 5, pages{4}).has_value());
  in_plain_thread([&] {
    write_to(with_tag_in(a.data(), 6), 0x21);  // an undetected wrong tag
    REQUIRE(a.grow(pages{1}).has_value());
    REQUIRE(a.discard(65536, 65536).has_value());
    REQUIRE(a.shrink(pages{1}).has_value());
    REQUIRE(a.grow(pages{2}).has_value());
    REQUIRE(a.reset(pages{3}).has_value());
  });
  CHECK(a.size() == 3 * 65536);
  CHECK(all_tagged(a.bytes(), 5));  // new pages have the memory's tag all the same
  CHECK(all_zero(a.bytes()));
  in_plain_thread([&] { CHECK(a.deallocate(a.data(), a.size()).has_value()); });
}

TEST_CASE("a reset that retags fails in a thread without checks, and changes nothing", "[mte]") {
  REQUIRE_TAGS();
  const tagging::mte_thread_scope scope;
  with<tagging::mte<>::retag_on_reset> a;
  REQUIRE(a.allocate(pages{2}, pages{4}).has_value());
  fill(a.bytes(), 0x31);
  in_plain_thread([&] {
    const unsigned tag = a.tag();
    const auto got = a.reset(pages{1});
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().code == errc::not_permitted);
    CHECK(a.tag() == tag);
    CHECK(a.size() == 2 * 65536);
    CHECK(holds(a.bytes(), 0x31));  // the reset had not begun
  });
  CHECK(a.reset(pages{1}).has_value());
}

}  // namespace quire::test

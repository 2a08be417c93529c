// SPDX-License-Identifier: BSL-1.0
// A VM tag reaches a store that accepts it, at the time of mapping.
#include <cstring>

#include <quire/all_of.hpp>
#include <quire/platform/linux.hpp>
#include <quire/tagging/checked.hpp>
#include <quire/tagging/named.hpp>
#include <quire/tagging/vm_tag.hpp>

#include "support/catch/catch.hpp"

namespace quire::test {
namespace {

/// Linux with mappings that accept a VM tag, which is recorded.
struct noting_store : backing::linux_mmap<> {
  static constexpr bool takes_vm_tags = true;
  static inline unsigned noted = 0;
  static inline const char* named = nullptr;

  static reservation reserve(std::size_t bytes, std::size_t alignment, const attributes& requested) noexcept {
    noted = requested.vm_tag;
    return linux_mmap::reserve(bytes, alignment, requested);
  }
  static int name(page_run, const char* text) noexcept {
    named = text;
    return 0;
  }
};
static_assert(vm_tagging_store<noting_store> && !vm_tagging_store<backing::linux_mmap<>>);

template <class T>
using noting = linux_allocator::with_backing<noting_store>::with_tagging<T>;

template <class A>
unsigned noted_by() {
  noting_store::noted = 0;
  A a;
  REQUIRE(a.allocate(pages{1}).has_value());
  return noting_store::noted;
}

TEST_CASE("a VM tag is passed to the store when the memory is mapped", "[vm_tag]") {
  CHECK(noted_by<noting<tagging::vm_tag<240>>>() == 240);
  CHECK(noted_by<noting<tagging::vm_tag<255>>>() == 255);
  CHECK(noted_by<noting<tagging::vm_tag<tagging::vm_tag_webassembly>>>() == 63);
  CHECK(noted_by<noting<tagging::untagged>>() == 0);
}

TEST_CASE("all_of joins a VM tag with a mapping name and checked tags", "[vm_tag]") {
  using all = noting<all_of<tagging::vm_tag<250>, tagging::named<"quire test">, tagging::checked<0x20>>>;
  CHECK(noted_by<all>() == 250);
  CHECK(std::strcmp(noting_store::named, "quire test") == 0);
  all a;
  REQUIRE(a.allocate(pages{1}).has_value());
  CHECK(a.tag() == 5);
}

}  // namespace
}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
// Tags checked in software: the tag registry, and memories whose tagged pointers consult it.
#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <utility>
#include <vector>

#include <quire/all_of.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/platform/linux.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/tagging/checked.hpp>
#include <quire/tagging/named.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/child.hpp"
#include "support/process/sanitizers.hpp"

namespace quire::test {
namespace {

using checked_allocator = linux_allocator::with_tagging<tagging::checked<>>;
using retagging_allocator = linux_allocator::with_tagging<tagging::checked<>::retag_on_reset>;
static_assert(tagged_page_allocator<checked_allocator> && tagged_page_allocator<retagging_allocator>);
static_assert(!tagged_page_allocator<linux_allocator>);
static_assert(!checked_allocator::contract.base_bits_change_on_reset &&
              !retagging_allocator::contract.base_bits_change_on_reset);  // the base stays an ordinary address
static_assert(sizeof(checked_allocator) == 4 * sizeof(void*));

constexpr const tag_registry& registry = tagging::software_tags;

/// The message written when f ends the process by SIGABRT, as a refused access does; empty if f does anything else.
template <class F>
std::string refusal_of(F f) {
  std::string said;
  const child_report got = run_in_child(f, &said);
  CHECK(got.signal == SIGABRT);
  CHECK_FALSE(got.finished);
  return got.signal == SIGABRT ? said : "";
}
/// Checks that the first line contains the words and that Quire wrote one line. An emulator may add a line of its own.
bool tells(const std::string& said, const char* words) {
  INFO(said);
  const std::string first = said.substr(0, said.find('\n'));
  const bool found = first.starts_with("quire: ") && first.find(words) != std::string::npos;
  const bool one_line = said.find("quire: ", 1) == std::string::npos;
  CHECK(found);
  CHECK(one_line);
  return found && one_line;
}

TEST_CASE("the registry picks each permitted tag in turn", "[checked]") {
  for (const unsigned choices : {0xfffeu, 0x8002u, 0x00f0u, 0x0014u}) {
    unsigned before = no_tag, seen = 0;
    for (unsigned i = 0; i < 2 * tag_count; ++i) {
      const unsigned tag = registry.pick(static_cast<std::uint16_t>(choices));
      CHECK(tag < tag_count);
      CHECK(tag != before);
      before = tag;
      seen |= 1u << tag;
    }
    CHECK(seen == choices);
  }
  CHECK(registry.pick(0x20) == 5);
  CHECK(registry.pick(0x20) == 5);
}

TEST_CASE("the registry knows the tag of every byte of a memory and of no other byte", "[checked]") {
  std::array<std::byte, 96> bytes{};
  std::byte* const begin = bytes.data() + 16;
  CHECK(registry.tag_at(begin) == no_tag);
  REQUIRE(registry.assign(begin, 32, 5));
  REQUIRE(registry.assign(begin + 32, 16, 6));
  CHECK(registry.tag_at(begin - 1) == no_tag);
  CHECK(registry.tag_at(begin) == 5);
  CHECK(registry.tag_at(begin + 31) == 5);
  CHECK(registry.tag_at(begin + 32) == 6);
  CHECK(registry.tag_at(begin + 47) == 6);
  CHECK(registry.tag_at(begin + 48) == no_tag);
  registry.check(begin, 32, 5);
  registry.check(begin + 31, 1, 5);
  registry.check(begin + 32, 16, 6);

  REQUIRE(registry.assign(begin, 32, 9));
  CHECK(registry.tag_at(begin) == 9);
  registry.check(begin, 32, 9);
  registry.erase(begin, 32);
  CHECK(registry.tag_at(begin) == no_tag);
  CHECK(registry.tag_at(begin + 32) == 6);
  registry.erase(begin, 32);  // erasing a range that is not registered does nothing
  registry.erase(begin + 32, 16);
  CHECK(registry.tag_at(begin + 32) == no_tag);
}

TEST_CASE("a refused access is reported in one line", "[checked]") {
  std::array<std::byte, 64> bytes{};
  REQUIRE(registry.assign(bytes.data(), 32, 5));
  CHECK(tells(refusal_of([&] { registry.check(bytes.data() + 4, 4, 7); }), "tag 7 for 4 bytes at 0x"));
  CHECK(tells(refusal_of([&] { registry.check(bytes.data() + 4, 4, 7); }), "whose tag is 5"));
  CHECK(tells(refusal_of([&] { registry.check(bytes.data() + 32, 1, 5); }), "which have no tag"));
  CHECK(tells(refusal_of([&] { registry.check(bytes.data() - 1, 1, 5); }), "which have no tag"));
  CHECK(tells(refusal_of([&] { registry.check(bytes.data() + 30, 4, 5); }), "which have no tag"));
  CHECK(tells(refusal_of([&] { registry.check(bytes.data(), SIZE_MAX, 5); }), "which have no tag"));
  registry.erase(bytes.data(), 32);
  CHECK(tells(refusal_of([&] { registry.check(bytes.data() + 4, 4, 5); }), "tag 5 for 4 bytes at 0x"));
}

/// Exhausts the heap, so that malloc has no room for a registry entry while mappings without access still work. Returns
/// whether the heap is exhausted.
bool use_up_the_heap() {
  const rlimit no_data{0, 0};
  if (::setrlimit(RLIMIT_DATA, &no_data) != 0) return false;
  for (int i = 0; i < 1'000'000; ++i) {
    void* volatile taken = std::malloc(32);
    if (taken == nullptr) return true;
  }
  return false;  // an emulator does not enforce the limit
}

TEST_CASE("allocate fails with out_of_memory and owns nothing where the registry has no room", "[checked]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer does not let memory run out");
  test_environment::run_isolated("out of memory", [] {
    retagging_allocator a, b;
    test_environment::check(a.allocate(pages{1}).has_value(), "while there is room");
    if (!use_up_the_heap()) return report_skip("memory does not run out here");
    const auto got = b.allocate(pages{1});
    test_environment::check(!got && got.error() == error{errc::out_of_memory, step::tag, 0}, "no room for the tag");
    test_environment::check(b.data() == nullptr && b.tag() == 0, "nothing is owned");
    test_environment::check(a.reset(pages{1}).has_value(), "a tag that is noted can be changed");
    test_environment::check(a.deallocate(a.data(), a.size()).has_value() && b.allocate(pages{0}).has_value(),
                            "the room of a note is used again");
  });
}

TEST_CASE("an access with the matching tag works and with any other ends the process", "[checked]") {
  checked_allocator a;
  const auto got = a.allocate_tagged(pages{2}, 5, pages{4});
  REQUIRE(got.has_value());
  const auto [bytes, begin] = *got;
  CHECK(bytes.data() == a.data());
  CHECK(bytes.size() == 2 * 65536);
  CHECK(begin == a.tagged_data());
  CHECK(a.tag() == 5);
  *begin = std::byte{42};
  CHECK(bytes[0] == std::byte{42});
  begin[2 * 65536 - 1] = std::byte{43};
  for (unsigned tag = 0; tag < tag_count; ++tag)
    if (tag != 5) CHECK(tells(refusal_of([&, p = begin.with_tag(tag)] { *p = std::byte{1}; }), "whose tag is 5"));
  const auto words = begin.cast_to<std::uint64_t>();
  words[1] = 7;
  CHECK(words[1] == 7);
  CHECK(tells(refusal_of([&] { words.with_tag(4)[1] = 8; }), "tag 4 for 8 bytes"));
  CHECK(tells(refusal_of([&] { (void)*(begin - 1); }), "which have no tag"));
  CHECK(tells(refusal_of([&] { (void)*(begin + 4 * 65536); }), "which have no tag"));
}

TEST_CASE("a tag outside 1 to 15 is refused", "[checked]") {
  checked_allocator a;
  for (const unsigned tag : {0u, 16u, 21u, ~0u}) {
    const auto got = a.allocate_tagged(pages{1}, tag);
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().code == errc::invalid_argument);
    CHECK(a.data() == nullptr);
  }
  CHECK(a.tag() == 0);
  for (unsigned tag = 1; tag < tag_count; ++tag) {
    checked_allocator each;
    REQUIRE(each.allocate_tagged(pages{1}, tag).has_value());
    CHECK(each.tag() == tag);
  }
}

TEST_CASE("grow and shrink and discard and reset keep the tag", "[checked]") {
  checked_allocator a;
  REQUIRE(a.allocate_tagged(pages{1}, 9, pages{8}).has_value());
  const auto begin = a.tagged_data();
  REQUIRE(a.grow(pages{3}).has_value());
  begin[4 * 65536 - 1] = std::byte{1};
  REQUIRE(a.shrink(pages{1}).has_value());
  REQUIRE(a.discard(0, 65536).has_value());
  CHECK(*begin == std::byte{0});
  REQUIRE(a.reset(pages{8}).has_value());
  begin[8 * 65536 - 1] = std::byte{2};
  CHECK(a.tag() == 9);
  CHECK(begin == a.tagged_data());
}

TEST_CASE("a pointer from before a reset is stale where the policy retags on reset", "[checked]") {
  retagging_allocator a;
  REQUIRE(a.allocate(pages{1}, pages{4}).has_value());
  auto before = a.tagged_data();
  for (int i = 0; i < 20; ++i) {
    *before = std::byte{1};
    REQUIRE(a.reset(pages{2}).has_value());
    CHECK(a.tag() != before.tag());
    CHECK(a.data() == before.get());
    if (i == 0) CHECK(tells(refusal_of([&] { *before = std::byte{2}; }), "whose tag is"));
    before = a.tagged_data();
    CHECK(*before == std::byte{0});
  }
}

TEST_CASE("a pointer to released memory is stale", "[checked]") {
  checked_allocator a;
  REQUIRE(a.allocate(pages{1}).has_value());
  const auto stale = a.tagged_data();
  REQUIRE(a.deallocate(a.data(), a.size()).has_value());
  CHECK(a.tag() == 0);
  CHECK(tells(refusal_of([&] { *stale = std::byte{2}; }), "which have no tag"));
  {
    checked_allocator ends;
    REQUIRE(ends.allocate(pages{1}).has_value());
    *ends.tagged_data() = std::byte{1};
    a = std::move(ends);
    *a.tagged_data() = std::byte{2};  // the memory moved to another owner together with its tag
  }
  const auto moved = a.tagged_data();
  {
    const checked_allocator ends = std::move(a);
  }
  CHECK(tells(refusal_of([&] { *moved = std::byte{2}; }), "which have no tag"));
}

/// Refuses munmap or mprotect when told to, and records the last mapping.
struct stubborn_kernel : calls::linux_kernel {
  static inline bool refuses_to_unmap = false, refuses_to_protect = false;
  static inline std::byte* mapped = nullptr;
  static calls::mapping mmap(void* where, std::size_t bytes, int protection, int flags) noexcept {
    const calls::mapping m = linux_kernel::mmap(where, bytes, protection, flags);
    mapped = static_cast<std::byte*>(m.address);
    return m;
  }
  static int munmap(void* p, std::size_t bytes) noexcept {
    return refuses_to_unmap ? no_memory : linux_kernel::munmap(p, bytes);
  }
  static int mprotect(void* p, std::size_t bytes, int protection) noexcept {
    return refuses_to_protect ? no_memory : linux_kernel::mprotect(p, bytes, protection);
  }
};

TEST_CASE("a memory keeps its tag where release fails and has none where allocate fails", "[checked]") {
  checked_allocator::with_backing<backing::linux_mmap<stubborn_kernel>> a;
  REQUIRE(a.allocate_tagged(pages{1}, 5).has_value());
  stubborn_kernel::refuses_to_unmap = true;
  const auto released = a.deallocate(a.data(), a.size());
  stubborn_kernel::refuses_to_unmap = false;
  CHECK_FALSE(released.has_value());
  CHECK(a.tag() == 5);
  *a.tagged_data() = std::byte{1};
  REQUIRE(a.deallocate(a.data(), a.size()).has_value());

  stubborn_kernel::refuses_to_protect = true;
  CHECK_FALSE(a.allocate(pages{1}).has_value());
  stubborn_kernel::refuses_to_protect = false;
  CHECK(registry.tag_at(stubborn_kernel::mapped + decltype(a)::contract.guard_before) == no_tag);
}

TEST_CASE("an empty memory has a tag", "[checked]") {
  checked_allocator a;
  REQUIRE(a.allocate_tagged(pages{0}, 3, pages{0}).has_value());
  CHECK(a.tag() == 3);
  REQUIRE(a.deallocate(a.data(), 0).has_value());
}

TEST_CASE("adjacent memories have different tags", "[checked]") {
  using packed = checked_allocator::with_protection<protection::unguarded>;
  std::array<packed, 32> all;
  for (auto& each : all) REQUIRE(each.allocate(pages{32}, pages{32}).has_value());
  for (auto& each : all) {
    each.tagged_data()[32 * 65536 - 1] = std::byte{1};
    CHECK(registry.tag_at(each.data() + 32 * 65536 - 1) == each.tag());
  }
  CHECK(all[0].tag() != all[1].tag());
}

TEST_CASE("all_of joins checked tags with a mapping name", "[checked]") {
  using both = all_of<tagging::checked<0x20>, tagging::named<"quire test">>;
  attributes requested;
  both{}.request(requested);
  CHECK(requested.tags.registry == &registry);
  CHECK(requested.tags.choices == 0x20);
  CHECK(requested.tags.checks == tag_checks::none);
  CHECK_FALSE(requested.tags.retag_on_reset);
  CHECK(std::string(requested.mapping_name.get()) == "quire test");
}

TEST_CASE("threads use the registry at the same time", "[checked][threads]") {
  constexpr int many = 4;
  std::atomic<int> waiting{many};
  std::atomic<bool> well{true};
  retagging_allocator shared;
  REQUIRE(shared.allocate(pages{1}).has_value());
  const auto everybody = shared.tagged_data();
  std::vector<std::thread> threads;
  for (int i = 0; i < many; ++i)
    threads.emplace_back([&, i] {
      --waiting;
      while (waiting != 0) std::this_thread::yield();
      for (int round = 0; round < 200; ++round) {
        retagging_allocator own;
        if (!own.allocate(pages{1}, pages{2})) well = false;
        *own.tagged_data() = std::byte{1};
        if (!own.reset(pages{1}) || *own.tagged_data() != std::byte{0}) well = false;
        everybody[i] = std::byte{1};
      }
    });
  for (auto& t : threads) t.join();
  CHECK(well);
  CHECK(everybody.tag() == shared.tag());
}

}  // namespace
}  // namespace quire::test

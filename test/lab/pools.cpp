// SPDX-License-Identifier: BSL-1.0
// Pools of huge pages: drained by growth, in every size of the machine, and on the requested node.
#include <csignal>
#include <cstddef>
#include <string>
#include <tuple>
#include <unistd.h>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/effective.hpp>
#include <quire/explain.hpp>
#include <quire/fallback.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/placement/bind.hpp>
#include <quire/platform/linux.hpp>

#include "nodes.hpp"
#include "report.hpp"
#include "settings.hpp"
#include "support/process/child.hpp"
#include "support/process/machine.hpp"

namespace quire::test {
namespace {

template <std::size_t Size>
using pool_memory = linux_allocator::with_page_size<page_size::explicit_huge<Size>>;
template <std::size_t Size>
constexpr pages one_page{Size / 65536};
template <std::size_t Size>
using size = std::integral_constant<std::size_t, Size>;
/// 2 MiB, and the sizes that replace it on kernels with larger pages.
using sizes = std::tuple<size<std::size_t{2} << 20>, size<std::size_t{32} << 20>, size<std::size_t{1} << 30>>;

std::string pool_of(std::size_t bytes) {
  return "/sys/kernel/mm/hugepages/hugepages-" + std::to_string(bytes >> 10) + "kB/";
}
std::string pool_on(unsigned node, std::size_t bytes) {
  return "/sys/devices/system/node/node" + std::to_string(node) + "/hugepages/hugepages-" +
         std::to_string(bytes >> 10) + "kB/";
}
std::size_t free_in(const std::string& pool) { return number_at(pool + "free_hugepages").value_or(0); }

/// A page of 1 GiB must have been reserved when the machine booted; smaller ones are made here.
template <std::size_t Size>
const char* no_pool(std::size_t pages) {
  if (!number_at(pool_of(Size) + "nr_hugepages")) return "this kernel has no huge pages of that size";
  return free_in(pool_of(Size)) >= pages ? nullptr : "there are not so many huge pages of that size";
}

/// Before Linux 5.14 taking pages of a pool risks a signal, so the library refuses it.
template <class A>
bool is_refused_here(const A& made) {
  if (no_populate_advice() == nullptr) return false;
  REQUIRE_FALSE(made);
  CHECK(made.error().code == errc::not_supported);
  refused_with(made.error());
  return true;
}

TEMPLATE_LIST_TEST_CASE("growth that drains a pool fails and changes nothing", "[pool]", sizes) {
  constexpr std::size_t bytes = TestType::value, few = bytes >= std::size_t{1} << 30 ? 1 : 3;
  if (const char* const why = not_in_a_guest()) return skip(why);
  const std::string pool = pool_of(bytes);
  const number_set_to filled(pool + "nr_hugepages", std::max(few, number_at(pool + "nr_hugepages").value_or(0)));
  if (const char* const why = no_pool<bytes>(few)) return skip(why);
  const std::size_t all = free_in(pool);
  {
    pool_memory<bytes> a;
    const auto made = a.allocate(one_page<bytes>, pages{(all + 2) * one_page<bytes>.n});
    if (is_refused_here(made)) return;
    REQUIRE(made);
    for (std::size_t taken = 1; taken < all; ++taken) REQUIRE(a.grow(one_page<bytes>));
    CHECK(free_in(pool) == 0);
    for (std::size_t i = 0; i < a.size(); i += bytes) a.bytes()[i] = std::byte{7};
    const auto got = a.grow(one_page<bytes>);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::out_of_memory);
    CHECK(explain(got.error(), a, bytes).kind == limit_kind::huge_page_pool);
    CHECK(a.size() == all * bytes);
    CHECK(a.bytes()[a.size() - bytes] == std::byte{7});
    REQUIRE(a.shrink(one_page<bytes>));
    CHECK(free_in(pool) == 1);
    if (all > 1) {
      REQUIRE(a.grow(one_page<bytes>));
      CHECK(a.bytes()[a.size() - bytes] == std::byte{0});
    }
  }
  CHECK(free_in(pool) == all);
}

TEST_CASE("growth fails and keeps contents after the pool has been emptied meanwhile", "[pool]") {
  constexpr std::size_t bytes = std::size_t{2} << 20;
  if (const char* const why = not_in_a_guest()) return skip(why);
  const std::string pool = pool_of(bytes);
  const number_set_to filled(pool + "nr_hugepages", std::max(std::size_t{4}, free_in(pool)));
  if (const char* const why = no_pool<bytes>(4)) return skip(why);
  pool_memory<bytes> a;
  const auto made = a.allocate(pages{64}, pages{128});
  if (is_refused_here(made)) return;
  REQUIRE(made);
  for (std::size_t i = 0; i < a.size(); i += 4096) a.bytes()[i] = std::byte{9};
  const number_set_to emptied(pool + "nr_hugepages", 0);
  CHECK(free_in(pool) == 0);
  const auto got = a.grow(pages{32});
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::out_of_memory);
  for (std::size_t i = 0; i < a.size(); i += 4096) REQUIRE(a.bytes()[i] == std::byte{9});
  CHECK(effective(a).pool_bytes == a.size());
}

TEST_CASE("an image is copied into a pool with room; without room it fails, or the next candidate acts",
          "[pool][images]") {
  constexpr std::size_t bytes = std::size_t{2} << 20;
  if (const char* const why = not_in_a_guest()) return skip(why);
  const std::string pool = pool_of(bytes);
  const number_set_to filled(pool + "nr_hugepages", std::max(std::size_t{3}, free_in(pool)));
  if (const char* const why = no_pool<bytes>(3)) return skip(why);
  const std::vector<std::byte> contents(bytes + 100, std::byte{42});
  using A = with_images<pool_memory<bytes>>;
  using either = fallback<A, with_images<linux_allocator>>;
  const auto image = A::image::from(contents);
  REQUIRE(image);
  A a, b;
  const auto made = a.allocate_from(*image, 0, pages{64}, pages{64});
  if (is_refused_here(made)) return;
  REQUIRE(made);
  CHECK((a.image_mode() == image_mode::copied && a.bytes()[bytes + 99] == std::byte{42}));
  a.bytes()[bytes] = std::byte{1};
  REQUIRE(a.reset(pages{64}));
  CHECK(a.bytes()[bytes] == std::byte{42});
  const number_set_to emptied(pool + "nr_hugepages", 0);
  REQUIRE(free_in(pool) == 0);
  const auto got = b.allocate_from(*image, 0, pages{64}, pages{64});
  REQUIRE_FALSE(got);
  CHECK((got.error().code == errc::out_of_memory && b.data() == nullptr));
  either c;
  REQUIRE(c.allocate_from(*image, 0, pages{64}, pages{64}));
  CHECK((c.acting() == 1 && c.bytes()[bytes + 99] == std::byte{42}));
}

/// Writes to a whole memory after a fork, and returns the signal that ended the process, or 0.
template <class A>
int write_beside_a_child(std::size_t huge_pages) {
  const auto report = run_in_child([=] {
    A a;
    if (!a.allocate(pages{huge_pages * 32}, pages{huge_pages * 32}))
      return report_check(false, "there is a pool", std::source_location::current());
    for (std::byte& each : a.bytes()) each = std::byte{1};
    int ends[2];
    if (::pipe(ends) != 0) return report_check(false, "there is a pipe", std::source_location::current());
    if (::fork() == 0) {
      char none = 0;
      ::close(ends[1]);
      ::_exit(static_cast<int>(::read(ends[0], &none, 1)));  // returns when the parent has ended
    }
    for (std::byte& each : a.bytes()) each = std::byte{2};
  });
  CHECK(report.failures == 0);
  return report.signal;
}

TEST_CASE("after a fork a parent can write to a used-up pool; with inherited pages it is killed", "[pool][fork]") {
  constexpr std::size_t bytes = std::size_t{2} << 20;
  if (const char* const why = not_in_a_guest()) return skip(why);
  if (const char* const why = no_populate_advice()) return skip(why);
  const std::string pool = pool_of(bytes);
  const number_set_to filled(pool + "nr_hugepages", std::max(std::size_t{3}, free_in(pool)));
  if (const char* const why = no_pool<bytes>(3)) return skip(why);
  const std::size_t all = free_in(pool);
  CHECK(write_beside_a_child<pool_memory<bytes>>(all) == 0);
  using choosing = fallback<pool_memory<bytes>, linux_allocator>;
  CHECK(write_beside_a_child<choosing>(all) == 0);
  using inherited = linux_allocator::with_page_size<page_size::explicit_huge<bytes, page_size::inherited>>;
  CHECK(write_beside_a_child<inherited>(all) == SIGBUS);
}

TEST_CASE("pages of a pool lie on the bound node; growth fails if that node's pool is drained", "[pool][numa]") {
  constexpr std::size_t bytes = std::size_t{2} << 20;
  if (const char* const why = no_second_node()) return skip(why);
  if (const char* const why = not_in_a_guest()) return skip(why);
  using A = pool_memory<bytes>::with_placement<placement::bind>;
  unsigned tried = 0;
  for (const unsigned node : listed(nodes_with_memory())) {
    const std::size_t mine = free_in(pool_on(node, bytes));
    if (mine == 0 || mine == free_in(pool_of(bytes))) continue;
    INFO("node " << node);
    ++tried;
    A a{placement::bind{.nodes = {node}}};
    REQUIRE(a.allocate(one_page<bytes>, pages{(mine + 1) * one_page<bytes>.n}));
    for (std::size_t taken = 1; taken < mine; ++taken) REQUIRE(a.grow(one_page<bytes>));
    for (const int where : nodes_of(a.bytes())) REQUIRE(where == static_cast<int>(node));
    const auto got = a.grow(one_page<bytes>);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::out_of_memory);
    CHECK(free_in(pool_of(bytes)) > 0);
  }
  if (tried == 0) skip("no two nodes have huge pages of 2 MiB");
}

}  // namespace
}  // namespace quire::test

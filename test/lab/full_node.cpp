// SPDX-License-Identifier: BSL-1.0
// Growth on a full node: prefer takes pages of other nodes and reports them; bind fails if memory is assured.
#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>

#include <quire/effective.hpp>
#include <quire/explain.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/placement/bind.hpp>
#include <quire/platform/linux.hpp>
#include <quire/residency/assured.hpp>
#include <quire/residency/populated.hpp>

#include "nodes.hpp"
#include "report.hpp"
#include "settings.hpp"
#include "support/catch/test_environment.hpp"

namespace quire::test {
namespace {

constexpr std::size_t at_once = std::size_t{4} << 20;
constexpr pages pages_at_once{at_once / 65536};

/// Free pages in per-processor lists count as used; compaction returns them.
void gather_free_pages() { write_setting("/proc/sys/vm/compact_memory", "1"); }

/// Returns the node that fills up first, among those with more free memory than the kernel reserves.
unsigned scarcest() {
  constexpr std::size_t kept_back = std::size_t{128} << 20;
  gather_free_pages();
  const auto room = [](unsigned node) { return free_on(node) < kept_back ? ~std::size_t{0} : free_on(node); };
  const auto all = listed(nodes_with_memory());
  return *std::min_element(all.begin(), all.end(), [&](unsigned a, unsigned b) { return room(a) < room(b); });
}

limits more_than(unsigned node) { return limits{.maximum = pages{(free_on(node) + 64 * at_once) / 65536}}; }

/// In a guest only: elsewhere, filling a node could take memory that other processes need.
const char* no_node_to_fill() {
  if (const char* const why = no_second_node()) return why;
  return not_in_a_guest();
}

TEST_CASE("growth on a full node: prefer takes pages of other nodes, and effective reports them", "[numa]") {
  if (const char* const why = no_node_to_fill()) return skip(why);
  test_environment::run_isolated("prefer", [] {
    using A = numa_linux_allocator::with_page_size<page_size::no_huge>::with_residency<residency::populated>;
    const unsigned node = scarcest();
    A a{placement::prefer{.node = node}, more_than(node)};
    const std::size_t room = free_on(node);
    expect(a.allocate(pages_at_once).has_value(), "allocate");
    while (a.size() < room + at_once)
      if (!a.grow(pages_at_once)) return expect(false, "grow");
    const auto where = nodes_of(a.bytes());
    const std::set<int> found(where.begin(), where.end());
    expect(found.contains(static_cast<int>(node)) && found.size() > 1, "pages lie on the node, and on others");
    expect(*found.begin() >= 0, "and all of them are there");
    const auto told = effective(a).nodes;
    expect(told && told->contains(node) && told->count() > 1, "effective() tells of both");
  });
}

TEST_CASE("growth on a full node: bind with assured fails and changes nothing", "[numa]") {
  if (const char* const why = no_node_to_fill()) return skip(why);
  test_environment::run_isolated("bind", [] {
    using A = linux_allocator::with_page_size<page_size::no_huge>::with_placement<placement::bind>::with_residency<
        residency::assured>;
    const unsigned node = scarcest();
    A a{placement::bind{.nodes = {node}}, more_than(node)};
    expect(a.allocate(pages_at_once).has_value(), "allocate");
    auto got = a.grow(pages_at_once);
    while (got) got = a.grow(pages_at_once);
    expect(got.error().code == errc::out_of_memory, "the node is full");
    expect(a.capacity() - a.size() >= at_once, "long before the maximum");
    const auto before = a.size();
    const auto why = explain(got.error(), a, at_once);
    expect(why.kind == limit_kind::memory && why.owner.find("node") != std::string_view::npos,
           "explain() names the nodes");
    expect(a.size() == before && a.size() > at_once, "the memory is as it was");
    for (const int where : nodes_of(a.bytes())) expect(where == static_cast<int>(node), "every page is on the node");
    // This exceeds what per-processor lists may keep.
    expect(a.shrink(pages{a.size_pages().n - pages_at_once.n}).has_value(), "shrink");
    gather_free_pages();
    expect(a.grow(pages{1}).has_value(), "what was given back can be had again");
  });
}

}  // namespace
}  // namespace quire::test

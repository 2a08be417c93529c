// SPDX-License-Identifier: BSL-1.0
// Every placement, checked page by page through the whole lifecycle of a memory.
#include <cstddef>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <quire/page_allocator.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/placement/bind.hpp>
#include <quire/placement/interleave.hpp>
#include <quire/placement/local.hpp>
#include <quire/placement/prefer.hpp>
#include <quire/placement/weighted_interleave.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/residency/populated.hpp>
#include <quire/tagging/untagged.hpp>

#include "nodes.hpp"
#include "report.hpp"
#include "settings.hpp"
#include "subject.hpp"
#include "support/process/machine.hpp"

namespace quire::test {
namespace {

/// Small pages, so that the node of each can be queried.
template <class Store, class Placement, class Residency = residency::on_demand>
using memory =
    page_allocator<Store, protection::guarded<>, tagging::untagged, page_size::no_huge, Placement, Residency>;

void touch(std::span<std::byte> bytes) {
  for (std::size_t i = 0; i < bytes.size(); i += 4096) bytes[i] = std::byte{1};
}

/// Calls check(nodes of all pages) after every operation that removes pages and brings them back.
template <class A, class Check>
void through_a_lifecycle(A& a, Check check) {
  const auto look = [&](const char* after) {
    INFO("after " << after);
    touch(a.bytes());
    check(nodes_of(a.bytes()));
  };
  REQUIRE(a.allocate(pages{4}, pages{16}));
  look("allocate");
  REQUIRE(a.grow(pages{8}));
  look("grow");
  REQUIRE(a.discard(0, a.size() / 2));
  look("discard");
  REQUIRE(a.shrink(pages{10}));
  REQUIRE(a.grow(pages{6}));
  look("shrink and grow");
  REQUIRE(a.reset(pages{12}));
  look("reset");
  REQUIRE(a.deallocate(a.data(), a.size()));
  REQUIRE(a.allocate(pages{4}));
  look("deallocate and allocate");
}

auto all_on(unsigned node) {
  return
      [node](const std::vector<int>& nodes) { CHECK(nodes == std::vector<int>(nodes.size(), static_cast<int>(node))); };
}

TEMPLATE_LIST_TEST_CASE("bind: every page lies on its node", "[numa][bind]", stores_in_question) {
  if (const char* const why = no_second_node()) return skip(why);
  for (const unsigned node : listed(nodes_with_memory())) {
    INFO("node " << node);
    memory<TestType, placement::bind> a{placement::bind{.nodes = {node}}};
    through_a_lifecycle(a, all_on(node));
  }
}

TEMPLATE_LIST_TEST_CASE("bind, populated: pages are on the node before they are touched", "[numa]",
                        stores_in_question) {
  if (const char* const why = no_second_node()) return skip(why);
  for (const unsigned node : listed(nodes_with_memory())) {
    INFO("node " << node);
    memory<TestType, placement::bind, residency::populated> a{placement::bind{.nodes = {node}}};
    REQUIRE(a.allocate(pages{4}, pages{16}));
    all_on(node)(nodes_of(a.bytes()));
    REQUIRE(a.grow(pages{8}));
    all_on(node)(nodes_of(a.bytes()));
    REQUIRE(a.reset(pages{6}));
    all_on(node)(nodes_of(a.bytes()));
  }
}

TEMPLATE_LIST_TEST_CASE("bind to two nodes: every page lies on one of them", "[numa]", stores_in_question) {
  if (const char* const why = no_second_node()) return skip(why);
  const auto all = listed(nodes_with_memory());
  const node_set both{all[0], all.back()};
  memory<TestType, placement::bind> a{placement::bind{.nodes = both}};
  through_a_lifecycle(a, [&](const std::vector<int>& nodes) {
    for (const int node : nodes) CHECK(both.contains(static_cast<unsigned>(node)));
  });
}

TEMPLATE_LIST_TEST_CASE("prefer: every page lies on the node while it has room", "[numa]", stores_in_question) {
  if (const char* const why = no_second_node()) return skip(why);
  for (const unsigned node : listed(nodes_with_memory())) {
    INFO("node " << node);
    memory<TestType, placement::prefer> a{placement::prefer{.node = node}};
    through_a_lifecycle(a, all_on(node));
  }
}

/// Checks that any `period` consecutive pages lie on each node as often as `share` says. The pattern follows the
/// addresses, so that it does not start again where the memory grew.
void expect_pattern(const std::vector<int>& nodes, const std::vector<int>& share) {
  std::size_t period = 0;
  for (const int times : share) period += static_cast<std::size_t>(times);
  REQUIRE(nodes.size() >= period);
  for (std::size_t i = 0; i + period <= nodes.size(); ++i) {
    std::vector<int> found(share.size(), 0);
    for (std::size_t k = i; k < i + period; ++k)
      if (nodes[k] >= 0 && nodes[k] < static_cast<int>(found.size())) ++found[static_cast<std::size_t>(nodes[k])];
    CHECK(found == share);
  }
}

TEMPLATE_LIST_TEST_CASE("interleave: consecutive pages lie on the nodes in turn", "[numa]", stores_in_question) {
  if (const char* const why = no_second_node()) return skip(why);
  const node_set all = nodes_with_memory();
  std::vector<int> share(listed(all).back() + 1, 0);
  for (const unsigned node : listed(all)) share[node] = 1;
  memory<TestType, placement::interleave> a{placement::interleave{.nodes = all}};
  through_a_lifecycle(a, [&](const std::vector<int>& nodes) { expect_pattern(nodes, share); });
}

/// The file with the kernel's weight of a node, which applies to the whole machine.
std::string weight_of(unsigned node) {
  return "/sys/kernel/mm/mempolicy/weighted_interleave/node" + std::to_string(node);
}

TEMPLATE_LIST_TEST_CASE("weighted_interleave: pages follow the weights", "[numa]", stores_in_question) {
  using A = memory<TestType, placement::weighted_interleave>;
  if (const char* const why = no_numa_calls()) return skip(why);
  const auto all = listed(nodes_with_memory());
  const node_set nodes{all[0], all.back()};
  A a{placement::weighted_interleave{.nodes = nodes}};
  if (no_weighted_interleave() != nullptr) {
    const auto got = a.allocate(pages{4});
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::not_supported);
    return refused_with(got.error());
  }
  if (const char* const why = no_second_node()) return skip(why);
  if (const char* const why = not_in_a_guest()) return skip(why);
  const number_set_to first(weight_of(all[0]), 3), last(weight_of(all.back()), 2);
  REQUIRE((first && last));
  std::vector<int> share(all.back() + 1, 0);
  share[all[0]] = 3;
  share[all.back()] = 2;
  through_a_lifecycle(a, [&](const std::vector<int>& where) { expect_pattern(where, share); });
}

TEMPLATE_LIST_TEST_CASE("local: pages lie where the thread runs, whatever its policy", "[numa]", stores_in_question) {
  if (const char* const why = no_second_node()) return skip(why);
  const auto all = listed(nodes_with_memory());
  for (const unsigned node : listed(nodes_with_processors())) {
    INFO("node " << node);
    const running_on here(node);
    const unsigned nearest = nearest_with_memory(node);
    const thread_bound_to elsewhere(all[0] == nearest ? all.back() : all[0]);
    memory<TestType, placement::local> a;
    through_a_lifecycle(a, all_on(nearest));
  }
}

TEMPLATE_LIST_TEST_CASE("anywhere: pages follow the thread's policy", "[numa]", stores_in_question) {
  if (const char* const why = no_second_node()) return skip(why);
  for (const unsigned node : listed(nodes_with_memory())) {
    INFO("node " << node);
    const thread_bound_to there(node);
    memory<TestType, placement::anywhere> a;
    through_a_lifecycle(a, all_on(node));
  }
}

}  // namespace
}  // namespace quire::test

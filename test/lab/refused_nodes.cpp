// SPDX-License-Identifier: BSL-1.0
// Nodes that are unavailable: without memory, absent, or not allowed by the control group.
#include <string>
#include <sys/stat.h>
#include <tuple>

#include <quire/effective.hpp>
#include <quire/explain.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/placement/bind.hpp>
#include <quire/placement/interleave.hpp>
#include <quire/platform/linux.hpp>

#include "nodes.hpp"
#include "report.hpp"
#include "settings.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/machine.hpp"

namespace quire::test {
namespace {

using bound = linux_allocator::with_placement<placement::bind>;
using interleaved = linux_allocator::with_placement<placement::interleave>;
using preferring_small_pages = numa_linux_allocator::with_page_size<page_size::no_huge>;

template <class A>
void expect_refusal(A a, const char* what) {
  const auto got = a.allocate(pages{1});
  expect(!got && got.error().code == errc::not_supported && got.error().at == step::configure, what);
  if (got) return;
  expect(explain(got.error(), a).owner == "this machine: a node is absent or not allowed", "and the lack is named");
  expect(a.data() == nullptr && a.capacity() == 0, "nothing stays behind");
}

TEST_CASE("a node without memory: bind and interleave refuse it", "[numa]") {
  if (const char* const why = no_second_node()) return skip(why);
  const node_set with = nodes_with_memory();
  for (const unsigned node : listed(nodes_with_processors()))
    if (!with.contains(node)) {
      expect_refusal(bound{placement::bind{.nodes = {node}}}, "bind");
      expect_refusal(bound{placement::bind{.nodes = {node, listed(with)[0]}}}, "bind, among others");
      expect_refusal(interleaved{placement::interleave{.nodes = {node, listed(with)[0]}}}, "interleave");
      const auto got = bound{placement::bind{.nodes = {node}}}.allocate(pages{1});
      return refused_with(got.error());
    }
  skip("every node with processors has memory");
}

TEST_CASE("an absent node is refused", "[numa]") {
  if (const char* const why = no_numa_calls()) return skip(why);
  const unsigned absent = listed(nodes_with_memory()).back() + 60;
  expect_refusal(bound{placement::bind{.nodes = {absent}}}, "bind");
  expect_refusal(bound{placement::bind{.nodes = {0, absent}}}, "bind, among others");
  expect_refusal(interleaved{placement::interleave{.nodes = {0, absent}}}, "interleave");
  expect_refusal(numa_linux_allocator{placement::prefer{.node = absent}}, "prefer");
  const auto got = bound{placement::bind{.nodes = {absent}}}.allocate(pages{1});
  if (!got) refused_with(got.error());
}

/// Moves this process into a new control group that may take pages from these nodes only.
bool enter_cpuset(const std::string& nodes) {
  const std::string group = "/sys/fs/cgroup/restricted";
  ::mkdir(group.c_str(), 0755);
  return write_setting(group + "/cpuset.mems", nodes) && write_setting(group + "/cgroup.procs", "0");
}

TEST_CASE("bind and prefer refuse nodes outside the cpuset of the control group", "[numa][cgroup]") {
  if (const char* const why = no_second_node()) return skip(why);
  if (const char* const why = not_in_a_guest()) return skip(why);
  const auto all = listed(nodes_with_memory());
  const unsigned mine = all[0], other = all.back();
  test_environment::run_isolated("restricted", [=] {
    if (!enter_cpuset(std::to_string(mine))) return report_skip("there is no control group of version 2 with cpusets");
    expect_refusal(bound{placement::bind{.nodes = {other}}}, "bind");
    expect_refusal(bound{placement::bind{.nodes = {mine, other}}}, "bind, among others");
    expect_refusal(numa_linux_allocator{placement::prefer{.node = other}}, "prefer");
    bound a{placement::bind{.nodes = {mine}}};
    expect(a.allocate(pages{4}).has_value(), "its own node can be had");
    for (std::byte& b : a.bytes()) b = std::byte{1};
    for (const int node : nodes_of(a.bytes())) expect(node == static_cast<int>(mine), "and pages lie there");
  });
}

}  // namespace
}  // namespace quire::test

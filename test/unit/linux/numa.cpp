// SPDX-License-Identifier: BSL-1.0
// Nodes as libnuma reports them, and placements verified with libnuma.
#include <cerrno>
#include <cstddef>
#include <initializer_list>
#include <numa.h>
#include <numaif.h>

#include <quire/detect/numa.hpp>
#include <quire/effective.hpp>
#include <quire/ostream.hpp>
#include <quire/quire.hpp>

#include "support/catch/catch.hpp"
#include "support/process/machine.hpp"

namespace quire::test {
namespace {

const char* no_numa() { return ::numa_available() >= 0 ? nullptr : "this kernel has no NUMA"; }

struct without_numa : calls::libnuma {
  static bool available() noexcept { return false; }
};

TEST_CASE("without NUMA every query of nodes is not_supported", "[numa]") {
  CHECK(nodes_of_machine<without_numa>().error().code == errc::not_supported);
  CHECK(nodes_allowed<without_numa>().error().code == errc::not_supported);
  CHECK(node_set_from<without_numa>("0").error().code == errc::not_supported);
  CHECK(node_distance<without_numa>(0, 0).error().code == errc::not_supported);
}

TEST_CASE("nodes_of_machine reports the nodes that libnuma reports", "[numa]") {
  if (const char* const why = no_numa()) return skip(why);
  const auto all = nodes_of_machine(), allowed = nodes_allowed();
  REQUIRE(all);
  REQUIRE(allowed);
  CHECK(all->count() == static_cast<unsigned>(::numa_num_configured_nodes()));
  CHECK_FALSE(allowed->empty());
  CHECK_FALSE(allowed->overflown());
  for (unsigned node = 0; node < node_set::capacity; ++node)
    if (allowed->contains(node)) CHECK(all->contains(node));
}

TEST_CASE("node_set_from parses the grammar of libnuma", "[numa]") {
  if (const char* const why = no_numa()) return skip(why);
  const node_set allowed = *nodes_allowed();
  unsigned first = 0;
  while (!allowed.contains(first)) ++first;
  CHECK(node_set_from("all") == allowed);
  CHECK(node_set_from("+0") == node_set{first});
  CHECK(node_set_from(std::to_string(first).c_str()) == node_set{first});
  const auto others = node_set_from(("!" + std::to_string(first)).c_str());
  REQUIRE(others);
  CHECK_FALSE(others->contains(first));
  CHECK(others->count() == allowed.count() - 1);
  CHECK(node_set_from("") == node_set{});
}

TEST_CASE("node_set_from refuses text that names no node or an absent node", "[numa]") {
  if (const char* const why = no_numa()) return skip(why);
  for (const char* const text : {"nodes", "0-", "0,,x", "1023", "99999999999"}) {
    INFO(text);
    CHECK(node_set_from(text) == failure(errc::invalid_argument, step::plan));
  }
}

TEST_CASE("node_distance is ten to the node itself and at least ten to others", "[numa]") {
  if (const char* const why = no_numa()) return skip(why);
  const node_set nodes = *nodes_of_machine();
  for (unsigned from = 0; from < node_set::capacity; ++from)
    for (unsigned to = 0; to < node_set::capacity; ++to)
      if (nodes.contains(from) && nodes.contains(to)) {
        const auto distance = node_distance(from, to);
        if (from != to && !distance) continue;  // the machine reports no distance
        REQUIRE(distance);
        CHECK((from == to ? *distance == 10 : *distance >= 10));
      }
  CHECK(node_distance(0, node_set::capacity).error().code == errc::invalid_argument);
  CHECK(node_distance(node_set::capacity - 1, 0).error().code == errc::invalid_argument);
}

/// The memory policy at an address, read through libnuma, independently of Quire.
struct witness {
  int mode = -1;
  node_set nodes;
  explicit witness(const void* address) {
    CHECK(::get_mempolicy(&mode, nodes.words(), node_set::capacity + 1, const_cast<void*>(address), MPOL_F_ADDR) == 0);
  }
};

int node_of(void* page) {
  int status = -1;
  CHECK(::numa_move_pages(0, 1, &page, nullptr, &status, 0) == 0);
  return status;
}

template <class Placement>
void agree(Placement where, int mode, const node_set& nodes) {
  linux_allocator::with_placement<Placement> memory{where};
  REQUIRE(memory.allocate(pages{2}, pages{8}));
  for (std::byte& b : memory.bytes()) b = std::byte{1};
  REQUIRE(memory.grow(pages{1}));
  const effective_t e = effective(memory);
  for (const std::size_t offset : {std::size_t{0}, std::size_t{65536}, memory.size() - 1, memory.capacity() - 1}) {
    const witness told(memory.data() + offset);
    CHECK(told.mode == mode);
    CHECK(told.nodes == nodes);
  }
  REQUIRE(e.placement);
  CHECK(e.placement->nodes == nodes);
  REQUIRE(e.nodes);
  for (std::size_t offset = 0; offset < 2 * 65536; offset += 4096)
    CHECK(e.nodes->contains(static_cast<unsigned>(node_of(memory.data() + offset))));
  CHECK(node_of(memory.data() + 2 * 65536) < 0);  // grown but not touched: ENOENT, on some kernels EFAULT
}

TEST_CASE("libnuma and effective report the same placement and nodes", "[numa]") {
  if (const char* const why = no_numa()) return skip(why);
  if (const char* const why = no_numa_calls()) return skip(why);
  const node_set all = *nodes_allowed();
  unsigned last = node_set::capacity - 1;
  while (!all.contains(last)) --last;
  agree(placement::anywhere{}, MPOL_DEFAULT, {});
  agree(placement::local{}, MPOL_LOCAL, {});
  agree(placement::prefer{.node = last}, MPOL_PREFERRED, {last});
  agree(placement::bind{.nodes = {last}}, MPOL_BIND, {last});
  agree(placement::bind{.nodes = all}, MPOL_BIND, all);
  agree(placement::interleave{.nodes = all}, MPOL_INTERLEAVE, all);
}

TEST_CASE("pages bound to a node lie on that node", "[numa]") {
  if (const char* const why = no_numa()) return skip(why);
  if (const char* const why = no_numa_calls()) return skip(why);
  const node_set all = *nodes_allowed();
  for (unsigned node = 0; node < node_set::capacity; ++node) {
    if (!all.contains(node) || ::numa_node_size64(static_cast<int>(node), nullptr) <= 0) continue;
    linux_allocator::with_placement<placement::bind> memory{placement::bind{.nodes = {node}}};
    REQUIRE(memory.allocate(pages{2}));
    for (std::byte& b : memory.bytes()) b = std::byte{1};
    CHECK(effective(memory).nodes == node_set{node});
  }
}

}  // namespace
}  // namespace quire::test

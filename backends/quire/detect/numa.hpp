// SPDX-License-Identifier: BSL-1.0
#pragma once
// The NUMA nodes of this machine, for placement policies. Requires libnuma (-lnuma); the policies themselves do not.
// All functions fail with errc::not_supported if the kernel has no NUMA.
#include <quire/calls/numa.hpp>
#include <quire/node_set.hpp>
#include <quire/result.hpp>

namespace quire {

/// Returns all nodes, including those without memory.
template <class Calls = calls::libnuma>
[[nodiscard]] result<node_set> nodes_of_machine() noexcept {
  if (!Calls::available()) return failure(errc::not_supported, step::plan);
  return Calls::nodes_of_machine();
}

/// Returns the nodes from which this process may allocate memory, as its cpuset restricts them.
template <class Calls = calls::libnuma>
[[nodiscard]] result<node_set> nodes_allowed() noexcept {
  if (!Calls::available()) return failure(errc::not_supported, step::plan);
  return Calls::nodes_allowed();
}

/// Parses the grammar of numactl: "0-3,5", "all", "!1", "+0" (the first allowed node), "netdev:eth0". Errors:
/// errc::invalid_argument, also for nodes that this process may not use. (node_set::parse needs no machine.)
template <class Calls = calls::libnuma>
[[nodiscard]] result<node_set> node_set_from(const char* text) noexcept {
  if (!Calls::available()) return failure(errc::not_supported, step::plan);
  node_set nodes;
  if (!Calls::parse(text, nodes)) return failure(errc::invalid_argument, step::plan);
  return nodes;
}

/// Returns the distance of memory on `to` from a CPU of `from`: 10 within a node, 20 for twice that access time.
/// Errors: errc::invalid_argument if the machine does not report it.
template <class Calls = calls::libnuma>
[[nodiscard]] result<unsigned> node_distance(unsigned from, unsigned to) noexcept {
  if (!Calls::available()) return failure(errc::not_supported, step::plan);
  if (from >= node_set::capacity || to >= node_set::capacity) return failure(errc::invalid_argument, step::plan);
  const int distance = Calls::distance(from, to);
  if (distance <= 0) return failure(errc::invalid_argument, step::plan);
  return static_cast<unsigned>(distance);
}

}  // namespace quire

#pragma once
// The NUMA nodes of this machine, for placement policies. Needs libnuma (-lnuma); the policies themselves do not. All
// fail with `not_supported` where the kernel has no NUMA.
#include <quire/calls/numa.hpp>
#include <quire/node_set.hpp>
#include <quire/result.hpp>

namespace quire {

/// All nodes, those without memory included.
template <class Calls = calls::libnuma>
[[nodiscard]] result<node_set> nodes_of_machine() noexcept {
  if (!Calls::available()) return failure(errc::not_supported, step::plan);
  return Calls::nodes_of_machine();
}

/// Those from which this process may take memory: what its cpuset leaves of them.
template <class Calls = calls::libnuma>
[[nodiscard]] result<node_set> nodes_allowed() noexcept {
  if (!Calls::available()) return failure(errc::not_supported, step::plan);
  return Calls::nodes_allowed();
}

/// Text in the grammar of numactl: "0-3,5", "all", "!1", "+0" (the first that is allowed), "netdev:eth0". Errors:
/// `invalid_argument`, also for nodes that this process may not use. (node_set::parse needs no machine.)
template <class Calls = calls::libnuma>
[[nodiscard]] result<node_set> node_set_from(const char* text) noexcept {
  if (!Calls::available()) return failure(errc::not_supported, step::plan);
  node_set nodes;
  if (!Calls::parse(text, nodes)) return failure(errc::invalid_argument, step::plan);
  return nodes;
}

/// How far memory on `to` is for a CPU of `from`: 10 within a node, 20 for twice that time. Errors: `invalid_argument`
/// where the machine does not say.
template <class Calls = calls::libnuma>
[[nodiscard]] result<unsigned> node_distance(unsigned from, unsigned to) noexcept {
  if (!Calls::available()) return failure(errc::not_supported, step::plan);
  if (from >= node_set::capacity || to >= node_set::capacity) return failure(errc::invalid_argument, step::plan);
  const int distance = Calls::distance(from, to);
  if (distance <= 0) return failure(errc::invalid_argument, step::plan);
  return static_cast<unsigned>(distance);
}

}  // namespace quire

// SPDX-License-Identifier: BSL-1.0
#pragma once
// NUMA placement by mbind.
#include <boost/config.hpp>
#include <utility>

#include <quire/node_set.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>
#include <quire/system/linux/headroom.hpp>

namespace quire::backing::detail {

template <class Calls>
[[nodiscard]] constexpr int mbind_mode(numa_mode m) noexcept {
  switch (m) {
    case numa_mode::prefer: return Calls::numa_prefer;
    case numa_mode::bind: return Calls::numa_bind;
    case numa_mode::interleave: return Calls::numa_interleave;
    case numa_mode::weighted_interleave: return Calls::numa_weighted_interleave;
    default: return Calls::numa_local;
  }
}

template <class Calls>
[[nodiscard]] BOOST_FORCEINLINE int place_on(page_run r, numa_mode mode, const node_set& nodes) noexcept {
  if (nodes.overflown()) return Calls::invalid;
  return Calls::mbind(r.base, r.bytes, mbind_mode<Calls>(mode), nodes.words(), node_set::capacity);
}

template <class Calls>
[[nodiscard]] int all_present(page_run r, const node_set& wanted) noexcept {
  node_set got;
  int mode = 0;
  if (const int n = Calls::get_mempolicy(&mode, got.words(), node_set::capacity, r.base, Calls::numa_of_address))
    return n;
  return got == wanted ? 0 : Calls::invalid;
}

/// Folds to a constant if the placement is not a set.
[[nodiscard]] BOOST_FORCEINLINE bool wants_only_node_zero(const numa_request& request) noexcept {
  if (request.mode == numa_mode::local) return true;
  return request.nodes != nullptr ? *request.nodes == node_set{0} : request.node == 0;
}

/// On a kernel without NUMA all memory is on node 0, so a request for node 0 alone is satisfied. A missing mbind is no
/// proof, as a seccomp filter can report the same: /sys has to show that there are no nodes.
template <class Calls>
[[nodiscard, gnu::cold]] BOOST_NOINLINE int refused_place(int refusal, bool wants_only_node_zero) noexcept {
  if (refusal != Calls::no_call || !wants_only_node_zero) return refusal;
  return quire::detail::is_without_nodes<Calls>() ? 0 : refusal;
}

/// The kernel drops absent nodes from a set; here an absent node is an error.
template <class Calls>
[[nodiscard]] BOOST_FORCEINLINE int place_pages(page_run r, const numa_request& request) noexcept {
  int n = 0;
  if (request.mode == numa_mode::local)
    n = Calls::mbind(r.base, r.bytes, Calls::numa_local, nullptr, 0);
  else if (request.nodes == nullptr) {
    if (request.node >= node_set::capacity) std::unreachable();  // allocate has refused it
    node_set only;
    only.insert(request.node);
    n = place_on<Calls>(r, request.mode, only);
  } else if (n = place_on<Calls>(r, request.mode, *request.nodes); n == 0)
    return all_present<Calls>(r, *request.nodes);
  return n == 0 ? 0 : refused_place<Calls>(n, wants_only_node_zero(request));
}

}  // namespace quire::backing::detail

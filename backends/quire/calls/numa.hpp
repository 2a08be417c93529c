// SPDX-License-Identifier: BSL-1.0
#pragma once
// libnuma's view of the machine; no other header includes <numa.h>. A program that uses it links with -lnuma.
#include <numa.h>

#include <quire/node_set.hpp>

namespace quire::calls {

struct libnuma {
  /// If this is false, no other function may be called.
  static bool available() noexcept { return ::numa_available() >= 0; }

  static node_set nodes_of_machine() noexcept { return set_of(*numa_nodes_ptr); }
  static node_set nodes_allowed() noexcept { return owned(::numa_get_mems_allowed()); }

  /// False for text that libnuma rejects; it then prints a warning to standard error itself.
  static bool parse(const char* text, node_set& nodes) noexcept {
    bitmask* const parsed = ::numa_parse_nodestring(text);
    if (parsed == nullptr) return false;
    nodes = parsed == numa_no_nodes_ptr ? node_set{} : owned(parsed);
    return true;
  }

  /// 10 within a node, more between two; 0 if it is not known.
  static int distance(unsigned from, unsigned to) noexcept {
    return ::numa_distance(static_cast<int>(from), static_cast<int>(to));
  }

 private:
  static node_set set_of(const bitmask& mask) noexcept {
    node_set nodes;
    for (unsigned node = 0; node < mask.size; ++node)
      if (::numa_bitmask_isbitset(&mask, node) != 0) nodes.insert(node);
    return nodes;
  }
  static node_set owned(bitmask* mask) noexcept {
    const node_set nodes = set_of(*mask);
    ::numa_bitmask_free(mask);
    return nodes;
  }
};

}  // namespace quire::calls

// SPDX-License-Identifier: BSL-1.0
#pragma once
// A fault that the lab has to notice: pages are bound to the node after the requested one.
#include <tuple>

#include <quire/backing/linux_mmap.hpp>
#include <quire/calls/linux.hpp>

#include "../../nodes.hpp"

namespace quire::test {

struct on_a_wrong_node : backing::linux_mmap<> {
  static int place(page_run r, const numa_request& request) noexcept {
    if (request.nodes == nullptr) return linux_mmap::place(r, {request.mode, next(request.node), nullptr});
    node_set others;
    for (const unsigned node : listed(*request.nodes)) others.insert(next(node));
    return linux_mmap::place(r, {request.mode, 0, &others});
  }

 private:
  static unsigned next(unsigned node) {
    const auto all = listed(nodes_with_memory());
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i] == node) return all[(i + 1) % all.size()];
    return node;
  }
};

using stores_in_question = std::tuple<on_a_wrong_node>;

}  // namespace quire::test

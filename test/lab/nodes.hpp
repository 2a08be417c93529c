// SPDX-License-Identifier: BSL-1.0
#pragma once
// The NUMA nodes of this machine, read from the kernel directly, and the placement of pages.
#include <cstddef>
#include <span>
#include <vector>

#include <quire/node_set.hpp>

namespace quire::test {

/// Online nodes that have memory, or processors.
node_set nodes_with_memory();
node_set nodes_with_processors();
std::vector<unsigned> listed(const node_set& nodes);

/// Returns the nearest node that has memory: the node itself if it has any.
unsigned nearest_with_memory(unsigned node);

/// Returns null if there are two nodes with memory, else the name of what this machine lacks.
const char* no_second_node();

/// Returns the node of each page, or the negative errno that move_pages returns for it.
std::vector<int> nodes_of(std::span<const std::byte> pages);

/// Returns the free bytes of a node.
std::size_t free_on(unsigned node);

/// Keeps the calling thread on processors of this node until the end of the scope.
class running_on {
 public:
  explicit running_on(unsigned node);
  running_on(const running_on&) = delete;
  running_on& operator=(const running_on&) = delete;
  ~running_on();

 private:
  std::vector<unsigned long> before_;
};

/// Sets the thread's memory policy to take pages from this node only, until the end of the scope.
class thread_bound_to {
 public:
  explicit thread_bound_to(unsigned node);
  thread_bound_to(const thread_bound_to&) = delete;
  thread_bound_to& operator=(const thread_bound_to&) = delete;
  ~thread_bound_to();
};

}  // namespace quire::test

#pragma once
// The NUMA nodes of this machine, asked of the kernel directly, and where pages lie.
#include <cstddef>
#include <span>
#include <vector>

#include <quire/node_set.hpp>

namespace quire::test {

/// Nodes that are online and have memory, or processors.
node_set nodes_with_memory();
node_set nodes_with_processors();
std::vector<unsigned> listed(const node_set& nodes);

/// The one with memory that is nearest to a node: the node itself if it has any.
unsigned nearest_with_memory(unsigned node);

/// Null if there are two nodes with memory; else what this machine lacks.
const char* no_second_node();

/// The node of each page, or the negative errno that move_pages gives for it.
std::vector<int> nodes_of(std::span<const std::byte> pages);

/// Bytes that are free on a node.
std::size_t free_on(unsigned node);

/// The calling thread runs on processors of this node until the end of the scope.
class running_on {
 public:
  explicit running_on(unsigned node);
  running_on(const running_on&) = delete;
  running_on& operator=(const running_on&) = delete;
  ~running_on();

 private:
  std::vector<unsigned long> before_;
};

/// The calling thread's own policy is to take pages from this node only, until the end of the scope.
class thread_bound_to {
 public:
  explicit thread_bound_to(unsigned node);
  thread_bound_to(const thread_bound_to&) = delete;
  thread_bound_to& operator=(const thread_bound_to&) = delete;
  ~thread_bound_to();
};

}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
#pragma once
// Models Windows on the memory of this machine, as its documentation describes the calls: the model refuses what the
// system refuses, with the same code; it charges commitment against a limit and locks against a budget. Constants are
// those of the SDK.
#include <cstddef>
#include <cstdint>

#include <quire/calls/mapping.hpp>
#include <quire/calls/windows/types.hpp>

namespace quire::test {

/// The modelled machine; sizes in bytes. Set only while nothing is reserved.
struct windows_machine {
  std::size_t page = 4096;
  std::uint64_t addresses = std::uint64_t{1} << 47;  // address space of a process
  std::uint64_t commit_limit = std::uint64_t{1} << 40;
  std::size_t minimum_working_set = 50 * 4096;
  unsigned highest_node = 1;
  bool has_placeholders = true;  // from Windows 10 1803 on
};

struct windows_model : calls::windows_types {
  static constexpr std::size_t largest_page = allocation_granularity;
  static inline windows_machine machine;
  static inline std::size_t flushed_bytes = 0;  // of code

  static std::size_t page_bytes() noexcept { return machine.page; }

  static calls::mapping virtual_alloc(void* where, std::size_t bytes, unsigned type, unsigned protection) noexcept;
  static calls::mapping virtual_alloc_on(unsigned node, void* where, std::size_t bytes, unsigned type,
                                         unsigned protection) noexcept;
  static int virtual_free(void* p, std::size_t bytes, unsigned type) noexcept;
  static int virtual_protect(void* p, std::size_t bytes, unsigned protection) noexcept;
  static void flush_instructions(const std::byte*, std::size_t bytes) noexcept { flushed_bytes += bytes; }
  static int virtual_lock(void* p, std::size_t bytes) noexcept;
  static void pause() noexcept {}
  static int offer_virtual_memory(void* p, std::size_t bytes, unsigned priority) noexcept;
  static int reclaim_virtual_memory(void* p, std::size_t bytes) noexcept;

  // Placeholders, sections and their views.
  static calls::mapping virtual_alloc_over(void* where, std::size_t bytes, unsigned type, unsigned protection) noexcept;
  static int create_section(std::size_t bytes, void*& section) noexcept;
  static void close_section(void* section) noexcept;
  static calls::mapping map_view(void* section, void* where, std::size_t offset, std::size_t bytes, unsigned type,
                                 unsigned protection) noexcept;
  static int unmap_view(void* p, unsigned flags) noexcept;

  static int virtual_query(const void* p, memory_region& told) noexcept;
  static int query_working_set(working_set_page* pages, std::size_t count) noexcept;
  static int working_set_limits(std::size_t& minimum, std::size_t& maximum) noexcept;
  static int query_memory(memory_status& told) noexcept;
  static int highest_node(unsigned& node) noexcept;

  /// Simulates memory pressure: takes pages that were offered at this priority or below.
  static void take_offered(unsigned priority) noexcept;

  // State for the tests to inspect.
  static std::uint64_t committed_bytes() noexcept;
  static std::uint64_t reserved_bytes() noexcept;
  static std::uint64_t locked_bytes() noexcept;
  static std::size_t open_sections() noexcept;
};

}  // namespace quire::test

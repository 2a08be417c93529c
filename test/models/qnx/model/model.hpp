// SPDX-License-Identifier: BSL-1.0
#pragma once
// Simulates QNX's memory calls on the memory of this machine, as the documentation describes them. The model checks its
// callers: it refuses every call that QNX would refuse, with QNX's error number. Where the documentation leaves a
// choice, the model makes the one that is worst for the caller. It is reached through the header set in ../headers
// only.
//
// Not simulated: time, the SIGBUS of lazy memory, and other processes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace quire::test::qnx_model {

/// Memory that the startup program set aside.
struct set_aside {
  std::string name;  // a path such as "/ram/video"
  std::size_t bytes;
};

/// A machine, and what its security policy and limits allow this process to do.
struct machine {
  std::size_t page = 4096;
  int release = 800;                            // 710: only mmap takes memory
  std::size_t ram = std::size_t{1} << 30;       // only touched pages take memory of this machine
  std::size_t room = std::size_t{512} << 30;    // the address space of a process
  std::vector<set_aside> pools{};               // typed memory besides "/memory/ram/sysram", which is the ram
  std::uint64_t limit_data = ~std::uint64_t{};  // bytes, as in the next two members
  std::uint64_t limit_address_space = ~std::uint64_t{};
  std::uint64_t limit_locked = ~std::uint64_t{};  // applies before release 800 only
  bool may_map_fixed = true;                      // abilities of the process
  bool may_map_physical = true;
  bool may_lock = true;
  bool may_execute = false;
};

/// Puts everything into the state after a boot of this machine. No mapping of an earlier machine may be left.
void boot(const machine& m);

struct usage {
  std::size_t mapped = 0;  // bytes of address space
  std::size_t ram = 0;     // bytes taken
  std::size_t locked = 0;  // bytes, before release 800
  std::size_t objects = 0;
  friend bool operator==(const usage&, const usage&) = default;
};
[[nodiscard]] usage used();
/// Returns the free bytes of typed memory.
[[nodiscard]] std::size_t room_in(const std::string& pool);

}  // namespace quire::test::qnx_model

#pragma once
// QNX's memory calls, simulated on this machine's memory as the documentation describes them. It checks its callers: a
// call that QNX would refuse is refused, with QNX's number. What the documentation leaves open it does in the way that
// helps a caller least. It is reached through the header set in ../qnx only.
//
// Not simulated: time, the SIGBUS of lazy memory, and other processes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace quire::test::qnx_model {

/// Memory that the startup program set aside.
struct set_aside {
  std::string name;  // a path, "/ram/video"
  std::size_t bytes;
};

/// A machine, and what its security policy and its limits allow this process.
struct machine {
  std::size_t page = 4096;
  int release = 800;                            // 710: memory is taken by mmap only
  std::size_t ram = std::size_t{1} << 30;       // of this machine only what is touched is taken
  std::size_t room = std::size_t{512} << 30;    // addresses of a process
  std::vector<set_aside> pools{};               // typed memory besides "/memory/ram/sysram", which is the ram
  std::uint64_t limit_data = ~std::uint64_t{};  // bytes, as are the next two
  std::uint64_t limit_address_space = ~std::uint64_t{};
  std::uint64_t limit_locked = ~std::uint64_t{};  // counts before release 800 only
  bool may_map_fixed = true;                      // abilities
  bool may_map_physical = true;
  bool may_lock = true;
  bool may_execute = false;
};

/// Everything is as after a start of this machine. Nothing of an earlier one may still be mapped.
void boot(const machine& m);

struct usage {
  std::size_t mapped = 0;  // bytes of addresses
  std::size_t ram = 0;     // taken
  std::size_t locked = 0;  // before release 800
  std::size_t objects = 0;
  friend bool operator==(const usage&, const usage&) = default;
};
[[nodiscard]] usage used();
/// Free bytes of typed memory.
[[nodiscard]] std::size_t room_in(const std::string& pool);

}  // namespace quire::test::qnx_model

// SPDX-License-Identifier: BSL-1.0
#pragma once
// The state of the simulated machine; there is one at a time.
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>

#include "models/qnx/model/address_space.hpp"
#include "models/qnx/model/model.hpp"

namespace quire::test::qnx_model {

/// The target of a descriptor: a pool, or an object of shared memory, which may not have memory yet.
struct opened {
  physical_memory* pool;
  int how = 0;
  std::shared_ptr<object_memory> memory{};
  bool sealed = false;
};

struct system_state {
  std::mutex mutex;
  machine is;
  std::list<physical_memory> memory;  // the first entry is the ram
  address_space space;
  std::map<int, opened> objects;

  [[nodiscard]] physical_memory& ram() { return memory.front(); }
  [[nodiscard]] std::size_t whole_pages(std::size_t bytes) const { return (bytes + is.page - 1) / is.page * is.page; }
  [[nodiscard]] bool is_page(std::uintptr_t address) const { return address % is.page == 0; }
  [[nodiscard]] bool takes_memory_by_mprotect() const { return is.release >= 800; }
};
system_state& state();

/// The return path of failing calls: returns -1 and sets errno to one of QNX's numbers.
int fail(int code);

/// Whether `bytes` from `where` on are mapped without a hole.
[[nodiscard]] bool is_mapped(std::uintptr_t where, std::size_t bytes);

}  // namespace quire::test::qnx_model

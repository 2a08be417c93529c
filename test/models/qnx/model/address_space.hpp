// SPDX-License-Identifier: BSL-1.0
#pragma once
// The mappings of the process: areas of one kind each, with the physical memory behind them.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "models/qnx/model/physical.hpp"

namespace quire::test::qnx_model {

struct area {
  std::uintptr_t begin = 0, end = 0;
  int protection = 0;
  bool lazy = false;
  bool anonymous = true;
  bool locked = false;
  bool in_one_run = false;          // requested as contiguous; only then its memory is reported as one run
  physical_memory* from = nullptr;  // null: the area has no memory
  std::uint64_t physical = 0;
  std::shared_ptr<object_memory> object{};  // the object whose memory it maps

  [[nodiscard]] bool has_memory() const { return from != nullptr || object != nullptr; }
  [[nodiscard]] std::size_t bytes() const { return end - begin; }
};

class address_space {
 public:
  [[nodiscard]] std::size_t mapped() const;
  [[nodiscard]] std::size_t locked() const;
  /// Bytes of memory in private anonymous areas, which RLIMIT_DATA counts.
  [[nodiscard]] std::size_t data(const physical_memory& ram) const;
  /// Mapped bytes within the range.
  [[nodiscard]] std::size_t mapped_in(std::uintptr_t begin, std::uintptr_t end) const;

  /// Returns the areas within the range, split at its ends. The pointers are valid until the next change.
  std::vector<area*> part(std::uintptr_t begin, std::uintptr_t end);
  [[nodiscard]] const area* at(std::uintptr_t address) const;
  void insert(const area& a) { areas_[a.begin] = a; }
  /// Removes areas and returns their memory.
  void erase(std::uintptr_t begin, std::uintptr_t end);

 private:
  void cut(area& a, std::uintptr_t where);

  std::map<std::uintptr_t, area> areas_;  // keyed by `begin`
};

}  // namespace quire::test::qnx_model

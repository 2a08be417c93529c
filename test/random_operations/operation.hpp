// SPDX-License-Identifier: BSL-1.0
#pragma once
// One operation of a random sequence. Its numbers become arguments when it is carried out, depending on the state of
// the memory at that time. So any sublist is a valid sequence too, and a failing one can be shortened.
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "random_operations/fault_injector.hpp"
#include "random_operations/memory.hpp"

namespace quire::test::sequences {

enum class verb : unsigned char {
  allocate,
  allocate_tagged,
  allocate_from,
  grow,
  shrink,
  discard,
  protect,
  collapse,
  reset,
  deallocate,
  write,
  write_beyond_size,  // a stray write between the size and the accessible end
  move_assign,
  swap,
  destroy,
  make_image,
  // Interference by the process itself.
  lock_pages,
  unlock_pages,
  lock_all_future,
  unlock_all,
  advise,
  change_access,
  fork,
  disable_huge_pages
};
[[nodiscard]] const char* name(verb v) noexcept;

/// A process limit that is lowered during one operation.
enum class lowered : unsigned char { nothing, data, address_space, locked };

struct operation {
  verb what = verb::allocate;
  unsigned char slot = 0, other = 0;
  std::array<std::uint32_t, 4> n{};
  fault_plan fault{};
  lowered limit = lowered::nothing;
};

/// How sequences over a typedef are composed.
struct sequence_terms {
  bool faults = true;           // calls fail at random
  bool self_inflicted = false;  // the process locks, advises and forks, and lowers its limits
};

[[nodiscard]] std::vector<operation> random_operations(std::uint64_t seed, std::size_t length, const traits& of,
                                                       const sequence_terms& terms);

}  // namespace quire::test::sequences

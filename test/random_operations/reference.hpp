// SPDX-License-Identifier: BSL-1.0
#pragma once
// The model of one memory: its contents, the access of each page, its size, and the arguments that its members refuse.
// It makes no system call and keeps every byte.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include <quire/access.hpp>
#include <quire/error.hpp>
#include <quire/units.hpp>

#include "random_operations/memory.hpp"

namespace quire::test::sequences {

/// The errors that an operation may be refused with: several if several arguments are wrong.
class refusals {
 public:
  refusals() = default;
  refusals(errc only) { add(only); }
  void add(errc code) { bits_ |= 1U << static_cast<unsigned>(code); }
  void add_if(bool holds, errc code) {
    if (holds) add(code);
  }
  [[nodiscard]] bool empty() const { return bits_ == 0; }
  [[nodiscard]] bool has(errc code) const { return (bits_ >> static_cast<unsigned>(code) & 1) != 0; }

 private:
  unsigned bits_ = 0;
};

enum class state : unsigned char { vacant, owned, broken };

class reference {
 public:
  state now = state::vacant;
  count limit = 0;      // in units
  unsigned buffer = 0;  // for typedefs that have buffers
  std::byte* base = nullptr;
  std::size_t size = 0, capacity = 0;
  std::size_t granularity = 1, commit_granule = 1;
  std::vector<std::byte> contents;  // up to the accessible end; bytes above the size are unspecified
  std::vector<access> pages;        // one for each `granularity` bytes
  const std::vector<std::byte>* image = nullptr;
  std::size_t image_offset = 0;
  unsigned tag = 0;
  std::size_t before = 0, after = 0;  // inaccessible bytes before the base, and after the reservation
  std::size_t reserved = 0;
  bool locked_by_user = false;  // or advised, so that the kernel may bring pages back

  [[nodiscard]] std::size_t accessible_end(std::size_t bytes) const { return align_up(bytes, commit_granule); }
  [[nodiscard]] std::size_t accessible() const { return now == state::owned ? accessible_end(size) : 0; }
  [[nodiscard]] access access_at(std::size_t offset) const { return pages[offset / granularity]; }

  // Return the errors that the arguments alone cause.
  [[nodiscard]] refusals of_allocate(const traits& of, count initial, optional_count maximum) const;
  [[nodiscard]] refusals of_allocate_from(const traits& of, std::size_t granule, std::size_t image_bytes,
                                          std::size_t offset, count initial, optional_count maximum) const;
  [[nodiscard]] refusals of_grow(const traits& of, count current, count additional) const;
  [[nodiscard]] refusals of_shrink(const traits& of, count current, count removed) const;
  [[nodiscard]] refusals of_discard(std::size_t offset, std::size_t bytes) const;
  [[nodiscard]] refusals of_protect(const traits& of, std::size_t offset, std::size_t bytes, access wanted) const;
  [[nodiscard]] refusals of_collapse(const traits& of, std::size_t offset, std::size_t bytes) const;
  [[nodiscard]] refusals of_reset(const traits& of, count initial) const;
  [[nodiscard]] refusals of_deallocate(const std::byte* at, std::size_t bytes) const;

  // Apply an operation that succeeds.
  void allocated(std::size_t bytes, std::size_t most, const std::vector<std::byte>* start, std::size_t offset);
  void grown(std::size_t more);
  void shrunk(std::size_t less);
  void discarded(std::size_t offset, std::size_t bytes);
  void protected_as(std::size_t offset, std::size_t bytes, access wanted);
  void was_reset(std::size_t bytes);
  void broke();
  void was_released();

 private:
  [[nodiscard]] errc unusable() const { return now == state::broken ? errc::broken : errc::not_allocated; }
  [[nodiscard]] refusals of_range(std::size_t offset, std::size_t bytes, std::size_t end) const;
  void fit_to(std::size_t bytes);
  void start_from_image();
};

}  // namespace quire::test::sequences

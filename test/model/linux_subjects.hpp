#pragma once
// Typedefs of Linux and POSIX, over calls that fail at random.
#include <cstddef>

#include <quire/backing/imaged.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/memory_partition.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>

#include "model/linux_calls.hpp"
#include "model/lives.hpp"
#include "support/machine.hpp"
#include "support/subjects.hpp"

namespace quire::test::lives {

template <class A>
using on_linux = typename A::template with_backing<backing::linux_mmap<random_linux>>;
using base = on_linux<linux_allocator>;

/// A partition that all memories of a life draw from: so small that they meet its end.
template <class A, std::size_t Minimum>
struct drawing_from {
  using store = typename A::backing_type;
  using allocator = with_partition<A>;
  static constexpr bool not_inherited = Minimum != 0, never_empties = true;
  static constexpr bool clears_without_a_call = Minimum != 0;  // the blocks of the minimum
  static constexpr std::size_t maximum = 16 * 65536;

  static memory_partition<store>& partition() { return *current; }
  /// One that a life could not close is left alone.
  static bool open() {
    if (current->maximum() != 0) current = new memory_partition<store>;
    return partition().open({.name = "lives", .maximum = maximum, .minimum = Minimum}).has_value();
  }
  static bool close() { return partition().close().has_value(); }
  template <class... Limits>
  static auto make(Limits... limits) noexcept {
    return allocator{backing::partitioned{partition()}, limits...};
  }
  static const char* missing() { return nullptr; }

 private:
  static inline memory_partition<store>* current = new memory_partition<store>;
};
/// The same, and memories may start from images.
template <class A, std::size_t Minimum>
struct drawing_from_with_images : drawing_from<A, Minimum> {
  using allocator = with_images<with_partition<A>>;
  template <class... Limits>
  static auto make(Limits... limits) noexcept {
    return allocator{backing::partitioned{drawing_from<A, Minimum>::partition()}, limits...};
  }
};

}  // namespace quire::test::lives

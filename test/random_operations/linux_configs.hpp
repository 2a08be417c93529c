// SPDX-License-Identifier: BSL-1.0
#pragma once
// Typedefs of Linux and POSIX over calls that fail at random.
#include <cstddef>

#include <quire/backing/imaged.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/memory_partition.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/residency/assured.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>
#include <quire/tagging/checked.hpp>

#include "random_operations/linux_calls.hpp"
#include "random_operations/sequences.hpp"
#include "support/page_units.hpp"
#include "support/process/machine.hpp"
#include "support/test_configs.hpp"

namespace quire::test::sequences {

template <class A>
using on_linux = typename A::template with_backing<backing::linux_mmap<random_linux>>;
using base = on_linux<linux_allocator>;
using posix_base = posix_allocator::with_backing<backing::posix_mmap<random_posix>>;

/// A partition shared by all memories of a sequence, so small that they reach its maximum.
template <class A, std::size_t Minimum>
struct drawing_from {
  using store = typename A::backing_type;
  using allocator = with_partition<A>;
  static constexpr bool not_inherited = Minimum != 0, never_empties = true;
  static constexpr bool clears_without_a_call = Minimum != 0;  // the blocks of the minimum are cleared in place
  static constexpr std::size_t maximum = 16 * 65536;

  static memory_partition<store>& partition() { return *current; }
  /// If a sequence could not close the previous partition, leaves it open and makes another.
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
/// The same, for memories that may start from images.
template <class A, std::size_t Minimum>
struct drawing_from_with_images : drawing_from<A, Minimum> {
  using allocator = with_images<with_partition<A>>;
  template <class... Limits>
  static auto make(Limits... limits) noexcept {
    return allocator{backing::partitioned{drawing_from<A, Minimum>::partition()}, limits...};
  }
};

// These also run in interference.cpp.
namespace r = residency;
namespace z = page_size;

struct plain_linux : plain<base> {
  static constexpr const char* name = "linux";
};
struct no_huge : plain<base::with_page_size<z::no_huge>> {
  static constexpr const char* name = "no_huge";
};
struct in_blocks : plain<base::with_page_size<z::transparent_huge<z::in_blocks>>> {
  static constexpr const char* name = "transparent_huge in blocks";
  static constexpr std::size_t usual_maximum = 5_MiB;
};
struct by_bytes : plain<base::with_page_size<in_units<1>>> {
  static constexpr const char* name = "units of 1 byte";
};
struct populated : plain<base::with_residency<r::populated>> {
  static constexpr const char* name = "populated";
};
struct assured : plain<base::with_residency<r::assured>> {
  static constexpr const char* name = "assured";
};
struct locked : if_available<plain<base::with_residency<r::locked>>, no_locking> {
  static constexpr const char* name = "locked";
};
struct not_dumped : plain<base::with_residency<r::excluded_from_dumps>> {
  static constexpr const char* name = "excluded_from_dumps";
};
struct checked : plain<base::with_tagging<tagging::checked<>>> {
  static constexpr const char* name = "checked";
};
struct imaged : plain<with_images<base>> {
  static constexpr const char* name = "images";
  static constexpr bool never_empties = true;
};
struct drawing : drawing_from<base, 0> {
  static constexpr const char* name = "partition";
};
struct drawing_blocks : drawing_from<base, 8 * 65536> {
  static constexpr const char* name = "partition with a minimum";
};
struct plain_posix : plain<posix_base> {
  static constexpr const char* name = "posix";
};

}  // namespace quire::test::sequences

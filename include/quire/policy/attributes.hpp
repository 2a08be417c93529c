// SPDX-License-Identifier: BSL-1.0
#pragma once
// The request that policies write and stores act on.
#include <cstddef>
#include <cstdint>

#include <quire/node_set.hpp>
#include <quire/optional_pointer.hpp>
#include <quire/tags.hpp>

namespace quire {

/// On which NUMA nodes pages are to lie: as the system decides, on the node of the thread that touches them first,
/// rather on one node, only on some, evenly on some, or on some by the system's weights.
enum class numa_mode : unsigned char { anywhere, local, prefer, bind, interleave, weighted_interleave };

/// `nodes` points into the policy, so that attributes stay small; without it, `node` counts.
struct numa_request {
  numa_mode mode = numa_mode::anywhere;
  unsigned node = 0;  // for `prefer`
  optional_pointer<const node_set> nodes{};
  friend constexpr bool operator==(const numa_request&, const numa_request&) = default;
};

/// The addresses that a memory may have: every byte, guards included, lies at most `reach` bytes before
/// `target`, or less than that behind it. Whether this is requested depends on the policy's type alone.
struct address_request {
  const void* target = nullptr;  // null: addresses from 0 on
  std::uint64_t reach = 0;       // bytes
  bool given = false;            // whether a policy asks for it
  friend constexpr bool operator==(const address_request&, const address_request&) = default;
};

/// Which pages a memory is to consist of: as the system decides, small ones, huge ones as advice, or those of a pool.
enum class huge_request : unsigned char { as_system, never, when_possible, from_pool };
/// When pages come: as the system decides, when they are touched, or with the call that commits them.
enum class population : unsigned char { unspecified, on_demand, eager };
/// Whether a child process has the pages after a fork.
enum class inheritance : unsigned char { unspecified, excluded, included };

/// Whether a tag is drawn from those choices that the thread permits, or given: the only choice, which no thread's mask
/// restricts.
enum class tag_source : unsigned char { unspecified, drawn, given };

/// Tags are checked by hardware if `checks` is not `none`, and by the library if there is a `registry`.
struct tag_request {
  tag_checks checks = tag_checks::none;             // by hardware
  optional_pointer<const tag_registry> registry{};  // by the library
  std::uint16_t choices = 0;                        // bit n: the tag may be n
  tag_source source = tag_source::unspecified;
  bool distinct_neighbours = false;  // adjacent regions have different tags
  bool retag_on_reset = false;       // reset draws another tag
  unsigned char tag = 0;             // the tag in force: written by the allocator, read by stores

  friend constexpr bool operator==(const tag_request&, const tag_request&) = default;
};

/// A field that no policy writes requests nothing. Which fields a policy writes, and their kind, depends on its type
/// alone: from that the compiler derives what a store must be able to do.
struct attributes {
  huge_request huge = huge_request::as_system;
  std::size_t huge_bytes = 0;  // size of a pool's pages, in bytes
  numa_request numa{};         // before the first touch
  address_request addresses{};
  quire::population population = population::unspecified;
  bool assured = false;              // committed only if there is memory for it, as far as limits are visible
  bool locked = false;               // populated, and never paged out
  bool excluded_from_dumps = false;  // not in core dumps
  quire::inheritance inheritance = inheritance::unspecified;
  optional_pointer<const char> mapping_name{};  // ends with a zero; shown by /proc/self/maps
  unsigned char vm_tag = 0;                     // on macOS; 0 is none
  std::size_t purge_granule = 0;                // granule in bytes for marking contents volatile; 0: never
  tag_request tags{};

  /// Whether the hardware is to check tags.
  [[nodiscard]] constexpr bool wants_hardware_tags() const noexcept { return tags.checks != tag_checks::none; }
  /// Locking populates pages anyway. Pool pages are populated when they are committed in any case, because a pool that
  /// is empty later would be a signal instead of an error. Writing hardware tags touches every page: one call populates
  /// them for less than the faults would cost, and fails by an error.
  [[nodiscard]] constexpr bool wants_population() const noexcept {
    return huge == huge_request::from_pool || ((population == population::eager || wants_hardware_tags()) && !locked);
  }
  /// After a fork a write to a pool page takes another page from the pool, and raises a signal if it is empty. So pool
  /// pages are inherited only if a policy says so.
  [[nodiscard]] constexpr bool wants_fork_exclusion() const noexcept {
    return inheritance == inheritance::excluded ||
           (huge == huge_request::from_pool && inheritance == inheritance::unspecified);
  }
  friend constexpr bool operator==(const attributes&, const attributes&) = default;
};

}  // namespace quire

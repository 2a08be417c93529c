// SPDX-License-Identifier: BSL-1.0
#pragma once
// A typedef with one of its parts replaced; and the names of the two allocators.

namespace quire {
template <class Backing, class Protection, class Tagging, class PageSize, class Placement, class Residency>
class page_allocator;
template <class First, class... Rest>
class fallback;
}  // namespace quire

namespace quire::detail {

template <class Backing, class Protection, class Tagging, class PageSize, class Placement, class Residency>
struct variations {
  /// The store.
  using backing_type = Backing;
  /// The protection policy.
  using protection_type = Protection;
  /// The tagging policy.
  using tagging_type = Tagging;
  /// The page size policy.
  using page_size_type = PageSize;
  /// The placement policy.
  using placement_type = Placement;
  /// The residency policy.
  using residency_type = Residency;

  /// The typedef over another store, all else equal.
  template <class B>
  using with_backing = page_allocator<B, Protection, Tagging, PageSize, Placement, Residency>;
  /// The typedef with another protection policy.
  template <class P>
  using with_protection = page_allocator<Backing, P, Tagging, PageSize, Placement, Residency>;
  /// The typedef with another tagging policy.
  template <class T>
  using with_tagging = page_allocator<Backing, Protection, T, PageSize, Placement, Residency>;
  /// The typedef with another page size policy.
  template <class Z>
  using with_page_size = page_allocator<Backing, Protection, Tagging, Z, Placement, Residency>;
  /// The typedef with another placement policy.
  template <class L>
  using with_placement = page_allocator<Backing, Protection, Tagging, PageSize, L, Residency>;
  /// The typedef with another residency policy.
  template <class R>
  using with_residency = page_allocator<Backing, Protection, Tagging, PageSize, Placement, R>;
};

}  // namespace quire::detail

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
  using backing_type = Backing;
  using protection_type = Protection;
  using tagging_type = Tagging;
  using page_size_type = PageSize;
  using placement_type = Placement;
  using residency_type = Residency;

  template <class B>
  using with_backing = page_allocator<B, Protection, Tagging, PageSize, Placement, Residency>;
  template <class P>
  using with_protection = page_allocator<Backing, P, Tagging, PageSize, Placement, Residency>;
  template <class T>
  using with_tagging = page_allocator<Backing, Protection, T, PageSize, Placement, Residency>;
  template <class Z>
  using with_page_size = page_allocator<Backing, Protection, Tagging, Z, Placement, Residency>;
  template <class L>
  using with_placement = page_allocator<Backing, Protection, Tagging, PageSize, L, Residency>;
  template <class R>
  using with_residency = page_allocator<Backing, Protection, Tagging, PageSize, Placement, R>;
};

}  // namespace quire::detail

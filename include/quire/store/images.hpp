// SPDX-License-Identifier: BSL-1.0
#pragma once
// Images: contents that are made once and from which memories start. What a store must provide to map them instead of
// copying them, and what the allocator needs of a store whose memories may start from one (backing::imaged).
#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

#include <quire/detail/enumerations.hpp>
#include <quire/store.hpp>

namespace quire {

/// Whether a memory started from an image, and how its contents came.
enum class image_mode : unsigned char { none, copied, mapped };

[[nodiscard]] constexpr const char* name(image_mode mode) noexcept {
  return detail::text_of(mode, "unknown image mode", {"none", "copied", "mapped"});
}

/// Maps contents copy-on-write. Runs and offsets are multiples of the page; a run lies within the object, which ends at
/// a whole page and is zero behind the contents. A run that is mapped from an object, or was until `clear_image`
/// cleared it, is taken back by `unmap_image`, `clear_image` or `remap_image` before `decommit` or `discard` see it;
/// `protect`, `populate`, `lock` and `release` take it as any other. `open` states that all pages of the run are
/// readable and writable, as they were when they were mapped.
///
/// | operation | meaning |
/// |---|---|
/// | `image_object` | a handle: a plain value, default constructible, cheap to copy |
/// | `image_granule()` | where an image may begin: at the base plus a multiple of it; at least the page |
/// | `make_image(contents, object)` | makes an object with these contents, which can no longer be changed; if it fails, no object is left |
/// | `release_image(object)` | releases the object; memories that map it keep their pages |
/// | `map_image(run, object, offset, requests)` | makes a committed run readable, writable and private, with the contents at `offset` of the object. Drops the configuration. May fail halfway |
/// | `unmap_image(run, requests)` | as decommit; drops the configuration. An `outcome` |
/// | `may_clear_image(run, open)` | 0, or the code with which `clear_image` would refuse the run; changes nothing |
/// | `clear_image(run, open, requests)` | as discard: zero, memory given back, access stays, locked as requested. Drops the configuration. An `outcome` |
/// | `remap_image(run, object, offset, requests)` | restores the contents at `offset`; the access afterwards is unspecified, as commit follows. An `outcome` |
template <class S>
concept image_store = backing_store<S> && requires(S& s, const S& c, page_run r, std::span<const std::byte> contents,
                                                   const attributes& a) {
  typename S::image_object;
  requires plain_value<typename S::image_object> && std::is_nothrow_default_constructible_v<typename S::image_object>;
  requires requires(typename S::image_object& object, const typename S::image_object& made) {
    { s.make_image(contents, object) } noexcept -> std::same_as<int>;
    { s.release_image(made) } noexcept -> std::same_as<void>;
    { s.map_image(r, made, std::size_t{}, a) } noexcept -> std::same_as<int>;
    { s.remap_image(r, made, std::size_t{}, a) } noexcept -> std::convertible_to<outcome>;
  };
  { c.image_granule() } noexcept -> std::same_as<std::size_t>;
  { s.unmap_image(r, a) } noexcept -> std::convertible_to<outcome>;
  requires requires(bool open) {
    { s.may_clear_image(r, open) } noexcept -> std::same_as<int>;
    { s.clear_image(r, open, a) } noexcept -> std::convertible_to<outcome>;
  };
};

/// The store must know beforehand where an image will lie, because it lays the memory out for it. `map_image` then
/// takes pages that were not committed, and runs of decommit reach to the end of the committed pages.
///
/// | operation | meaning |
/// |---|---|
/// | `expect_image(object, offset, bytes)` | the next reservation will have this image, at `offset` from its first committed byte. 0 bytes: none |
/// | `expects_image()` | whether the reserved memory will map the image. If not, the image is to be copied |
/// | `place_image(base)` | called before the first commit, which begins at `base`. If it fails, only release is left |
/// | `half_released()` | whether release, which takes several calls here, has failed after some: only release is left, which continues |
template <class S>
concept image_placing_store = image_store<S> && requires(S& s, const S& c, std::byte* base) {
  { s.expect_image(typename S::image_object{}, std::size_t{}, std::size_t{}) } noexcept -> std::same_as<void>;
  { c.expects_image() } noexcept -> std::same_as<bool>;
  { s.place_image(base) } noexcept -> std::same_as<int>;
  { c.half_released() } noexcept -> std::same_as<bool>;
};

/// The store to use instead of `S` if memories may start from images: one that is larger by the state that this needs.
template <backing_store S>
struct imaging_store : std::type_identity<S> {};

/// Memories of the store may start from an image, which the store remembers.
///
/// | operation | meaning |
/// |---|---|
/// | `image_type` | the type of the image |
/// | `start_from(image, offset, granule)` | the next reservation starts from `image`; null: from zeros. Its pages are committed and decommitted in multiples of `granule` |
/// | `begin_restore()` | the next commit from the base restores the missing part of the image, as far as it is mapped |
/// | `fill_start(run, requests)` | called after a commit that began or restored a memory, and after requested pages are populated: copies the part of the image that lies in the run and is not mapped. Populates pages that no request has populated by a call that can fail. May fail halfway |
/// | `cancel_restore()` | revokes begin_restore: the reset was refused |
/// | `restore_image(run, requests)` | instead of discard: restores the image's contents; the access afterwards is unspecified |
template <class S>
concept image_backed_store = backing_store<S> && requires(S& s, const S& c, page_run r, const attributes& a) {
  typename S::image_type;
  {
    s.start_from(static_cast<const typename S::image_type*>(nullptr), std::size_t{}, std::size_t{})
  } noexcept -> std::same_as<void>;
  { s.begin_restore() } noexcept -> std::same_as<void>;
  { s.cancel_restore() } noexcept -> std::same_as<void>;
  { s.restore_image(r, a) } noexcept -> std::convertible_to<outcome>;
  { s.fill_start(r, a) } noexcept -> std::same_as<int>;
  { c.start_granule() } noexcept -> std::same_as<std::size_t>;
  { c.image_mode() } noexcept -> std::same_as<image_mode>;
};

/// `mend_image(run, requests)` maps what a reset will need of a mapped image, before other pages are given up: the part
/// that is missing, and what no longer shows the image. If it is refused, nothing has changed, unless `lost` is set; if
/// it succeeds, `lost` tells that contents have changed.
template <class S>
concept image_mending_store = image_backed_store<S> && requires(S& s, page_run r, const attributes& a) {
  { s.mend_image(r, a) } noexcept -> std::same_as<outcome>;
};

}  // namespace quire

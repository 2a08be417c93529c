#pragma once
// Contents that are made once and from which memories start: what a store must be able to do to map them instead of
// copying them, and what the allocator needs of a store whose memories may start so (backing::imaged is one).
#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

#include <quire/detail/enumerations.hpp>
#include <quire/store.hpp>

namespace quire {

/// Whether a memory started from an image, and how its contents came.
enum class image_use : unsigned char { none, copied, mapped };

[[nodiscard]] constexpr const char* name(image_use u) noexcept {
  return detail::text_of(u, "unknown use", {"none", "copied", "mapped"});
}

/// Maps contents copy-on-write. Runs and offsets are multiples of the page; a run lies within the object, which ends at
/// a whole page, zero behind the contents. A run that is mapped from an object, or was before `clear_image` took it,
/// goes back by the three last operations, before `decommit` or `discard` see it; `protect`, `populate`, `lock` and
/// `release` take it as any other. `open` says of a run that all its pages can be read and written, as since they were
/// mapped.
///
/// | operation | meaning |
/// |---|---|
/// | `image_object` | a handle: a plain value, default constructible, cheap to copy |
/// | `image_granule()` | where an image may begin: the base plus a multiple of it; the page or more |
/// | `make_image(contents, object)` | an object with these contents, which nobody can change any more; nothing is left where it fails |
/// | `release_image(object)` | gives it back; memories that map it keep their pages |
/// | `map_image(run, object, offset, requests)` | a committed run becomes readable, writable and private, with the contents at `offset` of the object. What configuring did is lost. May fail half-way |
/// | `unmap_image(run, requests)` | as decommit; configuring is lost. An `outcome` |
/// | `may_clear_image(run, open)` | 0, or why `clear_image` would refuse the run; changes nothing |
/// | `clear_image(run, open, requests)` | as discard: zero, memory given back, access stays, locked as requested. Configuring is lost. An `outcome` |
/// | `remap_image(run, object, offset, requests)` | the contents at `offset` again; access is open to choice, as commit follows. An `outcome` |
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

/// Has to know beforehand where an image will lie, as it lays the memory out for it. `map_image` takes pages that were
/// not committed then, and what decommit takes reaches to the end of what is committed.
///
/// | operation | meaning |
/// |---|---|
/// | `expect_image(object, offset, bytes)` | in the memory that is reserved next, counted from its first committed byte. 0 bytes: none |
/// | `expects_image()` | whether what is reserved will map it. If not, it is to be copied |
/// | `place_image(base)` | before the first commit, which begins at `base`. If it fails only release is left |
/// | `half_released()` | release takes several calls then, and has failed after some: only release is left, which goes on |
template <class S>
concept image_placing_store = image_store<S> && requires(S& s, const S& c, std::byte* base) {
  { s.expect_image(typename S::image_object{}, std::size_t{}, std::size_t{}) } noexcept -> std::same_as<void>;
  { c.expects_image() } noexcept -> std::same_as<bool>;
  { s.place_image(base) } noexcept -> std::same_as<int>;
  { c.half_released() } noexcept -> std::same_as<bool>;
};

/// The store to take instead of `S` where memories may start from images: one that is larger by what that needs.
template <backing_store S>
struct imaging_store {
  using type = S;
};

/// Its memories may start from an image; what the start is it remembers.
///
/// | operation | meaning |
/// |---|---|
/// | `image_type` | what a memory starts from |
/// | `start_from(image, offset, granule)` | the next reservation starts so; null: from zeros. Its pages come and go in multiples of `granule` |
/// | `begin_restore()` | the next commit from the base brings what is missing of the start, as far as it is mapped |
/// | `fill_start(run, requests)` | after a commit that began a memory, or began it again, and after what the requests bring in: copies what of the start lies in the run and is not mapped. Pages that no request has brought it brings by a call that can fail. May fail half-way |
/// | `cancel_restore()` | it does not: the reset was refused |
/// | `rewind(run, requests)` | instead of discard: contents are those of the start again, access is open to choice |
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
  { c.image_mode() } noexcept -> std::same_as<image_use>;
};

}  // namespace quire

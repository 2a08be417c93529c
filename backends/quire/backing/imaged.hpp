// SPDX-License-Identifier: BSL-1.0
#pragma once
// A store adaptor whose memories may start from an image. The store underneath maps the image copy-on-write if it can;
// otherwise the contents are copied.
#include <boost/config.hpp>
#include <cstddef>

#include <quire/capabilities.hpp>
#include <quire/detail/arguments.hpp>
#include <quire/detail/copy_contents.hpp>
#include <quire/detail/page_ranges.hpp>
#include <quire/image.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>
#include <quire/units.hpp>

namespace quire::backing {

/// Shrink, discard and reset must know which part of a memory is the image's, and which pages of that part may have
/// another access than they were mapped with: seven words more than `S`. It need not be given to the allocator's
/// constructor unless `S` must be; then `S` is given.
template <backing_store S>
class imaged : public S {
 public:
  using wrapped = S;
  using image_type = quire::image<S>;
  static constexpr bool must_be_given = quire::detail::must_be_given<S>;

  static constexpr store_traits traits = [] {
    store_traits f = S::traits;
    if (image_store<S>) f.commit_remaps = f.decommit_remaps = f.discard_remaps = true;
    return f;
  }();

  constexpr imaged() noexcept = default;
  /// Over a store that holds data.
  constexpr explicit imaged(S store) noexcept : S(store) {}
  [[nodiscard]] static constexpr imaged vacant() noexcept { return imaged(quire::detail::vacant<S>()); }

  /// Memories that are allocated from now on start from `start`, until the next call with null. Their pages are
  /// committed and decommitted in multiples of `granule`.
  void start_from(const image_type* start, std::size_t offset, std::size_t granule) noexcept {
    armed_ = start != nullptr;
    if (!armed_ && base_ != nullptr) return;  // a memory that has started keeps its image
    image_ = start;
    offset_ = offset;
    suits_ = granule % start_granule() == 0;
    base_ = nullptr;
  }
  void begin_restore() noexcept { due_ = image_ != nullptr; }
  void cancel_restore() noexcept { due_ = false; }
  [[nodiscard]] quire::image_mode image_mode() const noexcept {
    return image_ == nullptr ? quire::image_mode::none : mode_;
  }
  [[nodiscard]] std::size_t start_granule() const noexcept {
    if constexpr (image_store<S>) return this->image_granule();
    return this->page_bytes();
  }

  BOOST_FORCEINLINE reservation reserve(std::size_t bytes, std::size_t alignment,
                                        const attributes& requested) noexcept {
    forget();
    if constexpr (image_placing_store<S>) {
      if (due_ && suits_ && may_map(requested))
        S::expect_image(image_->object(), offset_, image_->size());
      else
        S::expect_image({}, 0, 0);
    }
    return S::reserve(bytes, alignment, requested);
  }
  /// The first commit begins at the base of the memory.
  BOOST_FORCEINLINE int commit(page_run r, const attributes& requested) noexcept {
    if (base_ == nullptr) {
      base_ = r.base;
      if constexpr (image_placing_store<S>)
        if (const int n = S::place_image(base_)) return n;
    }
    if (const int n = commit_pages(r, requested)) return n;
    if (r.base == base_) restricted_ = {r.base, 0};  // all of it is readable and writable again, or will be mapped so
    return due_ && maps(requested) ? map_start(r, requested) : 0;
  }
  BOOST_FORCEINLINE int fill_start(page_run r, const attributes& requested) noexcept {
    return due_ ? copy_start(r, requested) : 0;
  }
  BOOST_FORCEINLINE outcome decommit(page_run r, const attributes& requested) noexcept {
    if constexpr (image_store<S>) {
      const page_run mapped = mapped_in(r);
      if (mapped.bytes != 0) {
        if (const outcome done = S::unmap_image(mapped, requested); done.native != 0) return done;
        there_ = static_cast<std::size_t>(mapped.base - begin());
        pierced_ = pierced_ && there_ != 0;
        return {outcome(S::decommit(r, requested)).native, true};
      }
    }
    return S::decommit(r, requested);
  }
  int protect(page_run r, access wanted, const attributes& requested) noexcept
    requires protectable_store<S>
  {
    if constexpr (image_store<S>)
      if (wanted != access::read_write) restricted_ = quire::detail::hull(restricted_, mapped_in(r));
    return S::protect(r, wanted, requested);
  }
  BOOST_FORCEINLINE int release(page_run whole, page_run accessible, const attributes& requested) noexcept {
    const int n = S::release(whole, accessible, requested);
    if (n == 0) forget();
    return n;
  }

  /// Maps fresh memory where the image was mapped: if a mapping's memory were given back, the image would reappear.
  BOOST_FORCEINLINE outcome discard(page_run r, const attributes& requested) noexcept
    requires discarding_store<S>
  {
    if constexpr (image_store<S>) {
      if (const page_run mapped = mapped_in(r); mapped.bytes != 0) {
        const outcome done = S::clear_image(mapped, is_open(mapped), requested);
        pierced_ = pierced_ || done.native == 0 || done.lost;
        return done.native != 0 ? done : outcome{discard_around(r, mapped, requested), true};
      }
    }
    return S::discard(r, requested);
  }
  BOOST_FORCEINLINE int check_discard([[maybe_unused]] page_run r) noexcept
    requires discarding_store<S>
  {
    if constexpr (image_store<S>)
      if (const page_run mapped = mapped_in(r); mapped.bytes != 0)
        if (const int n = S::may_clear_image(mapped, is_open(mapped))) return n;
    if constexpr (discard_precheck_store<S>) return S::check_discard(r);
    return 0;
  }
  /// By one call, which replaces what is mapped there.
  outcome mend_image(page_run r, const attributes& requested) noexcept
    requires image_store<S> && requires { requires S::discard_restores_image; }
  {
    const std::size_t missing = due_ && maps(requested) ? missing_in(r).bytes : 0;
    if (there_ == 0 && missing == 0) return {};
    const std::size_t from = pierced_ ? 0 : there_;
    const page_run mended = quire::detail::common(r, {begin() + from, there_ + missing - from});
    if (mended.bytes == 0) return {};
    if (const outcome done = S::remap_image(mended, image_->object(), from, requested); done.native != 0) return done;
    pierced_ = false;
    there_ += missing;
    return {0, true};
  }
  /// If the image is not mapped, the commit that follows copies it.
  BOOST_FORCEINLINE outcome restore_image(page_run r, const attributes& requested) noexcept {
    if constexpr (image_store<S> && discarding_store<S>) {
      [[maybe_unused]] bool begun = false;
      if constexpr (requires { requires S::discard_restores_image; }) {
        const outcome mapped = map_missing(r, requested);
        if (mapped.native != 0) return mapped;
        begun = mapped.lost;
        if (!pierced_) {
          const outcome done = S::discard(r, requested);
          return {done.native, done.lost || begun};
        }
      }
      if (const page_run mapped = mapped_in(r); mapped.bytes != 0) {
        const auto offset = static_cast<std::size_t>(mapped.base - begin());
        const outcome done = S::remap_image(mapped, image_->object(), offset, requested);
        if (done.native != 0) return {done.native, done.lost || begun};
        pierced_ = false;
        return {discard_around(r, mapped, requested), true};
      }
    }
    if constexpr (discarding_store<S>) return S::discard(r, requested);
    return {};
  }

 private:
  /// Pages of an object have no hardware tags, and pages of a pool cannot be mapped over in parts. On Mach, a mapped
  /// image takes no VM tag and is not a purgeable object.
  static constexpr bool may_map(const attributes& requested) noexcept {
    return image_store<S> && !requested.wants_hardware_tags() && requested.huge != huge_request::from_pool &&
           requested.vm_tag == 0 && requested.purge_granule == 0;
  }
  [[nodiscard]] bool maps(const attributes& requested) const noexcept {
    if constexpr (image_placing_store<S>) return S::expects_image();
    return may_map(requested);
  }
  /// Maps the missing part of a mapped image before contents are given up; `lost` reports that some of it was mapped.
  outcome map_missing(page_run r, const attributes& requested) noexcept
    requires image_store<S>
  {
    if (!due_ || !maps(requested)) return {};
    const page_run missing = missing_in(r);
    if (missing.bytes == 0) return {};
    if (const outcome done = S::remap_image(missing, image_->object(), there_, requested); done.native != 0)
      return done;
    there_ += missing.bytes;
    return {0, true};
  }
  int discard_around(page_run r, page_run mapped, const attributes& requested) noexcept {
    return quire::detail::around(r, mapped,
                                 [&](page_run rest) noexcept { return outcome(S::discard(rest, requested)).native; });
  }
  void forget() noexcept {
    base_ = nullptr;
    there_ = 0;
    restricted_ = {nullptr, 0};
    pierced_ = false;
    mode_ = quire::image_mode::none;
    if (!armed_) image_ = nullptr;
    due_ = armed_;
  }
  [[nodiscard]] std::byte* begin() const noexcept { return base_ + offset_; }
  [[nodiscard]] page_run mapped_in(page_run r) const noexcept {
    return there_ == 0 ? page_run{r.base, 0} : quire::detail::common(r, {begin(), there_});
  }
  /// Whether access to these pages is the same as when they were mapped.
  [[nodiscard]] bool is_open(page_run r) const noexcept {
    return restricted_.bytes == 0 || quire::detail::common(r, restricted_).bytes == 0;
  }
  [[nodiscard]] page_run missing_in(page_run r) const noexcept
    requires image_store<S>
  {
    const std::size_t all = align_up(image_->size(), this->image_granule());
    return quire::detail::common(r, {begin() + there_, all - there_});
  }

  /// Leaves out the pages that map_start maps next, if the store maps images over uncommitted pages.
  BOOST_FORCEINLINE int commit_pages(page_run r, const attributes& requested) noexcept {
    if constexpr (image_placing_store<S>)
      if (due_ && maps(requested))
        if (const page_run missing = missing_in(r); missing.bytes != 0)
          return quire::detail::around(r, missing, [&](page_run rest) noexcept { return S::commit(rest, requested); });
    return S::commit(r, requested);
  }
  /// Maps the missing part of the image, as far as it lies in `r`.
  int map_start([[maybe_unused]] page_run r, [[maybe_unused]] const attributes& requested) noexcept {
    if constexpr (image_store<S>) {
      const page_run missing = missing_in(r);
      if (missing.bytes != 0)
        if (const int n = S::map_image(missing, image_->object(), there_, requested)) return n;
      there_ += missing.bytes;
    }
    mode_ = quire::image_mode::mapped;
    due_ = false;
    return 0;
  }
  BOOST_NOINLINE int copy_start(page_run r, const attributes& requested) noexcept {
    const page_run all = quire::detail::common(r, {begin(), image_->size()});
    if (all.bytes != 0) {
      const auto contents = image_->contents().subspan(static_cast<std::size_t>(all.base - begin()), all.bytes);
      if (const int n = quire::detail::copy_contents(static_cast<S&>(*this), all.base, contents, requested)) return n;
    }
    mode_ = quire::image_mode::copied;
    due_ = false;
    return 0;
  }

  const image_type* image_ = nullptr;
  std::byte* base_ = nullptr;        // null until the first commit
  std::size_t offset_ = 0;           // of the image in the memory
  std::size_t there_ = 0;            // bytes of the object that are mapped, from its beginning
  page_run restricted_{nullptr, 0};  // part of these bytes whose access may be other than read_write
  bool armed_ = false, due_ = false, suits_ = false;
  bool pierced_ = false;  // some of the mapped bytes were discarded, and no longer show the image
  quire::image_mode mode_ = quire::image_mode::none;
};

}  // namespace quire::backing

namespace quire {

/// The allocator `A`, with memories that may start from an image.
template <class A>
using with_images =
    typename A::template with_backing<backing::imaged<typename imaging_store<typename A::backing_type>::type>>;

}  // namespace quire

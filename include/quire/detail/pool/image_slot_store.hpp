// SPDX-License-Identifier: BSL-1.0
#pragma once
// A place in a pool as a store whose memories may start from images. They are mapped into a slot, or copied, once; a
// slot that comes back shows its image again, as recycling restores what its user has written.
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>

#include <quire/detail/pool/slot_image.hpp>
#include <quire/detail/pool/slot_start.hpp>
#include <quire/detail/pool/slot_store.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>

namespace quire::detail {

template <class Source>
class image_slot_store : public slot_store<Source> {
  using plain = slot_store<Source>;
  using S = typename Source::store_type;

 public:
  using image_type = slot_image<S>;
  using plain::plain;
  [[nodiscard]] static constexpr image_slot_store vacant() noexcept { return image_slot_store(nullptr); }

  void start_from(const image_type* image, std::size_t offset, std::size_t) noexcept {
    wanted_ = image == nullptr ? wanted_start<S>() : wanted_start<S>{&image->known(), offset};
  }
  BOOST_FORCEINLINE reservation reserve(std::size_t bytes, std::size_t, const attributes&) noexcept {
    due_ = wanted_.image != nullptr;
    return this->take(bytes, wanted_);
  }
  int fill_start(page_run run, const attributes&) noexcept {
    if (!due_) return 0;
    due_ = false;
    return this->source().fill_start(this->known(), plain::end_in(this->known(), run));
  }
  void begin_restore() noexcept { due_ = image_mode() != quire::image_mode::none; }
  void cancel_restore() noexcept { due_ = false; }
  outcome mend_image(page_run run, const attributes&) noexcept
    requires Source::maps_images
  {
    return this->source().mend_start(this->known(), plain::end_in(this->known(), run));
  }
  /// What is missing follows when pages are populated.
  outcome restore_image(page_run run, const attributes& requested) noexcept { return this->recycle(run, requested); }

  /// Called after the allocator has cleared pages.
  void image_cleared(page_run run) noexcept {
    this->source().start_of(this->known()).disturb(static_cast<std::size_t>(run.base - this->known().base));
  }
  int check_discard(page_run run) noexcept
    requires Source::maps_images
  {
    return this->source().check_discard(this->known(), run);
  }

  [[nodiscard]] std::size_t start_granule() const noexcept { return this->page_bytes(); }
  [[nodiscard]] quire::image_mode image_mode() const noexcept {
    const auto& start = this->source().start_of(this->known());
    if (start.is_none()) return quire::image_mode::none;
    return start.is_mapped() ? quire::image_mode::mapped : quire::image_mode::copied;
  }

 private:
  constexpr explicit image_slot_store(std::nullptr_t) noexcept : plain(nullptr) {}

  wanted_start<S> wanted_{};
  bool due_ = false;  // what is missing of the image is to be copied when pages are next prepared
};

}  // namespace quire::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
// Images in a pool: what a slot shows of the image that its user started from, and keeps for the next one.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include <quire/store.hpp>
#include <quire/store/images.hpp>
#include <quire/units.hpp>

namespace quire::detail {

/// Tells all images of a program apart. The address is that of the counter of numbers, since each shared library that
/// hides its symbols has one of its own.
struct image_id {
  const void* counter = nullptr;
  std::uint64_t number = 0;

  friend constexpr bool operator==(const image_id&, const image_id&) = default;
};

/// Whether pages of a slot may be mapped from an image: the store does so at any place, and giving such pages back
/// brings their contents back.
template <class S>
inline constexpr bool maps_into_slots = false;
template <image_store S>
  requires(!image_placing_store<S>)
inline constexpr bool maps_into_slots<S> = requires { requires S::discard_restores_image; };

struct nothing_mapped {};
template <class S>
struct mapped_object {
  using type = nothing_mapped;
};
template <class S>
  requires maps_into_slots<S>
struct mapped_object<S> {
  using type = typename S::image_object;
};

template <class Store>
struct image_contents {
  image_id id{};
  std::span<const std::byte> bytes{};
  bool has_object = false;
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS typename mapped_object<Store>::type object{};
};

/// What a user asks for: nothing, or an image at an offset from the base.
template <class Store>
struct wanted_start {
  const image_contents<Store>* image = nullptr;
  std::size_t offset = 0;
};

/// In a pool without images.
struct no_start {};

/// What a slot shows. In the part that is the image's, each page has the image's contents or is zero, apart from what
/// the present user has written; outside, pages are zero. Contents are copied, or they are mapped: then the pages that
/// are mapped have the contents, unless they are pierced.
template <class Store>
class slot_start {
 public:
  /// Bytes from the base.
  struct range {
    std::size_t begin, end;
    [[nodiscard]] bool empty() const noexcept { return begin >= end; }
    [[nodiscard]] page_run of(std::byte* base) const noexcept { return {base + begin, end - begin}; }
  };

  [[nodiscard]] bool is_none() const noexcept { return image_.id == image_id{}; }
  [[nodiscard]] bool is(const wanted_start<Store>& wanted) const noexcept {
    if (wanted.image == nullptr) return is_none();
    return image_.id == wanted.image->id && offset_ == wanted.offset;
  }
  /// Precondition: it is none, or what is wanted.
  void become(const wanted_start<Store>& wanted, bool may_map) noexcept {
    if (is(wanted)) return;
    image_ = *wanted.image;
    offset_ = wanted.offset;
    is_mapped_ = may_map && image_.has_object;
  }
  void become_none() noexcept { *this = {}; }

  [[nodiscard]] const auto& object() const noexcept { return image_.object; }
  [[nodiscard]] bool is_mapped() const noexcept { return is_mapped_; }
  /// The mapped pages in a range.
  [[nodiscard]] range mapped(std::size_t from, std::size_t to) const noexcept {
    return is_mapped_ ? range{std::max(from, offset_), std::min(to, offset_ + there_)} : range{from, from};
  }
  /// Some mapped pages were discarded or cleared, and no longer show the image.
  bool is_pierced = false;

  /// The part of the image that is missing and that `to` bytes from the base have room for; if it is mapped, its pages.
  [[nodiscard]] range missing_below(std::size_t to, std::size_t page) const noexcept {
    const std::size_t all = is_mapped_ ? align_up(image_.bytes.size(), page) : image_.bytes.size();
    return {offset_ + there_, std::min(to, offset_ + all)};
  }
  [[nodiscard]] std::span<const std::byte> contents_of(range r) const noexcept {
    return image_.bytes.subspan(r.begin - offset_, r.end - r.begin);
  }
  /// How far into the image the missing part begins.
  [[nodiscard]] std::size_t there() const noexcept { return there_; }
  void add(range r) noexcept { there_ += r.end - r.begin; }
  /// Memory was given back from `from` on: copies are gone.
  void lose(std::size_t from) noexcept {
    if (!is_mapped_) cut(from);
  }
  /// The library itself has cleared bytes from `from` on, which no high-water mark covers.
  void disturb(std::size_t from) noexcept {
    lose(from);
    is_pierced = is_pierced || !mapped(from, SIZE_MAX).empty();
  }
  /// Nothing of the image is there from `from` on.
  void cut(std::size_t from) noexcept {
    there_ = std::min(there_, from - std::min(from, offset_));
    is_pierced = is_pierced && there_ != 0;
  }

  /// Writes what a new memory has in these bytes. A mapped page that was not written is not copied for it.
  void restore(std::byte* base, std::size_t from, std::size_t to, std::size_t page) const noexcept {
    const range image = common(from, to);
    if (from < image.begin) std::memset(base + from, 0, image.begin - from);
    for (std::size_t at = image.begin; at < image.end;) {
      const std::size_t next = is_mapped_ ? std::min(image.end, align_down(at, page) + page) : image.end;
      const std::span<const std::byte> contents = contents_of({at, next});
      if (!is_mapped_ || std::memcmp(base + at, contents.data(), contents.size()) != 0)
        std::memcpy(base + at, contents.data(), contents.size());
      at = next;
    }
    if (image.end < to) std::memset(base + image.end, 0, to - image.end);
  }
  /// Whether these bytes are what a new memory has, or will have when what is missing is there: until then such pages
  /// are zero.
  template <class IsZero>
  [[nodiscard]] bool is_new(const std::byte* base, std::size_t from, std::size_t to, std::size_t page,
                            IsZero is_zero) const noexcept {
    for (std::size_t at = from; at < to;) {
      const std::size_t next = std::min(to, align_down(at, page) + page);
      const range image = common(at, next);
      const bool shows_image = !image.empty() && is_zero(at, image.begin) && is_zero(image.end, next) &&
                               std::memcmp(base + image.begin, contents_of(image).data(), image.end - image.begin) == 0;
      const bool may_be_zero = image.empty() || at >= offset_ + there_;
      if (!shows_image && !(may_be_zero && is_zero(at, next))) return false;
      at = next;
    }
    return true;
  }

 private:
  /// The image's part of a range; empty, at its beginning, if there is none.
  [[nodiscard]] range common(std::size_t from, std::size_t to) const noexcept {
    const range both{std::max(from, offset_), std::min(to, offset_ + image_.bytes.size())};
    return both.empty() ? range{from, from} : both;
  }

  image_contents<Store> image_{};
  std::size_t offset_ = 0;  // of the image in the memory, in bytes
  std::size_t there_ = 0;   // bytes of the image that the slot has, from its beginning
  bool is_mapped_ = false;
};

/// What slots show of images, if a pool's memories may start from some.
template <class Store, bool HasImages>
struct slot_starts {
  using start = no_start;
};
template <class Store>
struct slot_starts<Store, true> {
  using start = wanted_start<Store>;
  slot_start<Store>* starts = nullptr;
};

}  // namespace quire::detail

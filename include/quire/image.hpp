// SPDX-License-Identifier: BSL-1.0
#pragma once
// Contents that are made once and from which any number of memories start.
#include <boost/config.hpp>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include <quire/result.hpp>
#include <quire/store/images.hpp>

namespace quire {

namespace detail {
struct no_image_object {};
struct no_image_store {};

template <class S>
struct image_object_of : std::type_identity<no_image_object> {};
template <image_store S>
struct image_object_of<S> : std::type_identity<typename S::image_object> {};
}  // namespace detail

/// An image for memories over `backing::imaged<Store>`, whose typedef names it `image`. It outlives them, and is not
/// moved while one exists. If the store maps images, only `from` reads the contents. Otherwise, and for memories with
/// hardware tags or pages of a pool, they are copied into every memory that starts, and must remain valid and unchanged
/// as long as the image.
template <backing_store Store>
class image {
  /// A store that does not map images is not kept.
  using kept_store = std::conditional_t<image_store<Store>, Store, detail::no_image_store>;

 public:
  /// Whether the store maps images. Memories with hardware tags or pool pages copy them nevertheless.
  static constexpr bool mappable = image_store<Store>;

  /// Makes an image. If the store maps images, this creates one object of the system (Linux: memfd_create, ftruncate,
  /// pwrite, fcntl to seal it), whose pages are charged once, to the caller. Errors: `invalid_argument` (no contents),
  /// and the system's at `populate`.
  [[nodiscard]] static result<image> from(std::span<const std::byte> contents, const kept_store& store = {}) noexcept {
    if (contents.empty()) return failure(errc::invalid_argument, step::plan);
    image made(contents, store);
    if constexpr (mappable)
      if (const int n = made.store_.make_image(contents, made.object_)) {
        made.bytes_ = {};
        return failure(Store::code_of(step::populate, n), step::populate, n);
      }
    return made;
  }

  image(image&& other) noexcept
      : bytes_(std::exchange(other.bytes_, {})), store_(other.store_), object_(other.object_) {}
  image& operator=(image&& other) noexcept {
    if (this != &other) {
      close();
      bytes_ = std::exchange(other.bytes_, {});
      store_ = other.store_;
      object_ = other.object_;
    }
    return *this;
  }
  ~image() { close(); }

  /// Bytes of the contents; 0 if the image was moved from.
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  /// The span given to `from`; it may be read only as long as the caller keeps it valid.
  [[nodiscard]] std::span<const std::byte> contents() const noexcept { return bytes_; }
  /// The system's object, for the store that maps it.
  [[nodiscard]] const auto& object() const noexcept { return object_; }

 private:
  image(std::span<const std::byte> contents, const kept_store& store) noexcept : bytes_(contents), store_(store) {}
  void close() noexcept {
    if constexpr (mappable)
      if (!bytes_.empty()) store_.release_image(object_);
  }

  std::span<const std::byte> bytes_;
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS kept_store store_;
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS typename detail::image_object_of<Store>::type object_{};
};

}  // namespace quire

#pragma once
// Contents that are made once, and from which any number of memories start.
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
struct image_object_of {
  using type = no_image_object;
};
template <image_store S>
struct image_object_of<S> {
  using type = typename S::image_object;
};
}  // namespace detail

/// For memories over `backing::imaged<Store>`; their typedef names it `image`. Outlives them, and is not moved while
/// one lives. Where the store maps images the contents are looked at only by `from`; else they are copied into every
/// memory that starts, so that they have to stay as they are as long as the image.
template <backing_store Store>
class image {
  /// A store that does not map images makes nothing of them.
  using kept_store = std::conditional_t<image_store<Store>, Store, detail::no_image_store>;

 public:
  /// Whether the store maps images. Memories with hardware tags or of a pool's pages copy all the same.
  static constexpr bool mappable = image_store<Store>;

  /// One object of the system, if the store maps images (Linux: memfd_create, ftruncate, pwrite, fcntl to seal it; the
  /// contents are in memory once, charged to the caller). Errors: `invalid_argument` (no contents), and the system's.
  [[nodiscard]] static result<image> from(std::span<const std::byte> contents) noexcept {
    return from(contents, kept_store{});
  }
  [[nodiscard]] static result<image> from(std::span<const std::byte> contents, const kept_store& store) noexcept {
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

  /// Bytes of the contents; 0 of one that was moved from.
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  /// What `from` was given: to be read only where it still exists.
  [[nodiscard]] std::span<const std::byte> contents() const noexcept { return bytes_; }
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

// SPDX-License-Identifier: BSL-1.0
#pragma once
// Images from which the memories of a pool start.
#include <algorithm>
#include <atomic>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>
#include <utility>

#include <quire/access.hpp>
#include <quire/detail/copy_contents.hpp>
#include <quire/detail/pool/slot_start.hpp>
#include <quire/result.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::detail {

inline std::atomic<std::uint64_t> images_made{0};

/// The first number tells the time, since a library that is unloaded and loaded again finds its counter at zero. No
/// image is made as quickly as the clock of the processor ticks.
[[nodiscard]] inline std::uint64_t next_image() noexcept {
  std::uint64_t made = images_made;
  if (made == 0) {
    const auto seconds = static_cast<std::uint64_t>(std::time(nullptr)),
               ticks = static_cast<std::uint64_t>(std::clock());
    (void)images_made.compare_exchange_strong(made, (seconds << 32) + static_cast<std::uint32_t>(ticks));
  }
  return ++images_made;
}

/// The contents lie in a reservation of the image's own, read-only where pages can be protected. If the image is large
/// and the store can map it into slots, also in an object of the system; without one, slots copy it. Any number of
/// pools may start memories from it.
template <class Store>
class slot_image {
 public:
  /// Copies the contents, which do not change meanwhile; those of a live memory make a snapshot. Beyond 64 KiB, on
  /// Linux, they are also written to a file in memory, whose descriptor the image keeps; if that is refused, slots
  /// copy. Errors: `invalid_argument` (no contents), `limit_exceeded`, and those of the system for a reservation and
  /// its pages.
  [[nodiscard]] static result<slot_image> from(std::span<const std::byte> contents) noexcept {
    if (contents.empty()) return failure(errc::invalid_argument, step::plan);
    if (contents.size() > max_bytes / 2) return failure(errc::limit_exceeded, step::plan);
    slot_image made;
    step at = step::reserve;
    if (const int n = made.fill(contents, at)) return failure(Store::code_of(at, n), at, n);
    return made;
  }

  slot_image(slot_image&& other) noexcept
      : pages_(std::exchange(other.pages_, {nullptr, 0})), contents_(std::exchange(other.contents_, {})) {}
  slot_image& operator=(slot_image&& other) noexcept {
    slot_image taken(std::move(other));
    std::swap(pages_, taken.pages_);
    std::swap(contents_, taken.contents_);
    return *this;
  }
  ~slot_image() {
    if constexpr (maps_into_slots<Store>)
      if (contents_.has_object) store_.release_image(contents_.object);
    if (pages_.bytes != 0) (void)store_.release(pages_, pages_, attributes{});
  }

  /// Bytes of the contents; 0 if the image was moved from.
  [[nodiscard]] std::size_t size() const noexcept { return contents_.bytes.size(); }
  [[nodiscard]] std::span<const std::byte> contents() const noexcept { return contents_.bytes; }
  /// What pools know of it.
  [[nodiscard]] const image_contents<Store>& known() const noexcept { return contents_; }

 private:
  slot_image() noexcept = default;

  [[nodiscard]] int fill(std::span<const std::byte> contents, step& at) noexcept {
    const attributes nothing;
    const std::size_t bytes = align_up(contents.size(), std::max(store_.page_bytes(), Store::traits.reserve_granule));
    const reservation got = store_.reserve(bytes, store_.page_bytes(), nothing);
    if (got.native != 0) return got.native;
    at = step::commit;
    if (const int n = store_.commit({got.base, bytes}, nothing)) {
      (void)store_.release({got.base, bytes}, {got.base, 0}, nothing);
      return n;
    }
    pages_ = {got.base, bytes};
    at = step::populate;
    if (const int n = copy_contents(store_, got.base, contents, nothing)) return n;
    at = step::protect;
    if constexpr (protectable_store<Store>)
      if (const int n = store_.protect(pages_, access::read, nothing)) return n;
    contents_.id = {&images_made, next_image()};
    contents_.bytes = {got.base, contents.size()};
    if constexpr (maps_into_slots<Store>)
      contents_.has_object = contents.size() > largest_copied && store_.make_image(contents, contents_.object) == 0;
    return 0;
  }

  // To map 16 pages and to fault them in takes longer than to copy them whenever they are needed.
  static constexpr std::size_t largest_copied = std::size_t{64} << 10;

  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS Store store_{};
  page_run pages_{nullptr, 0};
  image_contents<Store> contents_{};
};

}  // namespace quire::detail

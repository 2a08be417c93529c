#pragma once
// Images in a pool: what a slot shows of the image that its user started from, and keeps for the next one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <quire/units.hpp>

namespace quire::detail {

/// Tells all images of a program apart. The address is that of the counter of numbers, since each shared library that
/// hides its symbols has one of its own.
struct image_id {
  const void* counter = nullptr;
  std::uint64_t number = 0;

  friend constexpr bool operator==(const image_id&, const image_id&) = default;
};

struct image_contents {
  image_id id{};
  std::span<const std::byte> bytes{};
};

/// What a user asks for: nothing, or an image at an offset from the base.
struct wanted_start {
  const image_contents* image = nullptr;
  std::size_t offset = 0;
};

/// In a pool without images.
struct no_start {};

/// What a slot shows. In the part that is the image's, each page has the image's contents or is zero, apart from what
/// the present user has written; outside, pages are zero.
class slot_start {
 public:
  [[nodiscard]] bool is_none() const noexcept { return image_.id == image_id{}; }
  [[nodiscard]] bool is(const wanted_start& wanted) const noexcept {
    if (wanted.image == nullptr) return is_none();
    return image_.id == wanted.image->id && offset_ == wanted.offset;
  }
  /// Precondition: it is none, or what is wanted.
  void become(const wanted_start& wanted) noexcept {
    if (is(wanted)) return;
    image_ = *wanted.image;
    offset_ = wanted.offset;
    there_ = 0;
  }
  void become_none() noexcept { *this = {}; }
  /// Bytes from the base up to which pages have the image's contents.
  [[nodiscard]] std::size_t end() const noexcept { return offset_ + there_; }
  /// Pages from `from` on may have become zero.
  void lose(std::size_t from) noexcept { there_ = std::min(there_, from - std::min(from, offset_)); }
  /// The part of the image that `end` bytes from the base have room for and that is not there. Offsets from the base.
  struct part {
    std::size_t begin;
    std::span<const std::byte> contents;
  };
  [[nodiscard]] part missing_below(std::size_t end) const noexcept {
    const std::size_t most = end - std::min(end, offset_), all = std::min(most, image_.bytes.size());
    return {this->end(), all <= there_ ? std::span<const std::byte>() : image_.bytes.subspan(there_, all - there_)};
  }
  void add(std::size_t bytes) noexcept { there_ += bytes; }

  /// Writes what a new memory has in these bytes.
  void restore(std::byte* base, std::size_t from, std::size_t to) const noexcept {
    const auto [begin, end] = common(from, to);
    if (from < begin) std::memset(base + from, 0, begin - from);
    if (begin < end) std::memcpy(base + begin, image_.bytes.data() + (begin - offset_), end - begin);
    if (end < to) std::memset(base + end, 0, to - end);
  }
  /// Whether these bytes are what a new memory has, or will have when what is missing is there.
  template <class IsZero>
  [[nodiscard]] bool is_new(const std::byte* base, std::size_t from, std::size_t to, std::size_t page,
                            IsZero is_zero) const noexcept {
    for (std::size_t at = from; at < to;) {
      const std::size_t next = std::min(to, align_down(at, page) + page);
      const auto [begin, end] = common(at, next);
      const bool shows_image = begin < end && is_zero(at, begin) && is_zero(end, next) &&
                               std::memcmp(base + begin, image_.bytes.data() + (begin - offset_), end - begin) == 0;
      if (!shows_image && !is_zero(at, next)) return false;
      at = next;
    }
    return true;
  }

 private:
  struct range {
    std::size_t begin, end;
  };
  /// The image's part of a range; empty, at its beginning, if there is none.
  [[nodiscard]] range common(std::size_t from, std::size_t to) const noexcept {
    const std::size_t begin = std::max(from, offset_), end = std::min(to, offset_ + image_.bytes.size());
    return begin < end ? range{begin, end} : range{from, from};
  }

  image_contents image_{};
  std::size_t offset_ = 0;  // of the image in the memory, in bytes
  std::size_t there_ = 0;   // bytes of the image that the slot is known to show, from its beginning
};

}  // namespace quire::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once
// A ring between two threads whose free and whose written elements are each one span, also where they wrap around.
// ring_buffer (quire/ring_buffer.hpp) is this one over the platform's allocator.
#include <algorithm>
#include <atomic>
#include <boost/config.hpp>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include <quire/mirrored.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

namespace quire {

namespace detail {

/// What a ring relies on, one message each.
template <class T>
struct ring_in_sentences {
  static_assert(std::is_trivially_copyable_v<T> && !std::is_const_v<T> && !std::is_volatile_v<T>,
                "quire: elements of a ring are trivially copyable, and neither const nor volatile");
};

/// One thread's side of a ring: what it alone reads, and the count that it publishes. The other thread's count is read
/// again only when the one that was seen last does not suffice.
///
/// On a cache line of its own: 128 bytes are the line of Apple's processors, and what Intel's fetch together.
struct alignas(128) ring_side {
  std::atomic<std::size_t> done{0};  // elements that were ever written, or read; it may wrap around
  std::size_t seen = 0;              // what the other thread had done
  std::size_t offset = 0;            // of the next element, in bytes; less than the size of the memory
};

}  // namespace detail

/// A ring of elements of type `T` over mirrored memory of the typedef `A`. One thread at a time writes (`writable`,
/// `commit`, `write_some`, `try_push`), and one reads (`readable`, `consume`, `read_some`, `try_pop`), at the same
/// time, without locks and without waiting; each finds what the other one had done before. All other members need
/// exclusive access, except `size`, `empty`, `capacity` and `is_open`.
///
/// Elements are copied as bytes. Those in `writable()` are zero, or whatever was there before.
template <class T, class A>
class basic_ring_buffer : detail::ring_in_sentences<T> {
 public:
  using value_type = T;
  using allocator_type = A;

  /// Takes the store and policies of `A`, in any order. One that holds data must be given.
  template <class... Given>
  explicit basic_ring_buffer(Given... given) noexcept : memory_(given...) {
    static_assert(alignof(T) <= 4096, "quire: elements of a ring are aligned to at most a page");
  }
  basic_ring_buffer(basic_ring_buffer&& other) noexcept : memory_(std::move(other.memory_)) { take(other); }
  basic_ring_buffer& operator=(basic_ring_buffer&& other) noexcept {
    if (this == &other) return *this;
    memory_ = std::move(other.memory_);
    take(other);
    return *this;
  }
  ~basic_ring_buffer() = default;

  /// Makes an empty ring for at least so many elements; `capacity()` tells how many, as the memory has whole pages.
  /// Errors: `invalid_argument` (no elements), `limit_exceeded`, and those of quire::mirrored's allocate.
  [[nodiscard]] result<void> open(std::size_t elements) noexcept {
    if (elements > max_bytes / sizeof(T)) return failure(errc::limit_exceeded, step::plan);
    const auto got = memory_.allocate(elements * sizeof(T));
    if (!got) return std::unexpected(got.error());
    base_ = got->data();
    bytes_ = got->size();
    capacity_ = bytes_ / sizeof(T);
    restart();
    return {};
  }
  /// Releases the memory; then the ring can be opened again. Errors: those of quire::mirrored's deallocate.
  [[nodiscard]] result<void> close() noexcept {
    const auto done = memory_.deallocate();
    if (memory_.data() == nullptr) forget();
    return done;
  }

  /// Whether the ring has memory.
  [[nodiscard]] bool is_open() const noexcept { return capacity_ != 0; }
  /// In elements.
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// Elements that can be read; an estimate if other threads write or read.
  [[nodiscard]] std::size_t size() const noexcept {
    const std::size_t read = reader_.done.load(std::memory_order_acquire);  // first: it never overtakes the other
    return std::min(writer_.done.load(std::memory_order_acquire) - read, capacity_);
  }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// The memory behind the elements.
  [[nodiscard]] const mirrored<A>& memory() const noexcept { return memory_; }

  /// All free elements, as one span.
  [[nodiscard]] std::span<T> writable() noexcept {
    writer_.seen = reader_.done.load(std::memory_order_acquire);
    return {at(writer_), free_elements()};
  }
  /// Hands the first elements of `writable()` to the reader. Errors: `out_of_range` (more elements than are free, as
  /// far as this thread knows), which changes nothing.
  BOOST_FORCEINLINE result<void> commit(std::size_t elements) noexcept {
    if (elements > free_elements()) return failure(errc::out_of_range, step::commit);
    advance(writer_, elements);
    return {};
  }
  /// Copies as many elements as are free; returns how many.
  std::size_t write_some(std::span<const T> from) noexcept {
    if (free_elements() < from.size()) writer_.seen = reader_.done.load(std::memory_order_acquire);
    const std::size_t n = std::min(free_elements(), from.size());
    if (n != 0) std::memcpy(at(writer_), from.data(), n * sizeof(T));
    advance(writer_, n);
    return n;
  }
  /// Returns false if the ring is full.
  [[nodiscard]] BOOST_FORCEINLINE bool try_push(const T& value) noexcept {
    if (free_elements() == 0) {
      writer_.seen = reader_.done.load(std::memory_order_acquire);
      if (free_elements() == 0) return false;
    }
    std::memcpy(at(writer_), std::addressof(value), sizeof(T));
    advance(writer_, 1);
    return true;
  }

  /// All elements that were handed over and not consumed yet, as one span.
  [[nodiscard]] std::span<T> readable() noexcept {
    reader_.seen = writer_.done.load(std::memory_order_acquire);
    return {at(reader_), written_elements()};
  }
  /// Gives the first elements of `readable()` back to the writer. Errors: `out_of_range` (more than were handed over,
  /// as far as this thread knows), which changes nothing.
  BOOST_FORCEINLINE result<void> consume(std::size_t elements) noexcept {
    if (elements > written_elements()) return failure(errc::out_of_range, step::discard);
    advance(reader_, elements);
    return {};
  }
  /// Copies and consumes as many elements as there are and fit; returns how many.
  std::size_t read_some(std::span<T> to) noexcept {
    if (written_elements() < to.size()) reader_.seen = writer_.done.load(std::memory_order_acquire);
    const std::size_t n = std::min(written_elements(), to.size());
    if (n != 0) std::memcpy(to.data(), at(reader_), n * sizeof(T));
    advance(reader_, n);
    return n;
  }
  /// Returns false if the ring is empty.
  [[nodiscard]] BOOST_FORCEINLINE bool try_pop(T& to) noexcept {
    if (written_elements() == 0) {
      reader_.seen = writer_.done.load(std::memory_order_acquire);
      if (written_elements() == 0) return false;
    }
    std::memcpy(std::addressof(to), at(reader_), sizeof(T));
    advance(reader_, 1);
    return true;
  }

 private:
  using side = detail::ring_side;

  [[nodiscard]] T* at(const side& of) const noexcept { return reinterpret_cast<T*>(base_ + of.offset); }
  [[nodiscard]] std::size_t free_elements() const noexcept {
    return capacity_ - (writer_.done.load(std::memory_order_relaxed) - writer_.seen);
  }
  [[nodiscard]] std::size_t written_elements() const noexcept {
    return reader_.seen - reader_.done.load(std::memory_order_relaxed);
  }
  BOOST_FORCEINLINE void advance(side& of, std::size_t elements) noexcept {
    of.offset += elements * sizeof(T);
    if (of.offset >= bytes_) of.offset -= bytes_;
    of.done.store(of.done.load(std::memory_order_relaxed) + elements, std::memory_order_release);
  }

  /// Counts begin shortly before they wrap around, so that this is nothing that only old rings meet.
  void restart() noexcept {
    constexpr std::size_t first = std::size_t{0} - 1000;
    for (side* const each : {&writer_, &reader_}) {
      each->done.store(first, std::memory_order_relaxed);
      each->seen = first;
      each->offset = 0;
    }
  }
  void forget() noexcept {
    base_ = nullptr;
    bytes_ = capacity_ = 0;
    restart();
  }
  void take(basic_ring_buffer& other) noexcept {
    base_ = other.base_;
    bytes_ = other.bytes_;
    capacity_ = other.capacity_;
    take(writer_, other.writer_);
    take(reader_, other.reader_);
    other.forget();
  }
  static void take(side& to, const side& from) noexcept {
    to.done.store(from.done.load(std::memory_order_relaxed), std::memory_order_relaxed);
    to.seen = from.seen;
    to.offset = from.offset;
  }

  mirrored<A> memory_;
  std::byte* base_ = nullptr;
  std::size_t bytes_ = 0, capacity_ = 0;
  side writer_, reader_;
};

}  // namespace quire

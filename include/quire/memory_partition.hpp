// SPDX-License-Identifier: BSL-1.0
#pragma once
// A quota of memory with a name, shared by allocators of any threads: never more than a maximum, and, where the system
// can preallocate memory, never less than a minimum.
#include <atomic>
#include <boost/config.hpp>
#include <cstddef>
#include <type_traits>

#include <quire/capabilities.hpp>
#include <quire/detail/partition_blocks.hpp>
#include <quire/result.hpp>
#include <quire/store.hpp>
#include <quire/store/objects.hpp>
#include <quire/units.hpp>

namespace quire {

/// In bytes. `minimum` is a multiple of 64 KiB, preallocated by open. `locked` keeps all memory of the partition in
/// physical memory.
struct partition_terms {
  const char* name = "";  // must outlive the partition
  std::size_t maximum = 0;
  std::size_t minimum = 0;
  bool locked = false;
};

namespace detail {
struct no_memory_object {};
template <class S>
struct memory_object_of : std::type_identity<no_memory_object> {};
template <object_store S>
struct memory_object_of<S> : std::type_identity<typename S::memory_object> {};
}  // namespace detail

/// Allocators draw from a partition through backing::partitioned<Store>; it outlives them. open and close belong to one
/// thread; any thread may call the other members.
template <backing_store Store>
class memory_partition : detail::partition_blocks {
 public:
  using detail::partition_blocks::block_bytes;

  memory_partition() noexcept = default;
  /// Over a store that holds data.
  explicit memory_partition(Store store) noexcept : store_(store) {}
  /// Precondition: nothing is charged.
  ~memory_partition() { (void)close(); }

  /// Opens the partition and preallocates its minimum. Errors: `already_allocated`; `invalid_argument` (no maximum, a
  /// minimum that exceeds it or is not a multiple of 64 KiB); `not_supported` (a minimum over a store that cannot
  /// preallocate memory, locking over one that cannot lock); and the system's, at `populate`, if it has no memory for
  /// the minimum now.
  [[nodiscard]] result<void> open(const partition_terms& terms) noexcept {
    if (is_open()) return failure(errc::already_allocated, step::plan);
    if (terms.maximum == 0 || terms.minimum > terms.maximum || terms.minimum % block_bytes != 0)
      return failure(errc::invalid_argument, step::plan);
    if (terms.locked && !locking_store<Store>) return failure(errc::not_supported, step::plan);
    if (terms.minimum != 0)
      if (const auto held = hold(terms.minimum, terms.locked); !held) return held;
    name_ = terms.name;
    minimum_ = terms.minimum;
    locked_ = terms.locked;
    maximum_ = terms.maximum;
    charged_ = 0;
    return {};
  }
  /// Gives the minimum back. Errors: `not_permitted` if bytes are still charged; nothing has changed then.
  [[nodiscard]] result<void> close() noexcept {
    if (!is_open()) return {};
    std::size_t nothing = 0;  // after the exchange nothing can be charged
    if (!charged_.compare_exchange_strong(nothing, closed)) return failure(errc::not_permitted, step::release);
    if constexpr (object_store<Store>)
      if (has_blocks()) store_.release_object(object_);
    drop_blocks();
    maximum_ = 0;
    name_ = "";
    minimum_ = 0;
    return {};
  }

  /// As given to open; empty while it is closed.
  [[nodiscard]] const char* name() const noexcept { return name_; }
  /// Bytes that memories have committed, and the most that they may commit together.
  [[nodiscard]] std::size_t charged() const noexcept {
    const std::size_t now = charged_;
    return now == closed ? 0 : now;
  }
  /// Bytes that memories may commit together; 0 while it is closed.
  [[nodiscard]] std::size_t maximum() const noexcept { return maximum_; }
  /// Bytes that are preallocated.
  [[nodiscard]] std::size_t minimum() const noexcept { return minimum_; }
  /// Whether all memory of the partition stays in physical memory.
  [[nodiscard]] bool locked() const noexcept { return locked_; }
  /// The store whose calls take the memory.
  [[nodiscard]] const Store& store() const noexcept { return store_; }

  // The following members are for backing::partitioned.

  // No operation may cause another thread to be refused for memory that it does not take: a query neither charges nor
  // reserves blocks. A charge is taken back only if the system refuses memory for it.

  /// Whether `bytes` are left in the quota. Charges nothing.
  [[nodiscard]] bool has_room(std::size_t bytes) const noexcept { return bytes == 0 || fits(charged_, bytes); }
  /// Charges `bytes`. Returns false, and changes nothing, if fewer are left in the quota.
  [[nodiscard]] bool charge(std::size_t bytes) noexcept {
    if (bytes == 0) return true;
    std::size_t now = charged_;
    do
      if (!fits(now, bytes)) return false;
    while (!charged_.compare_exchange_weak(now, now + bytes));
    // Between the comparison and the charge the partition may have been reopened with a lower maximum. From here on it
    // cannot be: it does not close while bytes are charged.
    if (now + bytes <= maximum_) return true;
    charged_ -= bytes;
    return false;
  }
  /// Takes a charge back.
  void uncharge(std::size_t bytes) noexcept {
    if (bytes != 0) charged_ -= bytes;
  }
  using detail::partition_blocks::clear, detail::partition_blocks::free_bytes, detail::partition_blocks::give_back,
      detail::partition_blocks::has_blocks_in, detail::partition_blocks::new_owner, detail::partition_blocks::no_owner,
      detail::partition_blocks::reserve_blocks, detail::partition_blocks::take,
      detail::partition_blocks::unreserve_blocks, detail::partition_blocks::without_blocks;
  /// The system's object that holds the preallocated memory.
  [[nodiscard]] const auto& object() const noexcept { return object_; }

 private:
  static constexpr std::size_t closed = SIZE_MAX;  // the value of charged_ while the partition is not open
  [[nodiscard]] bool is_open() const noexcept { return charged_ != closed; }
  [[nodiscard]] bool fits(std::size_t charged, std::size_t bytes) const noexcept {
    const std::size_t most = maximum_;
    return charged != closed && bytes <= most && charged <= most - bytes;
  }
  /// Preallocates the minimum. The table of blocks lies behind the blocks, in the same object.
  result<void> hold([[maybe_unused]] std::size_t minimum, [[maybe_unused]] bool locked) noexcept {
    if constexpr (object_store<Store>) {
      static_assert(block_bytes % Store::object_granule == 0);
      const std::size_t blocks = minimum / block_bytes;
      const std::size_t table = table_bytes(blocks);
      if (table > SIZE_MAX - minimum) return failure(errc::out_of_memory, step::populate);
      const std::size_t bytes = minimum + table;
      if (const int n = store_.make_object(bytes, locked, object_))
        return failure(Store::code_of(step::populate, n), step::populate, n);
      hold_blocks(store_.view(object_), blocks);
      return {};
    }
    return failure(errc::not_supported, step::plan);
  }

  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS Store store_{};
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS typename detail::memory_object_of<Store>::type object_{};
  std::atomic<const char*> name_{""};
  std::atomic<bool> locked_{false};
  std::atomic<std::size_t> minimum_{0}, maximum_{0};
  std::atomic<std::size_t> charged_{closed};
};

}  // namespace quire

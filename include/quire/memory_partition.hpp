#pragma once
// A budget of memory with a name, shared by allocators of any threads: never more than a maximum, and, where the system
// can hold it, never less than a minimum.
#include <atomic>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include <quire/object_store.hpp>
#include <quire/result.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire {

/// In bytes. `minimum` is a multiple of 64 KiB, held from the beginning. `locked`: all of it stays in physical memory.
/// `nonpaged` is the same, as the systems that Quire knows page out nothing else than what is not locked.
struct partition_terms {
  const char* name = "";  // has to live as long as the partition
  std::size_t maximum = 0;
  std::size_t minimum = 0;
  bool locked = false, nonpaged = false;
};

namespace detail {
struct no_memory_object {};
template <class S>
struct memory_object_of {
  using type = no_memory_object;
};
template <object_store S>
struct memory_object_of<S> {
  using type = typename S::memory_object;
};
}  // namespace detail

/// Allocators draw from it through backing::partitioned<Store>. Outlives them. open and close belong to one thread;
/// all else is for any.
template <backing_store Store>
class memory_partition {
  /// Of a block of the minimum: which memory has it (0: none), where, and how much of it from its begin.
  struct block {
    std::atomic<std::uint64_t> owner{0};
    std::atomic<std::uintptr_t> address{0};
    std::atomic<std::size_t> mapped{0};
  };

 public:
  static constexpr std::size_t block_bytes = 65536;
  /// Bytes of the object that holds the minimum; none where all of it is in use.
  struct part {
    std::size_t offset = 0, bytes = 0;
  };

  memory_partition() noexcept = default;
  explicit memory_partition(Store store) noexcept : store_(store) {}
  memory_partition(const memory_partition&) = delete;
  memory_partition& operator=(const memory_partition&) = delete;
  /// Precondition: nothing is charged.
  ~memory_partition() { (void)close(); }

  /// Errors: `already_allocated`; `invalid_argument` (no maximum, a minimum above it or no multiple of 64 KiB);
  /// `not_supported` (a minimum over a store that cannot hold memory, locking over one that cannot lock); and the
  /// system's, at `populate`, where there is no memory for the minimum now.
  [[nodiscard]] result<void> open(const partition_terms& terms) noexcept {
    if (is_open()) return failure(errc::already_allocated, step::plan);
    if (terms.maximum == 0 || terms.minimum > terms.maximum || terms.minimum % block_bytes != 0)
      return failure(errc::invalid_argument, step::plan);
    const bool locked = terms.locked || terms.nonpaged;
    if (locked && !locking_store<Store>) return failure(errc::not_supported, step::plan);
    if (terms.minimum != 0)
      if (const auto held = hold(terms.minimum, locked); !held) return held;
    name_ = terms.name;
    minimum_ = terms.minimum;
    locked_ = locked;
    maximum_ = terms.maximum;
    charged_ = 0;
    return {};
  }
  /// Gives the minimum back. Errors: `not_permitted`: bytes are charged still, and nothing has changed.
  [[nodiscard]] result<void> close() noexcept {
    if (!is_open()) return {};
    std::size_t nothing = 0;  // and from now on nothing can be charged
    if (!charged_.compare_exchange_strong(nothing, closed)) return failure(errc::not_permitted, step::release);
    if constexpr (object_store<Store>)
      if (blocks_ != 0) store_.release_object(object_);
    blocks_ = 0;
    maximum_ = 0;
    table_ = nullptr;
    name_ = "";
    minimum_ = 0;
    return {};
  }

  [[nodiscard]] const char* name() const noexcept { return name_; }
  /// Bytes that memories have committed, and bytes that they may commit at most together.
  [[nodiscard]] std::size_t charged() const noexcept {
    const std::size_t now = charged_;
    return now == closed ? 0 : now;
  }
  [[nodiscard]] std::size_t maximum() const noexcept { return maximum_; }
  [[nodiscard]] std::size_t minimum() const noexcept { return minimum_; }
  [[nodiscard]] bool locked() const noexcept { return locked_; }
  [[nodiscard]] const Store& store() const noexcept { return store_; }

  // What follows is for backing::partitioned.

  /// False, and nothing changes, where that is more than is left.
  [[nodiscard]] bool charge(std::size_t bytes) noexcept {
    if (bytes == 0) return true;
    std::size_t now = charged_;
    do {
      const std::size_t most = maximum_;
      if (now == closed || bytes > most || now > most - bytes) return false;
    } while (!charged_.compare_exchange_weak(now, now + bytes));
    return true;
  }
  void uncharge(std::size_t bytes) noexcept {
    if (bytes != 0) charged_ -= bytes;
  }
  /// Another one for each memory that takes blocks. No other memory looks at them, or at whether the partition is open.
  static constexpr std::uint64_t nobody = 0;
  [[nodiscard]] std::uint64_t new_owner() noexcept { return ++owners_; }

  /// Free blocks of the minimum that follow each other, at most as many as `r` has room for.
  [[nodiscard]] part take(page_run r, std::uint64_t owner) noexcept {
    for (std::size_t first = 0; first < blocks_; ++first) {
      std::size_t n = 0;
      while (first + n < blocks_ && (n + 1) * block_bytes <= r.bytes && claim(first + n, owner)) {
        table_[first + n].address = address_of(r.base) + n * block_bytes;
        table_[first + n].mapped = block_bytes;
        ++n;
      }
      if (n != 0) return {first * block_bytes, n * block_bytes};
    }
    return {};
  }
  [[nodiscard]] bool has_blocks_in(page_run r, std::uint64_t owner) const noexcept {
    if (owner == nobody) return false;
    for (std::size_t i = 0; i < blocks_; ++i)
      if (table_[i].owner == owner && overlap(i, r).bytes != 0) return true;
    return false;
  }
  /// Zero, whatever the access of the pages that are mapped from them.
  void clear(page_run r, std::uint64_t owner) noexcept {
    if (owner == nobody) return;
    for (std::size_t i = 0; i < blocks_; ++i)
      if (table_[i].owner == owner)
        if (const part p = overlap(i, r); p.bytes != 0) std::memset(window_ + i * block_bytes + p.offset, 0, p.bytes);
  }
  /// `r` reaches to the end of the memory, and blocks are mapped there no more: cleared, and free if they begin in it.
  /// One that begins before keeps its owner, who has a part of it still. Who has none any more is nobody.
  void give_back(page_run r, std::uint64_t& owner) noexcept {
    if (owner == nobody) return;
    clear(r, owner);
    bool keeps = false;
    for (std::size_t i = 0; i < blocks_; ++i) {
      if (table_[i].owner != owner) continue;
      if (overlap(i, r).bytes != 0) table_[i].mapped = overlap(i, r).offset;
      if (table_[i].mapped == 0)
        table_[i].owner = nobody;
      else
        keeps = true;
    }
    if (!keeps) owner = nobody;
  }
  /// The first part of `r` that has no blocks.
  [[nodiscard]] page_run without_blocks(page_run r, std::uint64_t owner) const noexcept {
    if (owner == nobody) return r;
    const std::uintptr_t begin = address_of(r.base), end = begin + r.bytes;
    std::uintptr_t at = begin;
    for (std::size_t i = find(at, owner, 0); i < blocks_ && at < end; i = find(at, owner, i))
      at = table_[i].address + table_[i].mapped;
    std::uintptr_t until = end;
    for (std::size_t i = 0; i < blocks_ && at < end; ++i)
      if (table_[i].owner == owner && table_[i].address >= at && table_[i].address < until) until = table_[i].address;
    return at < end ? page_run{r.base + (at - begin), until - at} : page_run{r.base + r.bytes, 0};
  }
  /// Bytes of blocks that nobody has.
  [[nodiscard]] std::size_t free_bytes() const noexcept {
    std::size_t free = 0;
    for (std::size_t i = 0; i < blocks_; ++i) free += table_[i].owner == nobody ? block_bytes : 0;
    return free;
  }
  [[nodiscard]] const auto& object() const noexcept { return object_; }

 private:
  static constexpr std::size_t closed = SIZE_MAX;  // is charged
  [[nodiscard]] bool is_open() const noexcept { return charged_ != closed; }
  static std::uintptr_t address_of(const std::byte* p) noexcept { return reinterpret_cast<std::uintptr_t>(p); }
  bool claim(std::size_t i, std::uint64_t owner) noexcept {
    std::uint64_t before = nobody;
    return table_[i].owner.compare_exchange_strong(before, owner);
  }
  /// The part of a block, from its begin, that lies in `r`.
  [[nodiscard]] part overlap(std::size_t i, page_run r) const noexcept {
    const std::uintptr_t begin = table_[i].address, end = begin + table_[i].mapped, run = address_of(r.base);
    const std::uintptr_t from = begin > run ? begin : run, to = end < run + r.bytes ? end : run + r.bytes;
    return from < to ? part{from - begin, to - from} : part{};
  }
  /// The block at an address, looked for from `first` on, as blocks that follow each other mostly are mapped so.
  [[nodiscard]] std::size_t find(std::uintptr_t at, std::uint64_t owner, std::size_t first) const noexcept {
    for (std::size_t n = 0, i = first; n < blocks_; ++n, i = i + 1 < blocks_ ? i + 1 : 0)
      if (table_[i].owner == owner && table_[i].address <= at && at - table_[i].address < table_[i].mapped) return i;
    return blocks_;
  }
  /// The table of blocks lies behind them, in the same object.
  result<void> hold([[maybe_unused]] std::size_t minimum, [[maybe_unused]] bool locked) noexcept {
    if constexpr (object_store<Store>) {
      static_assert(block_bytes % Store::object_granule == 0);
      const std::size_t blocks = minimum / block_bytes;
      const std::size_t table = align_up(blocks * sizeof(block), block_bytes);
      if (table > SIZE_MAX - minimum) return failure(errc::out_of_memory, step::populate);
      const std::size_t bytes = minimum + table;
      if (const int n = store_.make_object(bytes, locked, object_))
        return failure(Store::code_of(step::populate, n), step::populate, n);
      window_ = store_.window(object_);
      table_ = reinterpret_cast<block*>(window_ + minimum);
      for (std::size_t i = 0; i < blocks; ++i) ::new (static_cast<void*>(table_ + i)) block;
      blocks_ = blocks;
      return {};
    } else {
      return failure(errc::not_supported, step::plan);
    }
  }

  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS Store store_{};
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS typename detail::memory_object_of<Store>::type object_{};
  std::atomic<const char*> name_{""};
  std::atomic<bool> locked_{false};
  std::atomic<std::size_t> minimum_{0}, maximum_{0};
  std::size_t blocks_ = 0;
  std::byte* window_ = nullptr;
  block* table_ = nullptr;
  std::atomic<std::size_t> charged_{closed};
  std::atomic<std::uint64_t> owners_{0};
};

}  // namespace quire

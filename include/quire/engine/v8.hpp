// SPDX-License-Identifier: BSL-1.0
#pragma once
// V8's pages from a region_allocator: its heaps, its code and the memories of WebAssembly. The platform that a program
// gives to V8 returns the adapter from GetPageAllocator; docs/v8.md shows how.
#include <v8-platform.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>

#include <quire/access.hpp>
#include <quire/contract.hpp>
#include <quire/detail/plain_lock.hpp>
#include <quire/region_allocator.hpp>
#include <quire/units.hpp>

namespace quire::engine {

namespace detail::v8 {

using permission = ::v8::PageAllocator::Permission;

/// What V8 relies on, one message each.
template <class Regions>
struct needs {
  static_assert(Regions::may_execute,
                "quire: V8 generates code: its pages come from a store that may make them executable");
  static_assert(Regions::releases_tails,
                "quire: V8 gives the ends of its regions back, which this store cannot release apart");
  static_assert(Regions::largest_granule <= 65536,
                "quire: V8's regions have 256 KiB: it cannot use blocks of huge pages (no in_blocks)");
  static_assert(Regions::allocator_type::contract.fault != fault::none,
                "quire: V8 relies on faults: in memory that it has made inaccessible, and behind WebAssembly's");
};

/// Nothing for a permission that this adapter does not know.
[[nodiscard]] constexpr std::optional<access> access_of(permission wanted) noexcept {
  switch (wanted) {
    case permission::kNoAccess:
    case permission::kNoAccessWillJitLater: return access::none;
    case permission::kRead: return access::read;
    case permission::kReadWrite: return access::read_write;
    case permission::kReadExecute: return access::read_execute;
    case permission::kReadWriteExecute: return access::read_write_execute;
  }
  return std::nullopt;
}

/// Later releases call RecommitPages after DiscardSystemPages; earlier ones do not have it.
template <class Base>
struct recommitting : Base {};
template <class Base>
  requires requires(Base& b, permission p) { b.RecommitPages(nullptr, std::size_t{}, p); }
struct recommitting<Base> : Base {
  bool RecommitPages(void* address, std::size_t length, permission wanted) override {
    return this->SetPermissions(address, length, wanted);
  }
};

}  // namespace detail::v8

/// V8's interface over regions, which must outlive V8. Any thread may call any member. A failing call returns null or
/// false, as V8 expects, and leaves everything as it was.
template <class Regions>
class v8_pages final : public detail::v8::recommitting<::v8::PageAllocator>, detail::v8::needs<Regions> {
 public:
  using permission = detail::v8::permission;

  /// Reserves a region for a moment, to see how high addresses are. What std::random_device throws passes through.
  explicit v8_pages(Regions& from) : from_(from), generator_(std::random_device()()) {
    if (const auto seen = from_.reserve(1)) {
      highest_ = reinterpret_cast<std::uintptr_t>(seen->data());
      (void)from_.release(*seen);
    }
  }

  std::size_t AllocatePageSize() override { return from_.granularity(); }
  std::size_t CommitPageSize() override { return from_.granularity(); }

  void SetRandomMmapSeed(std::int64_t seed) override {
    const quire::detail::lock_holder held(drawing_);
    generator_.seed(static_cast<std::uint64_t>(seed));
  }
  /// In the lower half of the addresses that the system hands out, so that there is room behind it.
  void* GetRandomMmapAddr() override {
    const quire::detail::lock_holder held(drawing_);
    const std::uint64_t drawn = generator_() & (std::bit_floor(std::uint64_t{highest_} | 1) - 1);
    return reinterpret_cast<void*>(align_down(quire::detail::integer_cast<std::uintptr_t>(drawn), from_.granularity()));
  }

  /// Inaccessible pages are only reserved.
  void* AllocatePages(void* hint, std::size_t length, std::size_t alignment, permission wanted) override {
    const std::optional<access> given = detail::v8::access_of(wanted);
    if (!given) return nullptr;
    region_terms terms{.alignment = alignment, .initial = *given};
    if constexpr (Regions::takes_hints) terms.hint = static_cast<std::byte*>(hint);
    const auto got = from_.reserve(length, terms);
    return got ? got->data() : nullptr;
  }
  bool FreePages(void* address, std::size_t length) override { return from_.release(run(address, length)).has_value(); }
  bool ReleasePages(void* address, std::size_t length, std::size_t new_length) override {
    return from_.release_tail(run(address, length), new_length).has_value();
  }
  /// V8 keeps nothing in pages that it makes inaccessible, so that their memory is given back.
  bool SetPermissions(void* address, std::size_t length, permission wanted) override {
    const std::optional<access> given = detail::v8::access_of(wanted);
    if (!given) return false;
    return *given == access::none ? DecommitPages(address, length)
                                  : from_.commit(run(address, length), *given).has_value();
  }
  /// A hint, by V8's description: pages that have no memory are no failure.
  bool DiscardSystemPages(void* address, std::size_t length) override {
    const auto done = from_.discard(run(address, length));
    return done || done.error().code == errc::out_of_range;
  }
  bool DecommitPages(void* address, std::size_t length) override {
    return from_.decommit(run(address, length)).has_value();
  }

 private:
  static std::span<std::byte> run(void* address, std::size_t length) noexcept {
    return {static_cast<std::byte*>(address), length};
  }

  Regions& from_;
  std::uintptr_t highest_ = 0;  // an address of the system's choice, which is near its upper end
  quire::detail::plain_lock drawing_;
  std::mt19937_64 generator_;
};

}  // namespace quire::engine

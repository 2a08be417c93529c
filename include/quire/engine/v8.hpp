#pragma once
// V8's pages from a region_allocator: its heaps, its code and the memories of WebAssembly. The platform that a program
// gives to V8 returns the adapter from GetPageAllocator; docs/v8.md shows how.
#include <v8-platform.h>

#include <cstddef>
#include <cstdint>
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
  static_assert(Regions::allocator_type::contract.fault != fault::none,
                "quire: V8 relies on faults: in memory that it has made inaccessible, and behind WebAssembly's");
};

[[nodiscard]] constexpr access access_of(permission wanted) noexcept {
  switch (wanted) {
    case permission::kRead: return access::read;
    case permission::kReadWrite: return access::read_write;
    case permission::kReadExecute: return access::read_execute;
    case permission::kReadWriteExecute: return access::read_write_execute;
    default: return access::none;
  }
}

/// The bits of a random address: half of the 47 bits that a process on x86-64 has, so that what begins there has room
/// behind it. Elsewhere a process may have fewer; a hint that it does not have is one in vain.
inline constexpr std::uint64_t address_bits =
    sizeof(void*) < 8 ? std::uint64_t{0x3fff'0000} : std::uint64_t{0x3fff'ffff'0000};

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

  explicit v8_pages(Regions& from) : from_(from), generator_(std::random_device()()) {}

  std::size_t AllocatePageSize() override { return from_.granularity(); }
  std::size_t CommitPageSize() override { return from_.granularity(); }

  void SetRandomMmapSeed(std::int64_t seed) override {
    const quire::detail::lock_holder held(drawing_);
    generator_.seed(static_cast<std::uint64_t>(seed));
  }
  void* GetRandomMmapAddr() override {
    const quire::detail::lock_holder held(drawing_);
    const auto drawn = quire::detail::integer_cast<std::uintptr_t>(generator_() & detail::v8::address_bits);
    return reinterpret_cast<void*>(align_down(drawn, from_.granularity()));
  }

  /// Inaccessible pages are only reserved.
  void* AllocatePages(void* hint, std::size_t length, std::size_t alignment, permission wanted) override {
    region_terms terms{.alignment = alignment, .initial = detail::v8::access_of(wanted)};
    if constexpr (Regions::takes_hints) terms.hint = static_cast<std::byte*>(hint);
    const auto got = from_.reserve(length, terms);
    return got ? got->data() : nullptr;
  }
  bool FreePages(void* address, std::size_t) override {
    return from_.release(static_cast<std::byte*>(address)).has_value();
  }
  bool ReleasePages(void* address, std::size_t, std::size_t new_length) override {
    return from_.release_tail(static_cast<std::byte*>(address), new_length).has_value();
  }
  /// V8 keeps nothing in pages that it makes inaccessible, so that their memory is given back.
  bool SetPermissions(void* address, std::size_t length, permission wanted) override {
    const access given = detail::v8::access_of(wanted);
    return given == access::none ? DecommitPages(address, length)
                                 : from_.commit(run(address, length), given).has_value();
  }
  bool DiscardSystemPages(void* address, std::size_t length) override {
    return from_.discard(run(address, length)).has_value();
  }
  bool DecommitPages(void* address, std::size_t length) override {
    return from_.decommit(run(address, length)).has_value();
  }

 private:
  static std::span<std::byte> run(void* address, std::size_t length) noexcept {
    return {static_cast<std::byte*>(address), length};
  }

  Regions& from_;
  quire::detail::plain_lock drawing_;
  std::mt19937_64 generator_;
};

}  // namespace quire::engine

// SPDX-License-Identifier: BSL-1.0
#pragma once
// WAMR's linear memories on Quire, by its allocator that is told the usage (WAMR_BUILD_ALLOC_WITH_USAGE, without user
// data; declarations as in 2.4). The header `wasm_export.h` is WAMR's own.
//
//   RuntimeInitArgs args{};
//   quire::engine::wamr_memory<quire::wasm_linux_allocator>::install(args);
//   wasm_runtime_full_init(&args);
#include <wasm_export.h>

#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include <quire/contract.hpp>
#include <quire/engine/detail/memory_directory.hpp>
#include <quire/engine/memory_source.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/result.hpp>

namespace quire::engine {

namespace detail::wamr {

/// What the code and the runtime of WAMR rely on without a check. One message each.
template <class A>
struct needs {
  static constexpr contract_t has = A::contract;

  static_assert(
      has.reach >= std::uint64_t{8} << 30,
      "quire: WAMR adds a 32-bit offset to a 32-bit index and checks nothing: 8 GiB from the base must fault or "
      "belong to the memory (protection::index_space<32, 32>)");
  static_assert(has.fault == fault::accerr || has.fault == fault::maperr || has.fault == fault::either,
                "quire: WAMR leaves bounds checks to faults that arrive as signals");
  static_assert(has.exact_bound, "quire: WAMR relies on a fault at the first byte after the memory");
  static_assert(!has.base_may_move && !has.base_bits_change_on_reset,
                "quire: WAMR's code keeps the base of a memory: it must not move");
  static_assert(!has.base_is_tagged,
                "quire: WAMR compares the address of a fault with the base: a base with a hardware tag is not found");
  static_assert(has.zero_on_grow, "quire: WAMR clears no memory that this allocator gives: new pages must be zero");
};

}  // namespace detail::wamr

/// Serves linear memories from allocators of type A, and everything else by malloc. `Source` makes an allocator, or
/// takes a memory from a pool (quire/engine/memory_source.hpp). As WAMR permits, any thread may call.
///
/// A memory whose size is not a multiple of the unit is accessible up to the next one. The interface counts bytes in 32
/// bits: a memory of 4 GiB arrives as one of none, and is refused.
template <page_allocator_like A, auto Source = &make_default<A>>
class wamr_memory : detail::wamr::needs<A> {
  using directory = detail::memory_directory;
  using owner = detail::owner_of_type<A>;
  static constexpr std::uint64_t index_space = std::uint64_t{1} << 32;

 public:
  /// Sets the functions below as WAMR's allocator: call it before wasm_runtime_full_init, with its arguments.
  static void install(RuntimeInitArgs& args) noexcept {
    args.mem_alloc_type = Alloc_With_Allocator;
    auto& functions = args.mem_alloc_option.allocator;
    functions.malloc_func = reinterpret_cast<void*>(&allocate);
    functions.realloc_func = reinterpret_cast<void*>(&reallocate);
    functions.free_func = reinterpret_cast<void*>(&release);
    functions.user_data = nullptr;
  }

  /// Null if there is no memory.
  static void* allocate(mem_alloc_usage_t usage, unsigned bytes) noexcept {
    if (usage != Alloc_For_LinearMemory) return std::malloc(bytes);
    if (bytes == 0) return nullptr;
    auto got = detail::take_up_to<A>(&detail::take_by<A, Source>, pages_for<A>(bytes), pages_for<A>(index_space));
    if (!got) return nullptr;
    auto* const kept = new (std::nothrow) owner(std::move(*got));
    if (kept == nullptr) return nullptr;
    directory::enter(*kept);
    return kept->allocator.data();
  }
  /// Grows in place. Null if the memory stays as it is, which is then still the caller's.
  static void* reallocate(mem_alloc_usage_t usage, bool, void* p, unsigned bytes) noexcept {
    if (usage != Alloc_For_LinearMemory) return std::realloc(p, bytes);
    if (p == nullptr) return allocate(usage, bytes);
    owner* const kept = detail::find_owner<A>(p);
    if (kept == nullptr || bytes == 0) return nullptr;
    return detail::grow_to_hold(kept->allocator, bytes) ? p : nullptr;
  }
  /// Frees what allocate or reallocate returned; a linear memory is unmapped.
  static void release(mem_alloc_usage_t usage, void* p) noexcept {
    if (usage != Alloc_For_LinearMemory) return std::free(p);
    owner* const kept = detail::find_owner<A>(p);
    if (kept == nullptr) return;
    directory::leave(*kept);
    delete kept;
  }

  /// The allocator behind a linear memory, by its base; null if there is none.
  [[nodiscard]] static A* find(const void* base) noexcept {
    owner* const kept = detail::find_owner<A>(base);
    return kept == nullptr ? nullptr : &kept->allocator;
  }
};

}  // namespace quire::engine

// SPDX-License-Identifier: BSL-1.0
#pragma once
// Wasmtime's memories on Quire, by the creator of its C API (tested with 50.0.1). The header `wasmtime.h` is Wasmtime's
// own.
//
//   wasm_config_t* const config = wasm_config_new();
//   quire::engine::wasmtime_memory<quire::wasm_linux_allocator>::install(config);
//   wasm_engine_t* const engine = wasm_engine_new_with_config(config);
#include <wasmtime.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <utility>

#include <quire/contract.hpp>
#include <quire/engine/detail/wasmtime_refusal.hpp>
#include <quire/engine/memory_source.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

namespace quire::engine {

namespace detail::wasmtime {

/// One message for each property that Wasmtime, or the code that it compiles, relies on without a check.
template <class A>
struct needs {
  static constexpr contract_t has = A::contract;

  static_assert(!has.base_may_move && !has.base_bits_change_on_reset,
                "quire: Wasmtime's code keeps the base of a memory that the adapter promises not to move");
  static_assert(
      !has.base_is_tagged,
      "quire: Wasmtime compares the address of a fault with the base: a base with a hardware tag is not found");
  static_assert(has.zero_on_grow, "quire: WebAssembly promises that new pages are zero");
  static_assert(has.fault == fault::accerr || has.fault == fault::maperr || has.fault == fault::either,
                "quire: Wasmtime leaves bounds checks to faults that arrive as signals");
  static_assert(65536 % A::pages::unit == 0, "quire: Wasmtime's memories have pages of 64 KiB, or of one byte");
  static_assert(sizeof(A*) == 8, "quire: Wasmtime reserves address space for checks on 64-bit hosts only");
};

/// The settings that a typedef can always keep: `reservation` bytes from the base that are the memory's alone, and
/// `guard` bytes behind these that fault.
template <class A>
struct settings {
  static constexpr std::uint64_t index_space = std::uint64_t{1} << 32, page = 65536;
  // Where the first byte behind the memory does not fault, or not the whole index space is reserved, Wasmtime compares
  // each index.
  static constexpr bool elides_checks = A::contract.exact_bound && A::contract.reach > index_space;
  static constexpr std::uint64_t reservation = elides_checks ? index_space : 0;
  static constexpr std::uint64_t guard = (elides_checks             ? A::contract.reach - index_space
                                          : A::contract.exact_bound ? std::uint64_t{A::contract.guard_after}
                                                                    : 0) /
                                         page * page;
};

}  // namespace detail::wasmtime

/// Serves the memories of instances, shared memories that a module defines, and heaps of garbage-collected objects.
/// Wasmtime asks no creator for memories that the host makes (wasmtime_memory_new, wasmtime_sharedmemory_new), and none
/// at all while its own pooling allocator is on: `live` then stays 0.
template <page_allocator_like A>
class wasmtime_memory : detail::wasmtime::needs<A> {
  using pages = typename A::pages;

 public:
  /// What the typedef implies for Wasmtime's configuration.
  using settings = detail::wasmtime::settings<A>;
  /// Whether compiled code accesses 32-bit memories of 64 KiB pages without comparing the index.
  static constexpr bool elides_checks = settings::elides_checks;

  /// Sets the creator, and the settings that have to agree with it: no copy-on-write images of data segments (with
  /// those Wasmtime ends the process), memories that do not move, and the reservation and guard that the typedef keeps.
  /// Precondition: the engine is made afterwards, and these settings are not changed before. Each memory is an
  /// allocator of its own, taken and released by whatever thread makes and drops the store; a failure is an error of
  /// Wasmtime's.
  static void install(wasm_config_t* config) noexcept {
    static fresh each_on_its_own;
    set_up(config, {&each_on_its_own, &create<fresh>, nullptr});
  }
  /// The same, with memories from a source, which outlives the engine: `quire::pool<…>`, or an object whose `acquire`
  /// makes allocators that hold data. A memory whose type permits more than the source grows until the source refuses.
  template <memory_source<A> Source>
  static void install(wasm_config_t* config, Source& source) noexcept {
    set_up(config, {&source, &create<Source>, nullptr});
  }

  /// Memories that instances have from here now, of all engines. It stays 0 where the engine asks no creator.
  [[nodiscard]] static std::size_t live() noexcept { return live_.load(std::memory_order_relaxed); }

 private:
  struct fresh {
    static result<A> acquire(pages initial, std::optional<pages> maximum) noexcept {
      return detail::take_by<A, &make_default<A>>(initial, maximum);
    }
  };

  wasmtime_memory(A owner, std::size_t size) noexcept : owner_(std::move(owner)), size_(size) { ++live_; }
  ~wasmtime_memory() { --live_; }

  static void set_up(wasm_config_t* config, wasmtime_memory_creator_t creator) noexcept {
    wasmtime_config_memory_init_cow_set(config, false);
    wasmtime_config_memory_may_move_set(config, false);
    wasmtime_config_memory_reservation_set(config, settings::reservation);
    wasmtime_config_memory_guard_size_set(config, settings::guard);
    wasmtime_config_memory_reservation_for_growth_set(config, 0);
    wasmtime_config_host_memory_creator_set(config, &creator);
  }

  /// Called by any thread. `reserved` and `guard` are the engine's settings: compiled code relies on them.
  template <class Source>
  static wasmtime_error_t* create(void* env, const wasm_memorytype_t*, std::size_t minimum, std::size_t maximum,
                                  std::size_t reserved, std::size_t guard, wasmtime_linear_memory_t* out) noexcept {
    const auto acquire = [env](pages initial, std::optional<pages> most) noexcept {
      return static_cast<Source*>(env)->acquire(initial, most);
    };
    result<A> got = detail::take_up_to<A>(acquire, pages_for<A>(minimum), pages_for<A>(maximum));
    if (!got) return detail::wasmtime::refusal("no memory for an instance", got.error());
    if (!covers(*got, reserved, guard))
      return wasmtime_error_new(
          "quire: memory_reservation or memory_guard_size of this engine was set to more than the allocator keeps");
    auto* const made = new (std::nothrow) wasmtime_memory(std::move(*got), minimum);
    if (made == nullptr) return wasmtime_error_new("quire: no memory for the allocator of an instance's memory");
    *out = {made, &get, &grow, &finalize};
    return nullptr;
  }
  [[nodiscard]] static bool covers([[maybe_unused]] const A& a, std::uint64_t reserved, std::uint64_t guard) noexcept {
    // Bytes behind the memory that are accessible would be taken for its own.
    if constexpr (!A::contract.exact_bound) return reserved == 0 && guard == 0;
    const std::uint64_t kept = std::max<std::uint64_t>(A::contract.reach, a.reserved() + A::contract.guard_after);
    return kept >= guard && kept - guard >= std::max<std::uint64_t>(reserved, a.capacity());
  }

  static std::uint8_t* get(void* env, std::size_t* size, std::size_t* capacity) noexcept {
    const auto& self = *static_cast<const wasmtime_memory*>(env);
    *size = self.size_;
    *capacity = self.owner_.capacity();
    return reinterpret_cast<std::uint8_t*>(self.owner_.data());
  }
  static wasmtime_error_t* grow(void* env, std::size_t bytes) noexcept {
    auto& self = *static_cast<wasmtime_memory*>(env);
    if (const auto done = detail::grow_to_hold(self.owner_, bytes); !done)
      return detail::wasmtime::refusal("a memory cannot grow", done.error());
    self.size_ = bytes;
    return nullptr;
  }
  static void finalize(void* env) noexcept { delete static_cast<wasmtime_memory*>(env); }

  static inline std::atomic<std::size_t> live_{0};
  A owner_;
  std::size_t size_;  // in bytes: with pages of one byte it may end inside a page of the allocator
};

}  // namespace quire::engine

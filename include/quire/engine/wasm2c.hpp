// SPDX-License-Identifier: BSL-1.0
#pragma once
// wasm2c's memory functions over a page_allocator: programs that wasm2c translated to C run on Quire memory. A user
// writes one file (the parameters are those that wabt's own header declares; here 1.0.37 on):
//
//   #include <quire/engine/wasm2c.hpp>
//   using memory = quire::engine::wasm2c_memory<my_allocator>;
//   void wasm_rt_allocate_memory(wasm_rt_memory_t* m, uint64_t initial, uint64_t maximum, bool is64, uint32_t page) {
//     memory::allocate(m, initial, maximum, is64, page);
//   }
//   uint64_t wasm_rt_grow_memory(wasm_rt_memory_t* m, uint64_t more) { return memory::grow(m, more); }
//   void wasm_rt_free_memory(wasm_rt_memory_t* m) { memory::free(m); }
//
// and links it in place of wabt's memory functions, next to the rest of its runtime: without wasm-rt-mem-impl where
// that is a file of its own, else with the three symbols weakened in a copy of the archive (objcopy --weaken-symbol).
// Modules with shared memories need three more, over `allocate_shared` and so on.
#include <wasm-rt.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

#include <quire/contract.hpp>
#include <quire/engine/detail/memory_directory.hpp>
#include <quire/engine/memory_source.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

namespace quire::engine {

namespace detail::wasm2c {

/// What the code and the runtime of wasm2c rely on without a check, for each kind of memory. One message each.
template <class A>
struct needs {
  static constexpr contract_t has = A::contract;

  static_assert(!has.base_may_move, "quire: wasm2c's code keeps the base of a memory: it must not move");
  static_assert(!has.base_bits_change_on_reset,
                "quire: wasm2c's code keeps the base of a memory: its tag must not change on reset");
  static_assert(has.zero_on_grow, "quire: WebAssembly promises that new pages are zero");
  static_assert(has.fault != fault::key,
                "quire: wasm2c's code touches a memory in threads that have not entered it: no protection keys");
  static_assert(
      sizeof(A*) != 0 && std::endian::native == std::endian::little,
      "quire: on a big-endian machine wasm2c puts a memory at the end of its reservation, which is not supported");
};

/// The same for memories whose bounds the hardware checks.
template <class A>
struct needs_of_hardware_bounds : needs<A> {
  using needs<A>::has;

  static_assert(
      has.reach >= std::uint64_t{8} << 30,
      "quire: wasm2c adds a 32-bit offset to a 32-bit index and checks nothing: 8 GiB from the base must fault "
      "or belong to the memory (protection::index_space<32, 32>)");
  static_assert(has.fault == fault::accerr,
                "quire: wasm2c's runtime takes SEGV_ACCERR alone for out of bounds and anything else for an exhausted "
                "stack: the memory must be surrounded by mapped, inaccessible pages");
  static_assert(has.exact_bound,
                "quire: wasm2c relies on a fault at the first byte after the memory: the bound must be exact (no "
                "in_blocks, no explicit_huge)");
};

/// The forms in which releases of wabt declare the allocating function: 1.0.32; 1.0.33 on; 1.0.37 on.
template <class... Form>
inline constexpr bool allocates_as_one_of = (std::is_same_v<decltype(wasm_rt_allocate_memory), Form> || ...);

using page_count = decltype(wasm_rt_memory_t::pages);
using byte_count = decltype(wasm_rt_memory_t::size);
static_assert(allocates_as_one_of<void(wasm_rt_memory_t*, std::uint32_t, std::uint32_t),
                                  void(wasm_rt_memory_t*, std::uint64_t, std::uint64_t, bool),
                                  void(wasm_rt_memory_t*, std::uint64_t, std::uint64_t, bool, std::uint32_t)> &&
                  std::is_same_v<decltype(wasm_rt_grow_memory), page_count(wasm_rt_memory_t*, page_count)>,
              "quire: this wasm-rt.h declares its memory functions in a form that the adapter does not know");

/// What a module says of a memory. Compiled code accesses one of the usual kind without a check.
struct kind {
  static constexpr std::uint32_t usual_page = 65536;

  bool is64 = false;
  std::uint32_t page = usual_page;  // in bytes

  [[nodiscard]] constexpr bool is_usual() const noexcept { return !is64 && page == usual_page; }
  /// Pages that the index reaches, and that the release can describe: 1.0.32 counts bytes in 32 bits.
  [[nodiscard]] constexpr std::uint64_t most() const noexcept {
    const std::uint64_t reached = is64 ? std::numeric_limits<std::uint64_t>::max() : std::uint64_t{1} << 32;
    return std::min<std::uint64_t>(reached, std::numeric_limits<byte_count>::max()) / page;
  }
};

/// A template, as only some releases have these members.
template <class Memory>
[[nodiscard]] kind kind_of(const Memory& memory) noexcept {
  kind told;
  if constexpr (requires { memory.is64; }) told.is64 = memory.is64;
  if constexpr (requires { memory.page_size; }) told.page = memory.page_size;
  return told;
}

/// Whether a release has memories of such a kind.
template <class Memory>
[[nodiscard]] constexpr bool tells(kind k) noexcept {
  return (requires(Memory m) { m.is64; } || !k.is64) &&
         (requires(Memory m) { m.page_size; } || k.page == kind::usual_page);
}

/// Tells the compiled code where its memory lies.
template <class Memory, class A>
void set_place(Memory& memory, const A& a) noexcept {
  memory.data = reinterpret_cast<std::uint8_t*>(a.data());
  if constexpr (requires { memory.data_end; }) memory.data_end = memory.data + a.reserved();
}

/// Keeps an allocator where its memory's functions find it; null, and the allocator is gone, without memory for that.
template <class A>
[[nodiscard]] owner_of_type<A>* keep(A a) noexcept {
  auto* const kept = new (std::nothrow) owner_of_type<A>(std::move(a));
  if (kept != nullptr) memory_directory::enter(*kept);
  return kept;
}

template <class A>
[[nodiscard]] bool brings_pages_in(const A& a) noexcept {
  if constexpr (requires { a.requested(); }) {
    const attributes requested = a.requested();
    return requested.locked || requested.assured || requested.wants_population();
  }
  return false;
}

/// Where compiled code compares each index, pages beyond the size are harmless, and still zero when the memory grows
/// into them. So more is committed than was asked for, as much again and at most 1 MiB, unless that brings pages in:
/// most growth by a page then needs no call.
template <page_allocator_like A>
[[nodiscard]] result<void> grow_ahead(A& a, std::uint64_t bytes) noexcept {
  const std::uint64_t now = a.size(), room = a.capacity();
  if (bytes > now && bytes < room && !brings_pages_in(a)) {
    const std::uint64_t ahead = std::min({bytes, std::uint64_t{1} << 20, room - bytes});
    if (grow_to_hold(a, bytes + ahead)) return {};
  }
  return grow_to_hold(a, bytes);
}

/// The allocating function cannot report an error; like wabt's own it ends the process, but with a reason.
[[noreturn]] inline void refuse(std::uint64_t initial, const char* why) noexcept {
  std::fprintf(stderr, "quire: cannot allocate a wasm2c memory of %llu pages: %s\n",
               static_cast<unsigned long long>(initial), why);
  std::abort();
}

[[noreturn]] inline void refuse(std::uint64_t initial, error why) noexcept {
  std::fprintf(stderr, "quire: cannot allocate a wasm2c memory of %llu pages: %s (%s, system code %d)\n",
               static_cast<unsigned long long>(initial), why.message(), name(why.at), why.native);
  std::abort();
}

/// Memories of every kind over allocators of one type. `Ahead`: see grow_ahead.
template <class A, auto Source, bool Ahead>
class memories {
 public:
  static void allocate(wasm_rt_memory_t& memory, std::uint64_t initial, std::uint64_t maximum, kind k) noexcept {
    if (k.page == 0 || !tells<wasm_rt_memory_t>(k)) refuse(initial, "this release of wasm2c has none of this kind");
    if (initial > k.most()) refuse(initial, "this release of wasm2c cannot describe so large a memory");
    auto got = take_up_to<A>(&take_by<A, Source>, pages_for<A>(initial * k.page),
                             pages_for<A>(std::min(maximum, k.most()) * k.page));
    if (!got) refuse(initial, got.error());
    const owner_of_type<A>* const kept = keep(std::move(*got));
    if (kept == nullptr) refuse(initial, "out of memory");
    describe(memory, maximum, k);
    set_size(memory, initial);
    set_place(memory, kept->allocator);
  }
  static page_count grow(wasm_rt_memory_t& memory, std::uint64_t additional) noexcept {
    const std::uint64_t before = memory.pages;
    if (!grow_by(owner_of(memory), memory, additional)) return std::numeric_limits<page_count>::max();
    set_size(memory, before + additional);
    return quire::detail::integer_cast<page_count>(before);
  }
  /// By several threads at once, while others read the size.
  static page_count grow_shared(wasm_rt_memory_t& memory, std::uint64_t additional) noexcept {
    static_assert(std::atomic_ref<byte_count>::required_alignment <= alignof(wasm_rt_memory_t),
                  "quire: this machine does not align the sizes of a shared memory as atomic access needs");
    owner_of_type<A>& kept = owner_of(memory);
    const std::scoped_lock one_at_a_time(kept.growing);
    const std::uint64_t before = memory.pages;
    if (!grow_by(kept, memory, additional)) return std::numeric_limits<page_count>::max();
    const std::uint64_t now = before + additional;
    std::atomic_ref(memory.size).store(quire::detail::integer_cast<byte_count>(now * kind_of(memory).page));
    std::atomic_ref(memory.pages).store(quire::detail::integer_cast<page_count>(now));
    return quire::detail::integer_cast<page_count>(before);
  }
  static void free(wasm_rt_memory_t& memory) noexcept {
    if (memory.data == nullptr) return;
    owner_of_type<A>& kept = owner_of(memory);
    memory_directory::leave(kept);  // first: once released, the address may be another memory's
    delete &kept;
    memory.data = nullptr;
    set_size(memory, 0);
  }
  static A* find(const wasm_rt_memory_t& memory) noexcept {
    owner_of_type<A>* const kept = find_owner<A>(memory.data);
    return kept == nullptr ? nullptr : &kept->allocator;
  }

 private:
  static bool grow_by(owner_of_type<A>& kept, const wasm_rt_memory_t& memory, std::uint64_t additional) noexcept {
    const kind k = kind_of(memory);
    const std::uint64_t before = memory.pages, most = std::min<std::uint64_t>(memory.max_pages, k.most());
    if (before > most || additional > most - before) return false;
    const std::uint64_t bytes = (before + additional) * k.page;
    return (Ahead ? grow_ahead(kept.allocator, bytes) : grow_to_hold(kept.allocator, bytes)).has_value();
  }

  static owner_of_type<A>& owner_of(const wasm_rt_memory_t& memory) noexcept {
    owner_of_type<A>* const kept = find_owner<A>(memory.data);
    if (kept == nullptr) {
      std::fputs("quire: a wasm2c memory was used that this runtime did not allocate\n", stderr);
      std::abort();
    }
    return *kept;
  }

  template <class Memory>
  static void describe(Memory& memory, std::uint64_t maximum, kind k) noexcept {
    memory.max_pages = quire::detail::integer_cast<page_count>(maximum);
    if constexpr (requires { memory.page_size; }) memory.page_size = k.page;
    if constexpr (requires { memory.is64; }) memory.is64 = k.is64;
  }
  static void set_size(wasm_rt_memory_t& memory, std::uint64_t count) noexcept {
    memory.pages = quire::detail::integer_cast<page_count>(count);
    memory.size = quire::detail::integer_cast<byte_count>(count * kind_of(memory).page);
  }
};

}  // namespace detail::wasm2c

/// The functions of wasm2c's runtime over allocators of type A, for memories whose bounds the compiled code checks:
/// those with a 64-bit index or pages of an unusual size always, and all of them in code that is compiled with
/// WASM_RT_MEMCHECK_BOUNDS_CHECK. `Source` is a function that makes an allocator, or takes a memory from a pool
/// (quire/engine/memory_source.hpp). As with wabt's own, threads may use different memories at once, but one memory
/// only from one thread, unless it is shared.
template <page_allocator_like A, auto Source = &make_default<A>>
class wasm2c_checked_memory : detail::wasm2c::needs<A> {
  using memories = detail::wasm2c::memories<A, Source, true>;

 public:
  /// A number of WebAssembly pages, of the width that wabt's version has.
  using page_count = detail::wasm2c::page_count;

  /// Fills in `memory`: `initial` pages of `page_size` bytes that can grow to `maximum`, or to the allocator's own
  /// limit. If that cannot be had, the process ends with a message.
  static void allocate(wasm_rt_memory_t* memory, std::uint64_t initial, std::uint64_t maximum, bool is64 = false,
                       std::uint32_t page_size = detail::wasm2c::kind::usual_page) noexcept {
    memories::allocate(*memory, initial, maximum, {is64, page_size});
  }
  /// Returns the previous number of pages, or all ones if the memory stays as it is.
  static page_count grow(wasm_rt_memory_t* memory, std::uint64_t additional) noexcept {
    return memories::grow(*memory, additional);
  }
  /// Releases everything and leaves `memory` empty; does nothing if the memory was never allocated.
  static void free(wasm_rt_memory_t* memory) noexcept { memories::free(*memory); }

  /// The same for shared memories. C++ does not see their type (`wasm_rt_shared_memory_t` has C's _Atomic), which
  /// begins as wasm_rt_memory_t does; its lock is not used.
  static void allocate_shared(void* memory, std::uint64_t initial, std::uint64_t maximum, bool is64,
                              std::uint32_t page_size) noexcept {
    allocate(static_cast<wasm_rt_memory_t*>(memory), initial, maximum, is64, page_size);
  }
  /// As grow; several threads may grow one memory.
  static page_count grow_shared(void* memory, std::uint64_t additional) noexcept {
    return memories::grow_shared(*static_cast<wasm_rt_memory_t*>(memory), additional);
  }
  /// As free.
  static void free_shared(void* memory) noexcept { free(static_cast<wasm_rt_memory_t*>(memory)); }

  /// The allocator behind a memory, for calls that wasm2c does not make (effective, zone_of); null if there is none.
  [[nodiscard]] static A* find(const wasm_rt_memory_t* memory) noexcept { return memories::find(*memory); }
};

/// The same, where the hardware checks the bounds of memories with a 32-bit index and pages of 64 KiB. `Checked` serves
/// all other kinds; by default with the same allocators, whose memories then reserve 8 GiB, and grow to 4 GiB.
template <page_allocator_like A, auto Source = &make_default<A>, class Checked = wasm2c_checked_memory<A, Source>>
class wasm2c_memory : detail::wasm2c::needs_of_hardware_bounds<A> {
  using kind = detail::wasm2c::kind;
  using usual = detail::wasm2c::memories<A, Source, false>;

 public:
  /// A number of WebAssembly pages, of the width that wabt's version has.
  using page_count = detail::wasm2c::page_count;

  /// As wasm2c_checked_memory's.
  static void allocate(wasm_rt_memory_t* memory, std::uint64_t initial, std::uint64_t maximum, bool is64 = false,
                       std::uint32_t page_size = kind::usual_page) noexcept {
    kind{is64, page_size}.is_usual() ? usual::allocate(*memory, initial, maximum, {})
                                     : Checked::allocate(memory, initial, maximum, is64, page_size);
  }
  /// As wasm2c_checked_memory's.
  static page_count grow(wasm_rt_memory_t* memory, std::uint64_t additional) noexcept {
    return is_usual(memory) ? usual::grow(*memory, additional) : Checked::grow(memory, additional);
  }
  /// As wasm2c_checked_memory's.
  static void free(wasm_rt_memory_t* memory) noexcept {
    if (memory->data != nullptr) is_usual(memory) ? usual::free(*memory) : Checked::free(memory);
  }

  /// As wasm2c_checked_memory's.
  static void allocate_shared(void* memory, std::uint64_t initial, std::uint64_t maximum, bool is64,
                              std::uint32_t page_size) noexcept {
    allocate(static_cast<wasm_rt_memory_t*>(memory), initial, maximum, is64, page_size);
  }
  /// As wasm2c_checked_memory's.
  static page_count grow_shared(void* memory, std::uint64_t additional) noexcept {
    auto* const plain = static_cast<wasm_rt_memory_t*>(memory);
    return is_usual(plain) ? usual::grow_shared(*plain, additional) : Checked::grow_shared(memory, additional);
  }
  /// As wasm2c_checked_memory's.
  static void free_shared(void* memory) noexcept { free(static_cast<wasm_rt_memory_t*>(memory)); }

  /// The allocator behind a memory; null for one that an allocator of another type serves.
  [[nodiscard]] static A* find(const wasm_rt_memory_t* memory) noexcept { return usual::find(*memory); }

 private:
  static bool is_usual(const wasm_rt_memory_t* memory) noexcept { return detail::wasm2c::kind_of(*memory).is_usual(); }
};

}  // namespace quire::engine

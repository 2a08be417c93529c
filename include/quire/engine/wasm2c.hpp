#pragma once
// wasm2c's memory functions over a page_allocator: programs that wasm2c translated to C run on Quire memory, with
// bounds checked by hardware. A user writes one file (the parameters are those that wabt's own header declares;
// here 1.0.37 on):
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
//
// Supported: 32-bit memories of 64 KiB pages. Refused at allocation, with a message: 64-bit memories and custom
// page sizes. Not covered: shared memories, which have their own functions and type (`..._shared`).
#include <wasm-rt.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <boost/config.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <new>
#include <string_view>
#include <type_traits>

#include <quire/contract.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

namespace quire::engine {

namespace detail::wasm2c {

/// One message for each property that the code and runtime of wasm2c rely on without a check.
template <class A>
struct needs {
  static constexpr contract_t has = A::contract;

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
  static_assert(!has.base_may_move, "quire: wasm2c's code keeps the base of a memory: it must not move");
  static_assert(!has.base_bits_change_on_reset,
                "quire: wasm2c's code keeps the base of a memory: its tag must not change on reset");
  static_assert(has.zero_on_grow, "quire: WebAssembly promises that new pages are zero");
  static_assert(A::pages::unit == 65536, "quire: wasm2c counts in pages of 64 KiB");
  static_assert(
      std::endian::native == std::endian::little,
      "quire: on a big-endian machine wasm2c puts a memory at the end of its reservation, which is not supported");
};

/// The forms in which releases of wabt declare the allocating function: 1.0.32; 1.0.33 on; 1.0.37 on.
template <class... Form>
inline constexpr bool allocates_as_one_of = (std::is_same_v<decltype(wasm_rt_allocate_memory), Form> || ...);

using page_count = decltype(wasm_rt_memory_t::pages);
static_assert(allocates_as_one_of<void(wasm_rt_memory_t*, std::uint32_t, std::uint32_t),
                                  void(wasm_rt_memory_t*, std::uint64_t, std::uint64_t, bool),
                                  void(wasm_rt_memory_t*, std::uint64_t, std::uint64_t, bool, std::uint32_t)> &&
                  std::is_same_v<decltype(wasm_rt_grow_memory), page_count(wasm_rt_memory_t*, page_count)>,
              "quire: this wasm-rt.h declares its memory functions in a form that the adapter does not know");

/// A 32-bit memory has at most 65,536 pages. 1.0.32 cannot express the size of the largest, as it counts bytes in 32
/// bits.
inline constexpr std::uint64_t most_pages =
    std::min<std::uint64_t>(65536, std::numeric_limits<decltype(wasm_rt_memory_t::size)>::max() / 65536);

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

/// The name of a type as text: the same in all modules of a process, which an address need not be.
template <class A>
[[nodiscard]] constexpr std::string_view type_name() noexcept {
  return __PRETTY_FUNCTION__;
}

/// The allocator behind a wasm2c memory, identified by the name of its type.
struct owner {
  std::string_view type;
};
template <class A>
struct owner_of_type : owner {
  explicit owner_of_type(A (*make)() noexcept) noexcept : owner{type_name<A>()}, allocator(make()) {}
  A allocator;
};

/// wasm_rt_memory_t has no field for a pointer to the allocator, so a memory's base identifies it. Each memory reaches
/// 8 GiB from its base, so two bases differ above bit 32: a table over those bits needs neither search nor lock. Bits
/// above the lowest 48 (a tag, or a larger address space than any system hands out without a request) are ignored; if
/// two bases then fall into the same entry, the second is refused.
///
/// Not a template, whose visibility would be that of its arguments: with explicit visibility shared libraries have the
/// same table even with -fvisibility=hidden.
class BOOST_SYMBOL_VISIBLE directory {
 public:
  [[nodiscard]] static owner* find(const void* base) noexcept { return place_of(base).load(std::memory_order_acquire); }

  [[nodiscard]] static bool enter(const void* base, owner* entered) noexcept {
    owner* vacant = nullptr;
    return place_of(base).compare_exchange_strong(vacant, entered, std::memory_order_acq_rel);
  }

  static void leave(const void* base) noexcept { place_of(base).store(nullptr, std::memory_order_release); }

 private:
  static constexpr unsigned reach_bits = 33, address_bits = 48;

  static std::atomic<owner*>& place_of(const void* base) noexcept {
    const auto address = std::uint64_t{reinterpret_cast<std::uintptr_t>(base)};
    return places_[static_cast<std::uint16_t>((address >> reach_bits) % places_.size())];
  }

  static constinit inline std::array<std::atomic<owner*>, std::size_t{1} << (address_bits - reach_bits)> places_{};
};

}  // namespace detail::wasm2c

/// Makes an allocator without run-time data. For one with data (a NUMA node, a smaller limit) the user passes another
/// function.
template <std::default_initializable A>
[[nodiscard]] A make_default() noexcept {
  return A{};
}

/// The three functions of wasm2c's runtime over allocators of type A, each made by `Make`. As with wabt's own, threads
/// may use different memories at once, but one memory only from one thread.
template <page_allocator_like A, A (*Make)() noexcept = &make_default<A>>
class wasm2c_memory : detail::wasm2c::needs<A> {
  using pages = typename A::pages;
  using directory = detail::wasm2c::directory;
  using owner = detail::wasm2c::owner_of_type<A>;

 public:
  using page_count = detail::wasm2c::page_count;

  /// Fills in `memory`: `initial` pages that can grow to `maximum`, or to the allocator's own limit.
  static void allocate(wasm_rt_memory_t* memory, std::uint64_t initial, std::uint64_t maximum, bool is64 = false,
                       std::uint32_t page_size = pages::unit) noexcept {
    using detail::wasm2c::most_pages, detail::wasm2c::refuse;
    if (is64) refuse(initial, "64-bit memories are not supported");
    if (page_size != pages::unit) refuse(initial, "only pages of 64 KiB are supported");
    if (initial > most_pages) refuse(initial, "this release of wasm2c cannot describe so large a memory");
    auto* const kept = new (std::nothrow) owner(Make);
    if (kept == nullptr) refuse(initial, "out of memory");
    A& made = kept->allocator;
    if (const auto done = reserve(made, pages{initial}, pages{std::min(maximum, most_pages)}); !done)
      refuse(initial, done.error());
    if (!directory::enter(made.data(), kept)) refuse(initial, "its address cannot be told from another memory's");
    describe(*memory, made, maximum);
  }

  /// Returns the previous number of pages, or all ones if the memory stays as it is.
  static page_count grow(wasm_rt_memory_t* memory, std::uint64_t additional) noexcept {
    const auto before = owner_of(memory).allocator.grow(pages{memory->pages}, pages{additional});
    if (!before) return std::numeric_limits<page_count>::max();
    set_size(*memory, before->n + additional);
    return static_cast<page_count>(before->n);
  }

  /// Releases everything and leaves `memory` empty; does nothing if the memory was never allocated.
  static void free(wasm_rt_memory_t* memory) noexcept {
    if (memory->data == nullptr) return;
    const owner& kept = owner_of(memory);
    directory::leave(memory->data);  // first: once released, the address may be another memory's
    delete &kept;
    memory->data = nullptr;
    set_size(*memory, 0);
  }

  /// The allocator behind a memory, for calls that wasm2c does not make (effective, zone_of); null if there is none.
  [[nodiscard]] static A* find(const wasm_rt_memory_t* memory) noexcept {
    owner* const kept = find_owner(memory);
    return kept == nullptr ? nullptr : &kept->allocator;
  }

 private:
  static owner* find_owner(const wasm_rt_memory_t* memory) noexcept {
    detail::wasm2c::owner* const found = directory::find(memory->data);
    return found == nullptr || found->type != detail::wasm2c::type_name<A>() ? nullptr : static_cast<owner*>(found);
  }
  /// A maximum beyond the allocator's limit is not an error here: growth fails at that limit, as WebAssembly allows.
  static auto reserve(A& made, pages initial, pages maximum) noexcept {
    const auto done = made.allocate(initial, maximum);
    return !done && done.error().code == errc::limit_exceeded ? made.allocate(initial) : done;
  }

  static owner& owner_of(const wasm_rt_memory_t* memory) noexcept {
    owner* const kept = find_owner(memory);
    if (kept == nullptr) {
      std::fputs("quire: a wasm2c memory was used that this runtime did not allocate\n", stderr);
      std::abort();
    }
    return *kept;
  }

  // A template, so that it can test for members that only some releases have.
  template <class Memory>
  static void describe(Memory& memory, const A& made, std::uint64_t maximum) noexcept {
    memory.data = reinterpret_cast<std::uint8_t*>(made.data());
    memory.max_pages = static_cast<page_count>(maximum);
    if constexpr (requires { memory.data_end; }) memory.data_end = memory.data + made.reserved();
    if constexpr (requires { memory.page_size; }) memory.page_size = pages::unit;
    if constexpr (requires { memory.is64; }) memory.is64 = false;
    set_size(memory, made.size_pages().n);
  }

  static void set_size(wasm_rt_memory_t& memory, std::uint64_t count) noexcept {
    memory.pages = static_cast<page_count>(count);
    memory.size = static_cast<decltype(memory.size)>(count * pages::unit);
  }
};

}  // namespace quire::engine

// SPDX-License-Identifier: BSL-1.0
#pragma once
// Tells a memory error detector which accessible bytes a program may touch: AddressSanitizer where it instruments the
// program, or Valgrind's Memcheck where QUIRE_VALGRIND is defined. Elsewhere these functions are empty. All translation
// units of a program are compiled alike.
#include <algorithm>
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define QUIRE_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define QUIRE_POISONS 1
#endif
#endif
#if defined(QUIRE_POISONS)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#elif defined(QUIRE_VALGRIND)
#include <valgrind/memcheck.h>
#define QUIRE_POISONS 2
#else
#define QUIRE_POISONS 0
#endif

namespace quire::detail::poisoning {

inline constexpr bool active = QUIRE_POISONS != 0;

/// Of each memory only so many bytes from its base are poisoned. AddressSanitizer keeps a byte for each eight: without
/// an end, poison of a memory with few pages in use would take more memory than the program.
inline constexpr std::size_t most = std::size_t{256} << 20;

/// Bytes from the base of a memory.
struct part {
  std::byte* begin;
  std::size_t bytes;

  part(std::byte* base, std::size_t from, std::size_t to) noexcept
      : begin(base + std::min(from, most)), bytes(std::min(std::max(from, to), most) - std::min(from, most)) {}
};

enum class contents : unsigned char { known, unspecified };

/// No code may touch [from, to) of the memory at `base`. Unlike a guard this needs no pages, and costs an eighth of the
/// bytes. It ends before the addresses go back to the system, which may give them to other code.
inline void hide([[maybe_unused]] std::byte* base, [[maybe_unused]] std::size_t from,
                 [[maybe_unused]] std::size_t to) noexcept {
#if QUIRE_POISONS == 1
  if (const part run(base, from, to); run.bytes != 0) __asan_poison_memory_region(run.begin, run.bytes);
#elif QUIRE_POISONS == 2
  if (const part run(base, from, to); run.bytes != 0) (void)VALGRIND_MAKE_MEM_NOACCESS(run.begin, run.bytes);
#endif
}
/// Ends it. Memcheck reports a use of `unspecified` contents.
inline void show([[maybe_unused]] std::byte* base, [[maybe_unused]] std::size_t from, [[maybe_unused]] std::size_t to,
                 [[maybe_unused]] contents now = contents::known) noexcept {
#if QUIRE_POISONS == 1
  if (const part run(base, from, to); run.bytes != 0) __asan_unpoison_memory_region(run.begin, run.bytes);
#elif QUIRE_POISONS == 2
  const part run(base, from, to);
  if (run.bytes != 0 && now == contents::known) (void)VALGRIND_MAKE_MEM_DEFINED(run.begin, run.bytes);
  if (run.bytes != 0 && now == contents::unspecified) (void)VALGRIND_MAKE_MEM_UNDEFINED(run.begin, run.bytes);
#endif
}

// Blocks of an owner, which an address stands for. Memcheck remembers where each was handed out and came back, and says
// so when an address in it is misused; AddressSanitizer has no such request.

inline void add_owner([[maybe_unused]] const void* owner) noexcept {
#if QUIRE_POISONS == 2
  VALGRIND_CREATE_MEMPOOL(owner, 0, 0);
#endif
}
inline void remove_owner([[maybe_unused]] const void* owner) noexcept {
#if QUIRE_POISONS == 2
  VALGRIND_DESTROY_MEMPOOL(owner);
#endif
}
/// [from, to) of the memory at `base` is a block.
inline void hand_out([[maybe_unused]] const void* owner, std::byte* base, std::size_t from, std::size_t to,
                     contents now) noexcept {
#if QUIRE_POISONS == 2
  VALGRIND_MEMPOOL_ALLOC(owner, base + from, to - from);
#endif
  show(base, from, to, now);
}
/// The block at `base` ends elsewhere.
inline void resize([[maybe_unused]] const void* owner, std::byte* base, std::size_t before, std::size_t now) noexcept {
#if QUIRE_POISONS == 2
  VALGRIND_MEMPOOL_CHANGE(owner, base, base, now);
#endif
  show(base, before, now);
}
inline void take_back([[maybe_unused]] const void* owner, std::byte* base, std::size_t from, std::size_t to) noexcept {
#if QUIRE_POISONS == 2
  VALGRIND_MEMPOOL_FREE(owner, base + from);
#endif
  hide(base, from, to);
}
/// All blocks of the memory at `base` that lie in [from, to).
inline void take_back_all([[maybe_unused]] const void* owner, std::byte* base, std::size_t from,
                          std::size_t to) noexcept {
#if QUIRE_POISONS == 2
  VALGRIND_MEMPOOL_TRIM(owner, base, from);
#endif
  hide(base, from, to);
}

/// The elements of a container, which lie one after the other from `begin` on, in room for some bytes, end elsewhere:
/// AddressSanitizer reports an access behind them as container-overflow, as it does for std::vector. That of GCC 12
/// takes only room that ends at a multiple of eight bytes, a byte of its shadow: the last few bytes of other room stay
/// open.
inline void move_end([[maybe_unused]] std::byte* begin, [[maybe_unused]] std::size_t room,
                     [[maybe_unused]] std::size_t before, [[maybe_unused]] std::size_t now) noexcept {
#if QUIRE_POISONS == 1
  if (const std::size_t all = std::min(room, most) & ~std::size_t{7}; all != 0)
    __sanitizer_annotate_contiguous_container(begin, begin + all, begin + std::min(before, all),
                                              begin + std::min(now, all));
#elif QUIRE_POISONS == 2
  hide(begin, now, before);
  show(begin, before, now);
#endif
}

/// While it exists, elements may be constructed up to `to`; after it, none may be touched behind `end`. If all of the
/// room is open, its end may move meanwhile.
template <class T>
class open_end {
 public:
  open_end(T* const& begin, T* const& end, T* const& room_end, [[maybe_unused]] T* to) noexcept
      : begin_(begin), end_(end), room_end_(room_end) {
    if constexpr (!active) return;
    opened_ = std::max(end_, to);
    opens_all_ = opened_ == room_end_;
    move(begin_, room_end_, end_, opened_);
  }
  ~open_end() {
    if constexpr (active) move(begin_, room_end_, opens_all_ ? room_end_ : opened_, end_);
  }
  /// For a container that ends.
  static void all(T* begin, T* room_end) noexcept {
    if constexpr (active) move(begin, room_end, begin, room_end);
  }
  open_end(const open_end&) = delete;
  open_end& operator=(const open_end&) = delete;

 private:
  static void move(T* begin, T* room_end, T* before, T* now) noexcept {
    const auto bytes_to = [begin](T* p) { return static_cast<std::size_t>(p - begin) * sizeof(T); };
    move_end(reinterpret_cast<std::byte*>(begin), bytes_to(room_end), bytes_to(before), bytes_to(now));
  }

  T *const &begin_, *const &end_, *const &room_end_;
  T* opened_ = nullptr;
  bool opens_all_ = false;
};

}  // namespace quire::detail::poisoning

#undef QUIRE_POISONS

// SPDX-License-Identifier: BSL-1.0
#pragma once
// Tags without hardware support: a table of the memories and their tags, and tagged pointers that consult it. For
// development and tests: each access through such a pointer searches the table, under its lock.
#include <atomic>
#include <bit>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include <quire/policy.hpp>
#include <quire/tagged_ptr.hpp>
#include <quire/tags.hpp>

namespace quire::tagging {

namespace detail {

/// The process has one table, which is never destroyed: memories may end after everything else. Its visibility is
/// explicit, so that shared libraries have the same one even with -fvisibility=hidden. The lock spins, because it is
/// held briefly and not every system that Quire knows has a better one.
class BOOST_SYMBOL_VISIBLE tag_table {
 public:
  [[nodiscard]] static bool assign(const std::byte* base, std::size_t bytes, unsigned tag) noexcept {
    const lock held;
    entry*& place = find(base);
    if (place != nullptr) {
      place->bytes = bytes;
      place->tag = tag;
      return true;
    }
    place = new (std::nothrow) entry{reinterpret_cast<std::uintptr_t>(base), bytes, tag, nullptr};
    return place != nullptr;
  }
  static void erase(const std::byte* base, std::size_t) noexcept {
    const lock held;
    entry*& place = find(base);
    if (place == nullptr) return;
    const entry* const struck = place;
    place = place->next;
    delete struck;
  }
  /// Returns the choices in turn.
  [[nodiscard]] static unsigned pick(std::uint16_t choices) noexcept {
    const lock held;
    do drawn = (drawn + 1) % tag_count;
    while ((choices >> drawn & 1) == 0);
    return drawn;
  }
  [[nodiscard]] static unsigned tag_at(const void* p) noexcept { return tag_of(p, 1); }
  static void check(const void* p, std::size_t bytes, unsigned tag) noexcept {
    if (const unsigned expected = tag_of(p, bytes); expected != tag) refuse(p, bytes, tag, expected);
  }

 private:
  struct entry {
    std::uintptr_t base;
    std::size_t bytes;
    unsigned tag;
    entry* next;
  };
  struct lock {
    lock() noexcept {
      while (busy.test_and_set(std::memory_order_acquire)) {
      }
    }
    lock(const lock&) = delete;
    lock& operator=(const lock&) = delete;
    ~lock() { busy.clear(std::memory_order_release); }
  };

  /// The link to the entry of the memory that begins at `base`; if there is none, the null link at the end of the list.
  [[nodiscard]] static entry*& find(const std::byte* base) noexcept {
    entry** place = &first;
    while (*place != nullptr && (*place)->base != reinterpret_cast<std::uintptr_t>(base)) place = &(*place)->next;
    return *place;
  }
  /// The tag of all these bytes; `no_tag` unless one memory has them all.
  [[nodiscard]] static unsigned tag_of(const void* p, std::size_t bytes) noexcept {
    const lock held;
    for (const entry* each = first; each != nullptr; each = each->next) {
      const std::size_t offset = reinterpret_cast<std::uintptr_t>(p) - each->base;
      if (offset < each->bytes) return bytes <= each->bytes - offset ? each->tag : no_tag;
    }
    return no_tag;
  }
  [[noreturn]] static void refuse(const void* p, std::size_t bytes, unsigned tag, unsigned expected) noexcept {
    if (expected == no_tag)
      std::fprintf(stderr, "quire: tag %u for %zu bytes at %p, which have no tag: released, or beyond the memory\n",
                   tag, bytes, p);
    else
      std::fprintf(stderr, "quire: tag %u for %zu bytes at %p, whose tag is %u\n", tag, bytes, p, expected);
    std::abort();
  }

  static inline std::atomic_flag busy;
  static inline entry* first = nullptr;
  static inline unsigned drawn = 0;
};

}  // namespace detail

/// The process's table of memories and tags.
inline constexpr BOOST_SYMBOL_VISIBLE tag_registry software_tags{&detail::tag_table::assign, &detail::tag_table::erase,
                                                                 &detail::tag_table::pick, &detail::tag_table::tag_at,
                                                                 &detail::tag_table::check};

/// For machines without hardware tags: a wrong or stale tag in a tagged_ptr is detected when it is dereferenced, and
/// ends the process with a line on stderr. Not for signal handlers, nor for children of fork() while other threads use
/// such pointers: the table has a lock. Modules of a process that share no symbols have a table each (docs/builds.md).
/// Nothing else is checked: raw pointers carry no tag, and neither do the spans that the allocator returns. `Choices`
/// is the set of tags from which tags are drawn: bit n stands for tag n.
template <std::uint16_t Choices = 0xfffe>
struct checked {
  static_assert(Choices != 0, "quire: the mask of checked is the set of tags to draw from: it must not be empty");
  static_assert(Choices % 2 == 0, "quire: tag 0 is that of a default tagged_ptr: leave bit 0 out of the mask");

  using axis = axes::tagging;
  constexpr void request(attributes& a) const noexcept {
    a.tags.registry = &software_tags;
    a.tags.choices = Choices;
  }

  /// The same policy, with a tag that is drawn anew at each reset, so that pointers from before it are stale.
  struct retag_on_reset {
    static_assert(std::popcount(Choices) > 1, "quire: retag_on_reset needs two tags to choose from");
    using axis = axes::tagging;
    constexpr void request(attributes& a) const noexcept {
      checked{}.request(a);
      a.tags.retag_on_reset = true;
    }
  };
};

}  // namespace quire::tagging

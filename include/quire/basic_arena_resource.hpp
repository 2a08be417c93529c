// SPDX-License-Identifier: BSL-1.0
#pragma once
// An arena as a memory resource of the standard library, for std::pmr containers, or below a std::pmr pool.
#include <cstddef>
#include <memory_resource>
#include <utility>

#include <quire/bad_alloc.hpp>
#include <quire/basic_arena.hpp>

namespace quire {

/// The interface of basic_arena, and that of std::pmr::memory_resource. If there is no memory, it throws
/// quire::bad_alloc, which is a std::bad_alloc.
template <class A>
class basic_arena_resource final : public std::pmr::memory_resource {
 public:
  using mark_type = typename basic_arena<A>::mark_type;

  basic_arena_resource() noexcept = default;
  explicit basic_arena_resource(A (*make)() noexcept, std::size_t large = basic_arena<A>::usual_large) noexcept
      : arena_(make, large) {}

  [[nodiscard]] mark_type mark() const noexcept { return arena_.mark(); }
  void reset_to(mark_type to) noexcept { arena_.reset_to(to); }
  void reset(std::size_t keep = SIZE_MAX) noexcept { arena_.reset(keep); }
  [[nodiscard]] arena_statistics statistics() const noexcept { return arena_.statistics(); }
  [[nodiscard]] const A& region() const noexcept { return arena_.region(); }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    return detail::value_or_throw(arena_.allocate(bytes, alignment));
  }
  void do_deallocate(void* piece, std::size_t bytes, std::size_t) override {
    arena_.deallocate(static_cast<std::byte*>(piece), bytes);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  basic_arena<A> arena_;
};

}  // namespace quire

// SPDX-License-Identifier: BSL-1.0
#pragma once
// The stacks of a stack_pool for Boost.Context, and for what takes the same allocators, such as Boost.Coroutine2:
//
//   quire::stack_pool<quire::linux_allocator, quire::recycling::none> pool;  // opened
//   boost::context::fiber f(std::allocator_arg, quire::engine::boost_stack_allocator(pool), function);
//
// Only users of fibres link Boost.Context: this header includes Boost's declarations of a stack, and throw_exception,
// which Boost.Context depends on.
#include <boost/context/stack_context.hpp>
#include <boost/context/stack_traits.hpp>
#include <boost/throw_exception.hpp>

#include <concepts>
#include <cstdint>
#include <new>
#include <optional>

#include <quire/result.hpp>
#include <quire/stack_pool.hpp>

namespace quire::engine {

/// A StackAllocator of Boost.Context over a stack_pool, whose stacks have the size that it was opened with, or over the
/// stack_cache of one thread. Copies are equal; each fibre keeps one. Precondition: the pool or cache lives, at its
/// address, until the last fibre that has a copy is gone. Any thread may call either member over a pool, and one at a
/// time over a cache.
template <class Stacks>
  requires requires(Stacks& s, const stack_memory& one) {
    { s.acquire() } -> std::same_as<result<stack_memory>>;
    { s.find_live(one.base) } -> std::same_as<std::optional<stack_memory>>;
    s.release(one);
  }
class boost_stack_allocator {
 public:
  using traits_type = boost::context::stack_traits;  // what Boost knows of the system's stacks, not of the pool's

  /// Takes stacks from this pool or cache, which outlives the contexts.
  explicit boost_stack_allocator(Stacks& from) noexcept : stacks_(&from) {}

  /// Costs what `acquire` costs. Boost's interface has no place for an error: where `acquire` returns one, this throws
  /// std::bad_alloc, as Boost's own allocators do, by way of boost::throw_exception. A program without exceptions
  /// (BOOST_NO_EXCEPTIONS) defines that function, as with the rest of Boost, and it must not return.
  [[nodiscard]] boost::context::stack_context allocate() const {
    const result<stack_memory> taken = stacks_->acquire();
    if (!taken) boost::throw_exception(std::bad_alloc());
    boost::context::stack_context made;
    made.sp = taken->top();
    made.size = taken->bytes;
    return made;
  }

  /// Returns the stack to the pool, and empties `context`, so that a second call with it has no effect. Neither has one
  /// with a context of another pool or allocator, or of a stack that is not in use. Precondition: `context` is not a
  /// copy whose stack was returned before: another user may have it, and the copy does not differ from theirs. Costs
  /// what `find` and `release` cost.
  void deallocate(boost::context::stack_context& context) const noexcept {
    const std::uintptr_t base = reinterpret_cast<std::uintptr_t>(context.sp) - context.size;
    const std::optional<stack_memory> stack = stacks_->find_live(reinterpret_cast<const void*>(base));
    if (!stack || stack->top() != context.sp || stack->bytes != context.size) return;
    stacks_->release(*stack);
    context = {};
  }

 private:
  Stacks* stacks_;
};

}  // namespace quire::engine

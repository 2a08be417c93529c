// SPDX-License-Identifier: BSL-1.0
#pragma once
// Stacks for fibres and coroutines: each with a guard below it, taken and returned without a system call.
#include <algorithm>
#include <atomic>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <quire/bounds.hpp>
#include <quire/detail/composition.hpp>
#include <quire/detail/members/access.hpp>
#include <quire/detail/pool/slot_owner.hpp>
#include <quire/page_allocator.hpp>
#include <quire/policy.hpp>
#include <quire/policy/recycling.hpp>
#include <quire/result.hpp>
#include <quire/store/reuse.hpp>
#include <quire/units.hpp>

namespace quire {

/// [base, base + bytes) is readable and writable. It is used from `top` downwards, towards the guard below `base`.
struct stack_memory {
  std::byte* base = nullptr;
  std::size_t bytes = 0;
  std::uint32_t number = 0;  // in its pool, from 0
  std::uint32_t use = 0;     // how often it was used before

  /// Where the first frame begins, and what a fibre's context takes.
  [[nodiscard]] constexpr std::byte* top() const noexcept { return base + bytes; }
  friend constexpr bool operator==(const stack_memory&, const stack_memory&) = default;
};

/// The stack that an address lies in, or whose guard it lies in: then the stack has overflowed.
struct found_stack {
  std::uint32_t number;
  bool overflow;
  bool live;

  friend constexpr bool operator==(const found_stack&, const found_stack&) = default;
};

namespace detail {

/// A stack's guard is a part of the terms, so that the protection of the typedef is not used.
struct no_protection {
  using axis = axes::protection;
  static constexpr void shape(geometry&) noexcept {}
  constexpr void request(attributes&) const noexcept {}
};

template <class A, class = decltype(member_access::parts_type<A>())>
using stack_parts =
    typename decltype(member_access::parts_type<typename A::template with_protection<no_protection>>())::type;
template <class A, class Recycling>
using stack_source = slot_source<
    typename A::backing_type, stack_parts<A>, Recycling,
    std::conditional_t<guard_marking_store<typename A::backing_type>, bounds::guard_markers, bounds::uncommitted>>;

}  // namespace detail

template <class A, class Recycling>
class stack_cache;  // quire/stack_cache.hpp

/// Stacks over the store and the policies of `A`, except its protection. Each guard is a marker in one mapping for all
/// stacks (Linux 6.13), or elsewhere a mapping of its own. `Recycling`: what becomes of a stack's contents when it is
/// returned: recycling::none, or a policy that wipes it. Movable while stacks are in use. open, close, moving and
/// destruction belong to one thread, while no other uses the pool; any thread may call the other members.
template <class A, class Recycling>
class stack_pool : public detail::slot_owner<detail::stack_source<A, Recycling>, detail::stack_parts<A>> {
  using store = typename A::backing_type;
  using composition = detail::stack_parts<A>;
  using source = detail::stack_source<A, Recycling>;
  using owner = detail::slot_owner<source, composition>;
  using owner::source_;
  static constexpr demands demanded = composition::demanded;

  static_assert(recycling_policy<Recycling>, "quire: the second argument of stack_pool is a recycling policy");
  static_assert(!detail::scans<Recycling> || dirty_scanning_store<store>,
                "quire: this recycling policy needs a store that can tell which pages were written");
  static_assert(!detail::is_batched<Recycling> || batch_discarding_store<store>,
                "quire: this recycling policy needs a store that discards several runs by one call");
  static_assert(std::is_empty_v<store> && store::traits.fault != fault::none,
                "quire: a pool of stacks needs a store whose reserved pages fault, and without data of its own");
  static_assert(!demanded.has<capability::population>() && !demanded.has<capability::locking>() && !demanded.tagged() &&
                    !demanded.has<capability::purging>() && !demanded.has<capability::huge_pool>(),
                "quire: stacks are neither populated, locked, tagged, purgeable nor from a pool of huge pages");

 public:
  /// What `open` is to reserve.
  struct terms {
    std::uint32_t stacks = 0;
    std::size_t bytes = 0;                      // of each stack, rounded up to pages
    std::size_t guard = std::size_t{64} << 10;  // below each stack, rounded up to pages; larger than any frame that the
                                                // compiler does not probe (-fstack-clash-protection)
    std::uint32_t fewest = 0;                   // stacks without which open fails; 0: all
  };

  /// Reserves the stacks, in as few reservations as the address space permits. `given`: policies that hold data.
  /// Errors: `already_allocated`, `invalid_argument` (no stacks, no bytes, no guard, or fewer stacks than the fewest),
  /// `limit_exceeded` (a stack larger than the address space), and those of the system for a reservation.
  template <class... Given>
  [[nodiscard]] result<void> open(const terms& wanted, const Given&... given) noexcept {
    static_assert(((composition::template takes<Given> && !composition::template is_limit<Given>) && ...),
                  "quire: an argument is none of the policies of this pool's stacks");
    if (source_ != nullptr) return failure(errc::already_allocated, step::plan);
    const composition parts(std::in_place, given...);
    if (wanted.stacks == 0 || wanted.bytes == 0 || wanted.guard == 0 || wanted.fewest > wanted.stacks ||
        !parts.has_valid_nodes())
      return failure(errc::invalid_argument, step::plan);
    if (wanted.bytes > max_bytes / 8 || wanted.guard > max_bytes / 8) return failure(errc::limit_exceeded, step::plan);
    const std::size_t granule = parts.commit_granule();
    const std::size_t bytes = align_up(wanted.bytes, granule), guard = align_up(wanted.guard, granule);
    const detail::slot_layout layout{
        .before = guard, .capacity = bytes, .reserved = bytes, .stride = bytes + guard, .alignment = granule};
    return owner::template open_slots<Recycling>(parts, layout, wanted.stacks, wanted.fewest);
  }
  using owner::clean_step, owner::close;

  /// A stack for this user alone. Its contents are unspecified with recycling::none, else zero. Errors:
  /// `not_allocated`, `limit_exceeded` (all are in use), `too_many_mappings` (where guards are mappings, and more would
  /// leave the program less than a tenth of those that it may have), and the system's where a guard is refused. Cost:
  /// no system call, except for the first users: one for 64 stacks with markers, else one for each.
  [[nodiscard]] BOOST_FORCEINLINE result<stack_memory> acquire() noexcept {
    if (source_ == nullptr) [[unlikely]]
      return failure(errc::not_allocated, step::plan);
    int native = 0;
    const std::size_t bytes = source_->layout.capacity;
    const std::uint32_t slot = source_->take(bytes, 0, {}, native);
    if (slot == 0) [[unlikely]]
      return owner::failed(source::code_of_refusal(native), {native, step::reserve});
    detail::slot_record& r = source_->of(slot);
    if (r.open.load(std::memory_order_relaxed) != bytes) [[unlikely]]
      if (const int n = source_->open_up(r, bytes)) {
        source_->give(slot);
        return owner::failed(source::code_of(step::commit, n), {n, step::commit});
      }
    return stack_memory{r.base, bytes, slot - 1, r.uses.load(std::memory_order_relaxed)};
  }
  /// Returns a stack to the pool that it is from. Without effect if it was returned already, also if another user has
  /// it by now, and for a stack that no pool has made.
  BOOST_FORCEINLINE void release(const stack_memory& stack) noexcept {
    if (record_of(stack) != nullptr) [[likely]]
      source_->give(stack.number + 1);
  }

  /// Gives back the memory of stacks that are not in use, except the uppermost `keep` bytes of each, which the next
  /// user needs first.
  void trim(std::size_t keep = 0) noexcept {
    if (source_ != nullptr)
      (void)source_->trim(SIZE_MAX, align_up(std::min(keep, max_bytes / 8), source_->page_bytes()));
  }

  /// Tells a stack overflow from other faults. Cost: a comparison for each reservation, arithmetic and a load. Signals:
  /// a handler may call it, which runs on a stack of its own (sigaltstack).
  [[nodiscard]] std::optional<found_stack> find(const void* p) const noexcept {
    if (source_ == nullptr) return std::nullopt;
    const detail::slot_place at = source_->arenas.find(p, source_->layout);
    if (at.slot == 0) return std::nullopt;
    const bool above = !at.before && at.from_base >= source_->layout.capacity;  // the guard below the next stack
    const std::uint32_t number = above ? at.slot : at.slot - 1;
    if (number >= source_->slots || (above && source_->arenas.begin_with(number))) return std::nullopt;
    const bool live = source_->of(number + 1).state.load(std::memory_order_relaxed) == detail::slot_state::live;
    return found_stack{number, at.before || above, live};
  }
  /// The stack in use that an address lies in, as `release` takes it, for an interface that hands back no more than an
  /// address; nullopt for a guard, and for a stack that is not in use. Costs what `find` costs.
  [[nodiscard]] std::optional<stack_memory> find_live(const void* p) const noexcept {
    const std::optional<found_stack> at = find(p);
    if (!at || at->overflow || !at->live) return std::nullopt;
    // Not the record's base, which another thread that takes the stack for the first time may just be writing.
    std::byte* const base = source_->arenas.base_of(at->number, source_->layout);
    const std::uint32_t use = source_->of(at->number + 1).uses.load(std::memory_order_relaxed);
    return stack_memory{base, source_->layout.capacity, at->number, use};
  }

  /// Stacks that the pool can hand out, in use or not.
  [[nodiscard]] std::uint32_t stacks() const noexcept { return source_ == nullptr ? 0 : source_->usable; }
  /// Stacks that were not returned to the pool: in use, or kept by the cache of a thread. Reads the records of all that
  /// were ever used.
  [[nodiscard]] std::uint32_t live() const noexcept { return source_ == nullptr ? 0 : source_->live(); }

 private:
  friend class stack_cache<A, Recycling>;

  /// Null unless the stack is still in use: its count of uses grows when it comes back.
  [[nodiscard]] BOOST_FORCEINLINE detail::slot_record* record_of(const stack_memory& stack) const noexcept {
    if (source_ == nullptr || stack.number >= source_->usable) [[unlikely]]
      return nullptr;
    detail::slot_record& r = source_->of(stack.number + 1);
    const bool is_in_use = r.state.load(std::memory_order_relaxed) == detail::slot_state::live &&
                           r.base == stack.base && r.uses.load(std::memory_order_relaxed) == stack.use;
    return is_in_use ? &r : nullptr;
  }
};

}  // namespace quire

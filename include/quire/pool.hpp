// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memories that are reused: a pool hands out slots of a few large reservations, as memories of the typedef that it was
// made for, and makes each as new again when it comes back.
#include <algorithm>
#include <bit>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <quire/access.hpp>
#include <quire/bounds.hpp>
#include <quire/detail/composition.hpp>
#include <quire/detail/pool/image_slot_store.hpp>
#include <quire/detail/pool/slot_owner.hpp>
#include <quire/detail/pool/slot_source.hpp>
#include <quire/detail/pool/slot_store.hpp>
#include <quire/detail/pool/slot_tags.hpp>
#include <quire/key_scope.hpp>
#include <quire/page_allocator.hpp>
#include <quire/policy/recycling.hpp>
#include <quire/result.hpp>
#include <quire/statistics.hpp>
#include <quire/store/images.hpp>
#include <quire/store/reuse.hpp>
#include <quire/tags.hpp>

namespace quire {

/// The slot that an address lies in, or lies behind: a guard between two slots counts as the one behind the first.
struct found_slot {
  std::uint32_t slot;  // from 0
  std::uint64_t key;   // of the present user, or else the last
  zone where;
  bool live;

  friend constexpr bool operator==(const found_slot&, const found_slot&) = default;
};

namespace detail {

/// The store and the policies of an allocator, and what hands out slots for them.
template <class A>
using parts_of = typename decltype(member_access::parts_type<A>())::type;

/// Whether a store adaptor can be put around slots.
template <class S, class Slot>
concept goes_around = requires { typename S::template around<Slot>; };

/// The store of a pool's arenas: without adaptors for single memories. Slots start from images by themselves.
template <class S>
struct arena_store {
  using type = S;
};
template <class S>
  requires(image_backed_store<S> || goes_around<S, S>) && requires { typename S::wrapped; }
struct arena_store<S> : arena_store<typename S::wrapped> {};
template <image_placing_store S>
  requires(!image_backed_store<S>) && requires { typename S::plain; }
struct arena_store<S> : arena_store<typename S::plain> {};

template <class A, class Recycling, class Bounds>
using source_for = slot_source<typename arena_store<typename A::backing_type>::type, parts_of<A>, Recycling, Bounds>;

template <class Source>
struct slot_store_of {
  using type = slot_store<Source>;
};
template <class Source>
  requires(Source::has_images)
struct slot_store_of<Source> {
  using type = image_slot_store<Source>;
};
template <class S, class Slot>
struct adapted_slot {
  using type = Slot;
};
template <class S, class Slot>
  requires goes_around<S, Slot>
struct adapted_slot<S, Slot> {
  using type = typename S::template around<Slot>;
};

/// Whether the tagging policy has so many tags for slots at even places, and for those at odd ones.
template <class Composition>
[[nodiscard]] consteval bool slot_tag_choices(int least) noexcept {
  attributes a;
  decltype(Composition::tagging){}.request(a);
  return std::popcount(static_cast<std::uint16_t>(a.tags.choices & tags_at_place(0))) >= least &&
         std::popcount(static_cast<std::uint16_t>(a.tags.choices & tags_at_place(1))) >= least;
}

/// What cannot be pooled, one message each.
template <class A, class Recycling, class Bounds>
struct pool_in_sentences {
  using S = typename arena_store<typename A::backing_type>::type;
  using composition = parts_of<A>;
  static constexpr demands demanded = composition::demanded;

  static_assert(recycling_policy<Recycling>, "quire: the second argument of pool is a recycling policy");
  static_assert(!leaves_contents<Recycling>, "quire: this recycling leaves contents to the next user of a memory");
  static_assert(!scans<Recycling> || dirty_scanning_store<S>,
                "quire: this recycling policy needs a store that can tell which pages were written");
  static_assert(!is_batched<Recycling> || batch_discarding_store<S>,
                "quire: this recycling policy needs a store that discards several runs by one call");
  static_assert(std::is_empty_v<S> && !buffer_store<S>,
                "quire: a pool needs a store without data of its own, as those of operating systems are");
  static_assert(!demanded.has<capability::purging>() && !demanded.has<capability::huge_pool>(),
                "quire: a pool's memories are not purgeable and not from a pool of huge pages");
  static constexpr bool has_tags = demanded.has<capability::hardware_tags>();
  static_assert(!has_tags || tag_check_suspending_store<S>,
                "quire: a pool of tagged memories needs a store that can clear them whatever their tags");
  static_assert(!has_tags || composition::tag_selectable,
                "quire: neighbours in a pool have different tags by themselves: use tagging::mte<>");
  static_assert(!has_tags || slot_tag_choices<composition>(2),
                "quire: the slots of a pool need two even and two odd tags to choose from");
  static_assert(!has_tags || (!Bounds::marks && Bounds::stripes == 0 && !image_backed_store<typename A::backing_type>),
                "quire: a pool of tagged memories is bounds::uncommitted, and they do not start from images");
  static_assert(!Bounds::marks || guard_marking_store<S>, "quire: guard markers need a store that can set them");
  static_assert(!Bounds::seals || sealing_store<S>, "quire: sealed arenas need a store that can seal them");
  static_assert(Bounds::stripes == 0 || key_protecting_store<S>,
                "quire: key stripes need a store whose pages can have protection keys");
  static_assert(Bounds::stripes == 0 || composition::exact,
                "quire: key stripes are for memories that end where they are as large as they say: no huge pages");
  static_assert(!Bounds::marks || composition::shape.reach == 0,
                "quire: guard markers cannot keep an index space: use protection::guarded");
  static_assert(!Bounds::marks || !demanded.has<capability::locking>(),
                "quire: guard markers cannot be set in locked memory");
};

}  // namespace detail

/// Owns the slots. Movable, also while memories are in use. If it is destroyed while memories are in use, the last of
/// them releases the slots; no memory may allocate again then. open, close, moving and destruction belong to one
/// thread, while no other thread calls a member or returns a memory; any thread may call the other members at any time,
/// and use, move and destroy memories. In a child process after a fork, the pool is the child's own copy.
///
/// | argument | meaning |
/// |---|---|
/// | `A` | the typedef of the memories, with its store and policies |
/// | `Recycling` | how a memory that comes back becomes as new: quire/recycling/ |
/// | `Bounds` | how inaccessible pages are kept from being touched: quire/bounds.hpp |
template <class A, class Recycling, class Bounds = bounds::uncommitted>
class pool : detail::pool_in_sentences<A, Recycling, Bounds>,
             public detail::slot_owner<detail::source_for<A, Recycling, Bounds>, detail::parts_of<A>> {
  using composition = detail::parts_of<A>;
  using source = detail::source_for<A, Recycling, Bounds>;
  using owner = detail::slot_owner<source, composition>;
  using slot = typename detail::slot_store_of<source>::type;

 public:
  /// The allocator that `acquire` returns: all members of `A`, the same contract and errors, and
  /// `set_high_water_mark(bytes)`, but no default constructor. Its destructor, or deallocate, returns the slot. If it
  /// allocates again, it takes another slot; it must not when the pool is closed or destroyed.
  using memory = typename A::template with_backing<typename detail::adapted_slot<typename A::backing_type, slot>::type>;
  /// Pages of the typedef.
  using pages = typename A::pages;

  /// What `open` is to reserve.
  struct terms {
    std::uint32_t slots = 0;
    pages maximum{};                              // of each memory
    std::uint32_t fewest = 0;                     // slots without which open fails; 0: all
    std::size_t keep_resident = SIZE_MAX;         // bytes of each slot that may stay in memory, rounded down to pages
    std::size_t keep_resident_in_all = SIZE_MAX;  // bytes of all slots together
    std::uint64_t seed = 0;                       // of the slots' order in memory, drawn at random; 0: ascending
  };

  /// Reserves the slots, in as few reservations as the address space permits, and configures them. `given`: policies
  /// that hold data, as for the constructor of `A`. Errors: `already_allocated`; `invalid_argument` (no slots, fewer
  /// than the fewest, a maximum of no pages, or no valid NUMA node); `limit_exceeded` (a maximum beyond what `A` can
  /// have, or less than two free protection keys); and those of the system for a reservation: `out_of_address_space`,
  /// `out_of_memory`, `not_supported`, `not_permitted`. Cost on Linux: two calls for the records; for each reservation
  /// those of an empty memory of `A`; with uncommitted bounds, two files in /proc; with guard markers, one or two calls
  /// for each reservation, and one more to seal it; and five or six calls where recycling scans.
  template <class... Given>
  [[nodiscard]] result<void> open(const terms& wanted, const Given&... given) noexcept {
    static_assert(((A::template takes<Given> && !composition::template is_limit<Given>) && ...),
                  "quire: an argument is none of the policies of this pool's memories");
    if (source_ != nullptr) return failure(errc::already_allocated, step::plan);
    const composition parts(std::in_place, given...);
    std::size_t capacity = 0;
    if (wanted.slots == 0 || wanted.maximum.n == 0 || wanted.fewest > wanted.slots || !parts.has_valid_nodes())
      return failure(errc::invalid_argument, step::plan);
    if (!to_bytes(wanted.maximum, capacity) || capacity > composition::plannable || capacity > composition::index_span)
      return failure(errc::limit_exceeded, step::plan);
    const auto layout = detail::slot_layout::of(memory::plan(wanted.maximum), parts.accessible_end(capacity));
    const auto opened = owner::template open_slots<Recycling>(parts, layout, wanted.slots, wanted.fewest,
                                                              detail::slot_order(wanted.seed));
    if (!opened) return opened;
    source_->keep_resident = align_down(wanted.keep_resident, parts.commit_granule());
    source_->keep_resident_in_all = wanted.keep_resident_in_all;
    limit_ = wanted.maximum.n;
    return {};
  }
  using owner::clean_step, owner::close;

  /// A memory with `initial` accessible pages, which are zero, and `maximum` (default: the pool's). A key other than 0
  /// is the caller's: the slot that the same key used last on this processor is preferred, then one that was never
  /// used, and `find` returns the key. Errors: `not_allocated` (the pool is not open), `limit_exceeded` (initial or
  /// maximum beyond the pool's, or all slots are in use), `too_many_mappings` (more slots would leave the program less
  /// than a tenth of the mappings that it may have), and those of `A::allocate`. Cost: 13 ns and no system call, if the
  /// slot has as many accessible pages as before; one call to close what it had beyond, or to commit what it lacks.
  /// While other threads clean, trim or prepare the only free slots, it sleeps for a tenth of a millisecond at a time
  /// (on Windows for up to 16), and returns `limit_exceeded` if none is ready in about a second.
  [[nodiscard]] BOOST_FORCEINLINE result<memory> acquire(pages initial, std::optional<pages> maximum = std::nullopt,
                                                         std::uint64_t key = 0) noexcept {
    // Not the optional itself, which GCC 12 then takes for uninitialised.
    const pages most = maximum ? *maximum : std::max(initial, pages{limit_});
    return acquire_by(initial, key, [=](memory& m) noexcept { return m.allocate(initial, most); });
  }
  /// The same for pools of `with_images<A>`: the memory starts with the contents of `start` at `offset`, and zeros
  /// around them; reset restores both. The image, a `memory::image`, outlives the memories that start from it, and is
  /// not moved while one exists; any number of pools may use it. A slot that is returned shows its image again, and is
  /// preferred for the next memory that starts from it: without a key, the image's own number is the key. Errors: those
  /// of `acquire`, and `invalid_argument` if `offset` is not a multiple of `image_granularity()`, the image does not
  /// lie within `initial`, or it was moved from. Cost: that of acquire, if the slot shows the image already; otherwise
  /// of mapping or copying it.
  template <class Memory = memory>
  [[nodiscard]] BOOST_FORCEINLINE result<memory> acquire_from(const typename Memory::image& start, std::size_t offset,
                                                              pages initial,
                                                              std::optional<pages> maximum = std::nullopt,
                                                              std::uint64_t key = 0) noexcept {
    const pages most = maximum ? *maximum : std::max(initial, pages{limit_});
    return acquire_by(initial, key != 0 ? key : start.known().id.number,
                      [=, &start](memory& m) noexcept { return m.allocate_from(start, offset, initial, most); });
  }
  template <class Image, class... Rest>
    requires(!source::has_images)
  result<memory> acquire_from(const Image&, const Rest&...) noexcept {
    static_assert(source::has_images,
                  "quire: memories of this pool cannot start from an image: its first argument is to be "
                  "quire::with_images<A>");
  }

  /// Gives back memory of free slots, until `bytes` were given back or none is left: for callers under memory pressure.
  /// Of the slots of one processor those first that have been free longest. Returns the bytes, an upper bound. Cost: a
  /// call for each slot that has memory. Other threads may take slots, or trim, at the same time.
  std::size_t trim(std::size_t bytes = SIZE_MAX) noexcept { return source_ == nullptr ? 0 : source_->trim(bytes); }

  /// Where an address lies, if it is in one of the pool's reservations. Cost: a comparison for each reservation,
  /// arithmetic and three loads. Signals: a handler may call it.
  [[nodiscard]] std::optional<found_slot> find(const void* p) const noexcept {
    if (source_ == nullptr) return std::nullopt;
    if constexpr (composition::has_hardware_tags) p = without_tag_in(p);
    const detail::slot_place at = source_->arenas.find(p, source_->layout);
    if (at.slot == 0) return std::nullopt;
    const detail::slot_record& r = source_->of(at.slot);
    const bool live = r.state.load(std::memory_order_relaxed) == detail::slot_state::live;
    return found_slot{at.slot - 1, r.key.load(std::memory_order_relaxed), zone_of(at, r), live};
  }
  /// As page_allocator's, so that classify_fault takes a pool; `outside` for addresses that are not the pool's.
  [[nodiscard]] zone zone_of(const void* p) const noexcept {
    const std::optional<found_slot> found = find(p);
    return found ? found->where : zone::outside;
  }
  /// The number of a memory's slot, from 0: an index into tables of the caller's. UINT32_MAX for a memory without a
  /// region.
  [[nodiscard]] static std::uint32_t slot_of(const memory& m) noexcept {
    return m.data() == nullptr ? UINT32_MAX : m.backing().slot();
  }

  /// With bounds::key_stripes: while the returned object exists, this thread may touch the pages of these memories of
  /// the pool, and of no other; with one memory, the contract's bounds hold. Cost: no system call; the register is read
  /// and written when the object is made, and again when it ends (together some 90 cycles). A memory without a region
  /// has no key: entered alone, it changes nothing. Precondition: the keys are not returned before the object ends, by
  /// close or by the last memory of a pool that was destroyed.
  template <class... More>
    requires(source::has_keys && (std::is_same_v<More, memory> && ...))
  [[nodiscard]] BOOST_FORCEINLINE static key_scope<typename source::store_type> enter(const memory& one,
                                                                                      const More&... more) noexcept {
    detail::held_keys held;
    add_key(one, held);
    (add_key(more, held), ...);
    return key_scope<typename source::store_type>(held);
  }
  template <class... More>
    requires(!source::has_keys)
  static void enter(const memory&, const More&...) noexcept {
    static_assert(source::has_keys,
                  "quire: memories of this pool have no protection keys: its third argument is to be "
                  "quire::bounds::key_stripes<>");
  }
  /// How many keys the pool has, and so how many slots in a row have different ones.
  [[nodiscard]] unsigned stripes() const noexcept
    requires(source::has_keys)
  {
    return source_ == nullptr ? 0 : source_->keys.count();
  }

  /// What recycling remembers of each slot that was ever used, if the policy remembers anything.
  [[nodiscard]] auto recycling_states() const noexcept
    requires(!std::is_empty_v<typename source::state>)
  {
    using states = std::span<const typename source::state>;
    return source_ == nullptr ? states() : states(source_->states, source_->ever_used().size());
  }
  /// Slots that the pool can hand out.
  [[nodiscard]] std::uint32_t slots() const noexcept { return source_ == nullptr ? 0 : source_->usable; }
  /// Reads all records; exact only while no other thread uses the pool.
  [[nodiscard]] pool_statistics statistics() const noexcept {
    pool_statistics all;
    if (source_ == nullptr) return all;
    all.slots = source_->usable;
    all.refused = source_->refused();
    all.given_back = source_->given_back();
    all.recycled = source_->recycled_before();
    for (const detail::slot_record& r : source_->ever_used()) count(r, all);
    return all;
  }

 private:
  /// A memory that was moved from or deallocated may still name the slot that it had, which is another's now.
  static void add_key(const memory& m, detail::held_keys& held) noexcept {
    if (m.data() != nullptr) m.backing().add_key_to(held);
  }
  template <class Allocate>
  [[nodiscard]] BOOST_FORCEINLINE result<memory> acquire_by(pages initial, std::uint64_t key,
                                                            Allocate allocate) noexcept {
    std::size_t bytes = 0;
    if (source_ == nullptr) [[unlikely]]
      return failure(errc::not_allocated, step::plan);
    if (!to_bytes(initial, bytes)) [[unlikely]]
      return failure(errc::limit_exceeded, step::plan);
    return take(bytes, key, allocate);
  }
  /// A function of its own, since GCC 12 makes the result in its place only if nothing else is returned.
  template <class Allocate>
  [[nodiscard]] BOOST_FORCEINLINE result<memory> take(std::size_t bytes, std::uint64_t key,
                                                      Allocate allocate) noexcept {
    const composition& parts = source_->parts;
    result<memory> got(std::in_place, slot(*source_, parts.accessible_end(bytes), key),
                       typename memory::limits{.maximum = pages{limit_}}, parts.protection, parts.tagging,
                       parts.page_size, parts.placement, parts.residency);
    if (const auto allocated = allocate(*got); !allocated) [[unlikely]]
      got = std::unexpected(allocated.error());
    return got;
  }
  [[nodiscard]] zone zone_of(const detail::slot_place& at, const detail::slot_record& r) const noexcept {
    if (at.before) return zone::guard_before;
    if (at.from_base < r.open.load(std::memory_order_relaxed)) return zone::accessible;
    return at.from_base < source_->layout.reserved ? zone::reserved : zone::guard_after;
  }
  static void count(const detail::slot_record& r, pool_statistics& all) noexcept {
    const detail::slot_state state = r.state.load(std::memory_order_relaxed);
    const std::size_t resident = r.resident.load(std::memory_order_relaxed);
    ++all.ever_used;
    all.live += state == detail::slot_state::live;
    all.warm += state == detail::slot_state::free && resident != 0;
    all.waiting += state == detail::slot_state::waiting;
    all.retired += state == detail::slot_state::retired;
    all.resident += resident;
    all.recycled += r.uses.load(std::memory_order_relaxed);
  }

  using owner::source_;
  std::uint64_t limit_ = 0;  // pages of each memory
};

}  // namespace quire

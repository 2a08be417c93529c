// SPDX-License-Identifier: BSL-1.0
#pragma once
// The store interface, one concept per capability; those that a policy may demand are in quire/capabilities.hpp. A
// store omits the members of a capability that its system lacks; none exists only to fail.
//
// Preconditions of all operations, which the allocator ensures: runs are not empty, lie inside one reservation, and are
// aligned to the granule of the operation. All return 0 or the system's native code, which `code_of` translates. A
// failing operation leaves its run as it was, unless stated otherwise. Operations that take contents away return an
// `outcome` if they can fail after some contents are gone.
//
// What a store may also declare:
//
// | member | meaning |
// |---|---|
// | `calls` | the type whose static functions are its system calls |
// | `wrapped` | the store that an adaptor is over |
// | `must_be_given` | whether an allocator's constructor needs the store; else one that holds data does |
// | `vacant()` | a store for an allocator that is about to be moved into, where the default constructor does not compile |
// | `storage` | the buffer that it is over |
// | `word<T>` | the type of an allocator's bookkeeping words, as `bookkeeping` describes |
// | `is_own_code(native)` | whether a native code is this store's own, and not the system's |
#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>

#include <quire/access.hpp>
#include <quire/contract.hpp>
#include <quire/error.hpp>
#include <quire/policy/attributes.hpp>

namespace quire {

/// A plain value. Policies and stores are held by value, and dispatch is by type, never by a virtual call.
template <class T>
concept plain_value =
    std::is_trivially_copyable_v<T> && !std::is_polymorphic_v<T> && std::is_nothrow_move_constructible_v<T>;

/// A run of pages.
struct page_run {
  std::byte* base;
  std::size_t bytes;
};

/// The result of `reserve`: a base if `native` is 0. (A null base means nothing: address 0 is ordinary memory on some
/// targets.)
struct reservation {
  std::byte* base;
  int native;
};

/// The result of an operation that takes contents away. `native` is 0 or the code of the call that failed; `lost`
/// reports that contents are gone, or may be, although it failed. A store that returns a plain code has lost nothing.
struct outcome {
  int native = 0;
  bool lost = false;

  constexpr outcome() = default;
  /// A native code, and what became of the contents.
  constexpr outcome(std::same_as<int> auto code, bool contents_lost = false) noexcept
      : native(code), lost(contents_lost) {}

  /// Takes in what became of a further part of the run; returns its native code.
  constexpr int add(outcome part) noexcept {
    lost = lost || part.native == 0 || part.lost;
    return native = part.native;
  }
};

/// Properties of a system that hold for every memory, as constants of its store.
struct store_traits {
  quire::fault fault = fault::none;      // raised by access to reserved pages; `none` if they cannot fault
  bool success_is_memory = false;        // a successful commit guarantees memory, even on demand
  bool failure_is_error = false;         // lack of memory is always an error of a call
  bool releasable = true;                // release gives address space and memory back
  bool honours_alignment = false;        // reserve honours the requested alignment
  bool commit_remaps = false;            // commit maps pages anew, which drops their configuration
  bool decommit_remaps = false;          // decommit maps pages anew, which drops their configuration
  bool decommit_comes_first = false;     // reset begins with decommit, which this store may refuse
  bool discard_remaps = false;           // discard may map pages anew, which drops their configuration
  bool discard_recommits = false;        // discard is decommit and commit; reset does each once, for all pages
  bool purgeable_commit_remaps = false;  // commit maps pages anew if the requests have a purge granule
  std::size_t reserve_granule = 1;       // sizes of reservations are multiples of it: a power of two
};

/// | operation | meaning |
/// |---|---|
/// | `reserve(bytes, alignment, requests)` | reserves address space, which faults unless `traits.fault` is `none` |
/// | `commit(run, requests)` | makes pages readable and writable, zero where they were not committed before; may fail halfway |
/// | `decommit(run, requests)` | makes pages fault again; contents and memory are gone. An `outcome`; after a failure remaining pages may fault |
/// | `release(whole, accessible, requests)` | releases the reservation, all of it or, if it fails, nothing; `accessible` may be empty |
/// | `page_bytes()` | the system's page, granule of commit and protect; at most the constant `largest_page` |
/// | `code_of(step, native)` | the errc of a native code; makes no call |
template <class S>
concept backing_store = plain_value<S> && requires(S& s, const S& c, std::byte* p, page_run r, const attributes& a) {
  { s.reserve(std::size_t{}, std::size_t{}, a) } noexcept -> std::same_as<reservation>;
  { s.commit(r, a) } noexcept -> std::same_as<int>;
  { s.decommit(r, a) } noexcept -> std::convertible_to<outcome>;
  { s.release(r, r, a) } noexcept -> std::same_as<int>;
  { c.page_bytes() } noexcept -> std::same_as<std::size_t>;
  { S::code_of(step::commit, 0) } noexcept -> std::same_as<errc>;
  typename std::integral_constant<std::size_t, S::largest_page>;
  typename std::integral_constant<bool, S::traits.honours_alignment>;
  requires std::same_as<std::remove_cvref_t<decltype(S::traits)>, store_traits>;
};

/// The store's memory is a buffer of fixed size.
template <class S>
concept buffer_store = backing_store<S> && requires(const S& c) {
  { c.buffer_bytes() } noexcept -> std::same_as<std::size_t>;
};

/// The size of the buffer is a constant, so that the compiler checks fixed limits, and whether a page fits at all.
template <class S>
concept buffer_of_known_size =
    buffer_store<S> && requires { typename std::integral_constant<std::size_t, S::buffer_bytes()>; };

/// Changes the access of committed pages. A failing call leaves each page with its old or its new access. Pages of a
/// pool of huge pages that become writable are populated.
template <class S>
concept protectable_store = backing_store<S> && requires(S& s, page_run r, const attributes& a) {
  { s.protect(r, access::read, a) } noexcept -> std::same_as<int>;
};

/// The store may make pages executable.
template <class S>
concept executable_store = protectable_store<S> && requires { requires S::may_execute; };

/// Makes committed pages read as zero and gives their memory back; access stays.
template <class S>
concept discarding_store = backing_store<S> && requires(S& s, page_run r, const attributes& a) {
  { s.discard(r, a) } noexcept -> std::convertible_to<outcome>;
};

/// Checks, without changing anything, whether discard would be refused. For stores that clear some pages in place,
/// which requires writable pages.
template <class S>
concept discard_precheck_store = discarding_store<S> && requires(S& s, page_run r) {
  { s.check_discard(r) } noexcept -> std::same_as<int>;
};

/// Replaces small pages by huge ones at once. Blocks that were never touched are skipped; it is an error if all were.
/// Fails if a block with pages stays small, although others may have become huge.
template <class S>
concept collapsing_store = backing_store<S> && requires(S& s, page_run r, std::size_t block) {
  { s.collapse(r, block) } noexcept -> std::same_as<int>;
};

/// Commits are charged to a quota. Before a reset, `precharge` charges for the run that the reset will leave committed,
/// which begins at the base of the memory; it charges all or nothing, and the charge is kept until `end_precharge`.
/// `refuses_whole(native)` returns whether a commit failed with that code because the quota refused it, before anything
/// was done.
template <class S>
concept quota_store = backing_store<S> && requires(S& s, page_run r) {
  { s.precharge(r) } noexcept -> std::same_as<int>;
  { S::refuses_whole(0) } noexcept -> std::same_as<bool>;
  { s.end_precharge() } noexcept -> std::same_as<void>;
};

/// Also decommits without mapping anew, for pages that could not be configured again.
template <class S>
concept in_place_decommitting_store = backing_store<S> && requires(S& s, page_run r, const attributes& a) {
  { s.decommit_in_place(r, a) } noexcept -> std::convertible_to<outcome>;
};

/// Finds out why a commit was refused, right after the refusal and before it is undone: one native code may stand for
/// lack of memory and for the limit of mappings.
template <class S>
concept commit_diagnosing_store = backing_store<S> && requires(const S& c, page_run r, const attributes& a) {
  { c.cause_of_refused_commit(r, 0, a) } noexcept -> std::same_as<errc>;
};

/// Called right after the store refused a commit with that native code. Returns whether the run is as it was before, so
/// that it need not be undone by decommit, which may be refused for the same reason; false if this cannot be
/// determined.
template <class S>
concept commit_reverting_store = backing_store<S> && requires(S& s, page_run r) {
  { s.revert_commit(r, 0) } noexcept -> std::same_as<bool>;
};

struct observation;  // quire/system/observation.hpp

/// Reports what became of requests, as far as the system does. `accessible` may be empty; `whole` is the reservation
/// around it.
template <class S>
concept observing_store =
    backing_store<S> && requires(const S& c, page_run accessible, page_run whole, observation& o) {
      { c.observe(accessible, whole, o) } noexcept -> std::same_as<void>;
    };

/// Returns the first step whose request the system accepted without effect, on committed pages whose contents the check
/// may destroy. Empty if all requests took effect, or if this cannot be observed.
template <class S>
concept effect_checking_store = backing_store<S> && requires(const S& c, page_run r, const attributes& a) {
  { c.ineffective_request(r, a) } noexcept -> std::same_as<std::optional<step>>;
};

/// Several threads may grow a memory, one at a time: `begin_growth` waits until no other thread grows this one.
template <class S>
concept growth_serializing_store = backing_store<S> && requires(S& s) {
  { s.begin_growth() } noexcept -> std::same_as<void>;
  { s.end_growth() } noexcept -> std::same_as<void>;
};

/// The type of the allocator's bookkeeping words: `T` itself, unless a store adaptor substitutes another type. If its
/// words can detect that they were overwritten (`intact()`), every member of the allocator checks them first.
template <class S, class T>
struct bookkeeping : std::type_identity<T> {};
template <class S, class T>
  requires requires { typename S::template word<T>; }
struct bookkeeping<S, T> : std::type_identity<typename S::template word<T>> {};
/// The bookkeeping word of an allocator over this store.
template <class S, class T>
using word_of = typename bookkeeping<S, T>::type;

/// A word that can tell whether it was overwritten.
template <class W>
concept self_checking_word = requires(const W& w) {
  { w.intact() } noexcept -> std::same_as<bool>;
};

}  // namespace quire

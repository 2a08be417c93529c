#pragma once
// What a store is and may be able to do: one concept a capability. One that it lacks is absent, and never just fails.
//
// Preconditions of all operations, which the allocator keeps: runs are not empty, lie inside one reservation, and are
// aligned to the granule of the operation. All return 0 or the system's own code; `code_of` tells what it means. An
// operation that fails leaves its run as it was, except where it says otherwise. Those that take contents away return
// an `outcome` where they can fail after some are gone.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include <quire/access.hpp>
#include <quire/contract.hpp>
#include <quire/error.hpp>
#include <quire/policy/attributes.hpp>

namespace quire {

/// A plain value: policies and stores are held by value, and dispatch is by type, never by a virtual call.
template <class T>
concept plain_value =
    std::is_trivially_copyable_v<T> && !std::is_polymorphic_v<T> && std::is_nothrow_move_constructible_v<T>;

/// A run of pages.
struct page_run {
  std::byte* base;
  std::size_t bytes;
};

/// What `reserve` gives: a base if `native` is 0. Address 0 is ordinary memory on some targets.
struct reservation {
  std::byte* base;
  int native;
};

/// How an operation that takes contents away ended. `native` is 0 or the code of the call that failed; `lost` says that
/// contents are gone, or may be, although it failed. A store that returns a plain code has lost nothing.
struct outcome {
  int native = 0;
  bool lost = false;

  constexpr outcome() = default;
  constexpr outcome(std::same_as<int> auto code, bool contents_lost = false) noexcept
      : native(code), lost(contents_lost) {}
};

/// What holds of a system for every memory, as constants of its store.
struct store_traits {
  quire::fault fault = fault::none;      // what reserved pages raise; `none` where nothing can
  bool success_is_memory = false;        // commit cannot succeed without memory behind it, even on demand
  bool failure_is_error = false;         // lack of memory is always an error of a call
  bool releasable = true;                // release gives address space and memory back
  bool honours_alignment = false;        // reserve honours the alignment that it is asked for
  bool commit_remaps = false;            // commit maps again, and so drops what configuring did
  bool decommit_remaps = false;          // decommit maps again, likewise
  bool decommit_comes_first = false;     // reset begins with it, as it is what this store refuses
  bool discard_remaps = false;           // discard may map again, likewise
  bool discard_recommits = false;        // discard is decommit and commit, which reset does once for all pages
  bool purgeable_commit_remaps = false;  // commit maps again where the requests have a purge granule
  std::size_t reserve_granule = 1;       // reservations come in multiples of it: a power of two
};

/// | operation | meaning |
/// |---|---|
/// | `reserve(bytes, alignment, requests)` | address space that faults wherever `facts.fault` is not `none` |
/// | `commit(run, requests)` | readable and writable, zero where it was not committed before; may fail half-way |
/// | `decommit(run, requests)` | faults again; contents and memory are gone. An `outcome`; pages that it leaves may fault |
/// | `release(whole, accessible, requests)` | nothing is left of the reservation; fails whole |
/// | `page_bytes()` | the system's page, granule of commit and protect; at most the constant `largest_page` |
/// | `code_of(step, native)` | what a native code means; no call |
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

/// Its memory is a buffer of fixed size.
template <class S>
concept fixed_store = backing_store<S> && requires(const S& c) {
  { c.buffer_bytes() } noexcept -> std::same_as<std::size_t>;
};

/// Its buffer's size is known to the compiler, which then checks fixed limits, and whether a page fits at all.
template <class S>
concept buffer_of_known_size =
    fixed_store<S> && requires { typename std::integral_constant<std::size_t, S::buffer_bytes()>; };

/// Changes the access of committed pages. Fails with each page in its old or in the new access.
template <class S>
concept protectable_store = backing_store<S> && requires(S& s, page_run r, const attributes& a) {
  { s.protect(r, access::read, a) } noexcept -> std::same_as<int>;
};

/// Its pages may be made executable.
template <class S>
concept executable_store = protectable_store<S> && requires { requires S::may_execute; };

/// Makes committed pages read as zero and gives their memory back; access stays.
template <class S>
concept discarding_store = backing_store<S> && requires(S& s, page_run r, const attributes& a) {
  { s.discard(r, a) } noexcept -> std::convertible_to<outcome>;
};

/// Clears some pages in place instead, which takes pages that can be written: tells beforehand whether discard would be
/// refused. Changes nothing.
template <class S>
concept discard_precheck_store = discarding_store<S> && requires(S& s, page_run r) {
  { s.check_discard(r) } noexcept -> std::same_as<int>;
};

/// Takes `huge_request::never` and `huge_request::when_possible`.
template <class S>
concept huge_advising_store = backing_store<S> && requires(S& s, page_run r) {
  { s.advise_huge(r, huge_request::when_possible) } noexcept -> std::same_as<int>;
};

/// Replaces small pages by huge ones now, as far as there are pages: blocks that were never touched are passed over,
/// unless all were. Fails if one with pages stays small, with others done.
template <class S>
concept collapsing_store = backing_store<S> && requires(S& s, page_run r, std::size_t block) {
  { s.collapse(r, block) } noexcept -> std::same_as<int>;
};

/// Reserves over a pool of huge pages where the requests say `huge_request::from_pool`.
template <class S>
concept huge_pool_store = backing_store<S> && requires(std::size_t huge_bytes) {
  { S::serves_pool_of(huge_bytes) } noexcept -> std::same_as<bool>;
};

/// Sets the NUMA policy of pages that were not touched yet. A store that has only some says which: `places(mode)`.
template <class S>
concept numa_placing_store = backing_store<S> && requires(S& s, page_run r, const numa_request& w) {
  { s.place(r, w) } noexcept -> std::same_as<int>;
};

/// Brings in pages that read as zero. Fails with some of them there.
template <class S>
concept populating_store = backing_store<S> && requires(S& s, page_run r, const attributes& a) {
  { s.populate(r, a) } noexcept -> std::same_as<int>;
};

/// Tells, before a run is committed and brought in, whether that would meet a limit: an error then, while the system
/// might kill. Also an error where a limit is hidden. `recheck_headroom`: of a run that is committed, whether pages
/// that were given back since can come again.
template <class S>
concept assuring_store = backing_store<S> && requires(S& s, page_run r, const attributes& a) {
  { s.assure(r, a) } noexcept -> std::same_as<int>;
  { s.recheck_headroom(r, a) } noexcept -> std::same_as<int>;
};

/// Brings pages in and keeps them there, until decommit. Fails with some of them there.
template <class S>
concept locking_store = backing_store<S> && requires(S& s, page_run r) {
  { s.lock(r) } noexcept -> std::same_as<int>;
};

/// What it commits is charged to a quota. `precharge` charges, before a reset, for the run that it will leave
/// committed, which begins at the base of the memory; that charge is kept until `end_precharge`. Fails whole.
/// `refuses_whole` tells of the code of a commit whether the quota has refused it, before anything was done.
template <class S>
concept quota_store = backing_store<S> && requires(S& s, page_run r) {
  { s.precharge(r) } noexcept -> std::same_as<int>;
  { S::refuses_whole(0) } noexcept -> std::same_as<bool>;
  { s.end_precharge() } noexcept -> std::same_as<void>;
};

/// Also decommits without mapping anew: for pages that could not be configured again.
template <class S>
concept in_place_decommitting_store = backing_store<S> && requires(S& s, page_run r, const attributes& a) {
  { s.decommit_in_place(r, a) } noexcept -> std::convertible_to<outcome>;
};

/// Tells why a commit was refused, right after the refusal and before it is undone: one native code may stand for lack
/// of memory and for the limit of mappings.
template <class S>
concept commit_diagnosing_store = backing_store<S> && requires(const S& c, page_run r, const attributes& a) {
  { c.cause_of_refused_commit(r, 0, a) } noexcept -> std::same_as<errc>;
};

/// Right after the store refused a commit with that native code: whether the run is as it was before, so that nothing
/// has to be undone by decommit, which may be refused for the same reason. False where that cannot be told.
template <class S>
concept commit_reverting_store = backing_store<S> && requires(S& s, page_run r) {
  { s.revert_commit(r, 0) } noexcept -> std::same_as<bool>;
};

/// Leaves pages out of core dumps.
template <class S>
concept dump_excluding_store = backing_store<S> && requires(S& s, page_run r) {
  { s.exclude_from_dumps(r) } noexcept -> std::same_as<int>;
};

/// Leaves pages out of child processes.
template <class S>
concept fork_excluding_store = backing_store<S> && requires(S& s, page_run r) {
  { s.exclude_from_forks(r) } noexcept -> std::same_as<int>;
};

/// Names a mapping, for tools to read.
template <class S>
concept naming_store = backing_store<S> && requires(S& s, page_run r, const char* text) {
  { s.name(r, text) } noexcept -> std::same_as<int>;
};

/// Its mappings take a VM tag, from the requests, when they are made.
template <class S>
concept vm_tagging_store = backing_store<S> && requires { requires S::takes_vm_tags; };

/// Its pages carry tags that hardware checks, and pointers carry theirs as quire/tags.hpp says. What the requests say
/// of `checks` it applies to every mapping and access. `discard` leaves the tag `requests.tags.tag`.
///
/// | operation | meaning |
/// |---|---|
/// | `permit_tags(request, usable)` | whether this machine has tags and this thread checks them; which of the choices may be drawn |
/// | `draw_tag(choices, tag)` | one of them at random; an error if there is none |
/// | `tag(run, tag)` | tags pages that can be written; an error if they do not take tags |
/// | `check_writable(run)` | whether every page can be written; brings them in |
template <class S>
concept tagging_store =
    backing_store<S> && requires(S& s, page_run r, const tag_request& w, std::uint16_t& usable, unsigned char& tag) {
      { s.permit_tags(w, usable) } noexcept -> std::same_as<int>;
      { s.draw_tag(usable, tag) } noexcept -> std::same_as<int>;
      { s.tag(r, w.tag) } noexcept -> std::same_as<int>;
      { s.check_writable(r) } noexcept -> std::same_as<int>;
    };

struct observation;  // quire/system/observation.hpp

/// Tells what became of requests, as far as the system does. `accessible` may be empty, `whole` is the reservation
/// around it.
template <class S>
concept observing_store =
    backing_store<S> && requires(const S& c, page_run accessible, page_run whole, observation& o) {
      { c.observe(accessible, whole, o) } noexcept -> std::same_as<void>;
    };

/// Tells which step granted a request in words only, of committed pages whose contents may be lost for it. None where
/// all act, or where that cannot be seen.
template <class S>
concept effect_checking_store = backing_store<S> && requires(const S& c, page_run r, const attributes& a) {
  { c.ineffective_request(r, a) } noexcept -> std::same_as<std::optional<step>>;
};

/// Installs and removes guard markers: pages that fault without a mapping of their own.
template <class S>
concept guard_marking_store = backing_store<S> && requires(S& s, page_run r) {
  { s.mark_guard(r) } noexcept -> std::same_as<int>;
  { s.unmark_guard(r) } noexcept -> std::same_as<int>;
};

/// Forbids to unmap, remap or protect a range until the process ends.
template <class S>
concept sealing_store = backing_store<S> && requires(S& s, page_run r) {
  { s.seal(r) } noexcept -> std::same_as<int>;
};

/// The words in which the allocator keeps its bookkeeping: plain, unless a store adaptor names another kind. Where
/// words can tell that they are not what was written (`intact()`), every member of the allocator asks them first.
template <class S, class T>
struct bookkeeping {
  using word = T;
};
template <class S, class T>
  requires requires { typename S::template word<T>; }
struct bookkeeping<S, T> {
  using word = typename S::template word<T>;
};
template <class S, class T>
using word_of = typename bookkeeping<S, T>::word;

template <class W>
concept self_checking_word = requires(const W& w) {
  { w.intact() } noexcept -> std::same_as<bool>;
};

}  // namespace quire

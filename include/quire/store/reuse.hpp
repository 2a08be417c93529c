// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a store may offer to memories that are reused: finding pages that were written, discarding several runs at once,
// guards inside a mapping, mappings that last, keys that pages carry, the number of mappings that a process may have,
// the processor that runs a thread, and waiting for other threads.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <quire/store.hpp>

namespace quire {

/// The memory was in use before: reset makes accessible pages zero by `recycle`, which may leave them in memory. After
/// a failure some are zero. What the user has said of the end of its writes holds until `clear_high_water_mark`.
template <class S>
concept recycling_store = backing_store<S> && requires(S& s, page_run r, const attributes& a) {
  { s.recycle(r, a) } noexcept -> std::convertible_to<outcome>;
  { s.set_high_water_mark(std::size_t{}) } noexcept -> std::same_as<void>;
  { s.clear_high_water_mark() } noexcept -> std::same_as<void>;
};

/// What one scan found: that many runs, which are complete up to `end`; or the native code of the call that failed.
struct scan_result {
  std::size_t runs;
  std::byte* end;
  int native;
};

/// Finds pages whose contents may differ from zero, without touching any page. Anonymous memory only: pages of a mapped
/// image count as written if they are in memory.
///
/// | operation | meaning |
/// |---|---|
/// | `dirty_scanner` | a handle: a plain value, default constructible. Any thread may scan with it, and a child process with a copy |
/// | `open_scanner(scanner)` | fails if this machine cannot scan, which is found out by effect |
/// | `close_scanner(scanner)` | without effect on a handle that was never opened |
/// | `scan_dirty(scanner, run, found)` | the written runs in ascending order, as many as `found` holds |
template <class S>
concept dirty_scanning_store = backing_store<S> && requires(S& s, page_run r, std::span<page_run> found) {
  typename S::dirty_scanner;
  requires plain_value<typename S::dirty_scanner> && std::is_nothrow_default_constructible_v<typename S::dirty_scanner>;
  requires requires(typename S::dirty_scanner& scanner) {
    { s.open_scanner(scanner) } noexcept -> std::same_as<int>;
    { s.close_scanner(scanner) } noexcept -> std::same_as<void>;
    { s.scan_dirty(scanner, r, found) } noexcept -> std::same_as<scan_result>;
  };
};

/// Finds pages of a mapped image that the process has written: its private copies.
template <class S>
concept private_scanning_store = dirty_scanning_store<S> && requires(S& s, const typename S::dirty_scanner& scanner,
                                                                     page_run r, std::span<page_run> found) {
  { s.scan_private(scanner, r, found) } noexcept -> std::same_as<scan_result>;
};

/// Discards several runs with as few calls as the system permits. Runs of one reservation, or of several.
template <class S>
concept batch_discarding_store =
    discarding_store<S> && requires(S& s, std::span<const page_run> runs, const attributes& a) {
      { s.discard_all(runs, a) } noexcept -> std::convertible_to<outcome>;
    };

/// Makes committed pages fault, and be zero afterwards, without a mapping of their own. `mark_guards` does so for
/// several runs of one reservation, and may fail when it has done some; `unmark_guard` ends it. Where locked pages
/// cannot be marked, `unlock_and_mark_guards` takes their lock away first; after a failure some may have lost it.
template <class S>
concept guard_marking_store = backing_store<S> && requires(S& s, page_run r, std::span<const page_run> runs) {
  { s.mark_guards(runs) } noexcept -> std::same_as<int>;
  { s.unlock_and_mark_guards(runs) } noexcept -> std::same_as<int>;
  { s.unmark_guard(r) } noexcept -> std::same_as<int>;
};

/// Makes a run of mappings last until the process ends: no call of the process can unmap, move or protect its pages any
/// more. Pages can still be discarded, and carry guard markers.
template <class S>
concept sealing_store = backing_store<S> && requires(S& s, page_run r) {
  { s.seal(r) } noexcept -> std::same_as<int>;
};

/// Pages carry a key, and a register of each thread says which keys it holds: without that of a page an access faults.
/// Keys belong to the process.
///
/// | operation | meaning |
/// |---|---|
/// | `take_key(key)` | a key that no other code of the process has. This thread does not hold it, nor do those that never held a key of that number |
/// | `return_key(key)` | precondition: no page has it |
/// | `open_with_key(run, key, requests)` | as commit, also for pages that are committed, and gives them the key; maps nothing anew. protect and discard leave pages their key |
/// | `key_rights()`, `set_key_rights(word)` | the register, without a system call; only where take_key has succeeded |
/// | `denial_of(key)` | the bits of the register that are set if the thread does not hold the key, and clear if it does |
template <class S>
concept key_protecting_store =
    protectable_store<S> && discarding_store<S> && requires(S& s, page_run r, unsigned& key, const attributes& a) {
      { s.take_key(key) } noexcept -> std::same_as<int>;
      { s.return_key(key) } noexcept -> std::same_as<void>;
      { s.open_with_key(r, key, a) } noexcept -> std::same_as<int>;
      { S::key_rights() } noexcept -> std::same_as<std::uint64_t>;
      { S::set_key_rights(std::uint64_t{}) } noexcept -> std::same_as<void>;
      { S::denial_of(key) } noexcept -> std::same_as<std::uint64_t>;
    };

/// Pages carry tags that hardware checks, but not the accesses of a thread that has suspended that. `resume_tag_checks`
/// takes what `suspend_tag_checks` has returned. No system call.
template <class S>
concept tag_check_suspending_store = backing_store<S> && requires(std::uint64_t word) {
  { S::suspend_tag_checks() } noexcept -> std::same_as<std::uint64_t>;
  { S::resume_tag_checks(word) } noexcept -> std::same_as<void>;
};

/// Mappings that the process has, and may have.
struct mapping_count {
  std::uint64_t used, most;
};

/// The system limits the number of mappings of a process. What is not known is 0 and the largest number.
template <class S>
concept mapping_limited_store = backing_store<S> && requires(const S& c) {
  { c.count_mappings() } noexcept -> std::same_as<mapping_count>;
};

/// Tells which processor runs this thread, at the cost of a load. Only a hint: the thread may move at any time.
template <class S>
concept processor_telling_store = backing_store<S> && requires(const S& c) {
  { c.processor() } noexcept -> std::same_as<unsigned>;
};

/// Lets other threads run for about a tenth of a millisecond, also those of a lower priority; and tells this process
/// from one that it was forked from, by the system's number of it.
template <class S>
concept waiting_store = backing_store<S> && requires(const S& c) {
  { c.pause() } noexcept -> std::same_as<void>;
  { c.process() } noexcept -> std::same_as<std::uint32_t>;
};

}  // namespace quire

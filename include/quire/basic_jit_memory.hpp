// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory for code that a program generates. jit_memory (quire/jit_memory.hpp) is this one over the platform's typedef.
#include <algorithm>
#include <bit>
#include <boost/config.hpp>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include <quire/access.hpp>
#include <quire/detail/jit_in_sentences.hpp>
#include <quire/detail/jit_slabs.hpp>
#include <quire/detail/plain_lock.hpp>
#include <quire/jit_code.hpp>
#include <quire/region_allocator.hpp>
#include <quire/result.hpp>
#include <quire/statistics.hpp>
#include <quire/store/code.hpp>
#include <quire/units.hpp>

namespace quire {

/// Cuts functions from slabs of 2 MiB, in one span of address space, so that each reaches all others and their data in
/// one instruction. `A` says where the span lies and how its pages are treated: placement::near_to puts it within reach
/// of the program.
///
/// Code is written through a `write_scope`, and runs once that is finalized; no page is writable and executable at one
/// address. Over backing::dual_mapped pages have a second address, at which they are written: pieces have granules of
/// 64 bytes, and to write, to finalize and to release makes no call, except where a slab is added or becomes empty.
/// Over an executable store a scope has whole pages of its own, since code beside it must go on running: one mprotect
/// to write, one to finalize, and the calls of a decommit to release; put many functions into one scope.
///
/// Any thread may call any member at any time, and use a scope of its own, which this memory outlives. One lock is held
/// for bookkeeping and calls, not while code is written. Freed code is overwritten with instructions that trap, until
/// the place is used again or its slab's memory is given back. A processor may still have instructions of released code
/// in its pipeline: before threads that ran it run what replaced it, they synchronise (`isb` on arm64), as a lock or a
/// system call in between does in practice. A child process runs the code, calls no member, destructors included (in
/// it, other mappings may lie where code was written), and runs nothing that its parent has released since. Records
/// come from operator new. Not movable; the destructor ends all code.
template <class A>
class basic_jit_memory : detail::jit_in_sentences<A> {
  using store_type = detail::region_store<A>;
  using composition = typename decltype(detail::member_access::parts_type<A>())::type;
  using piece = detail::jit_piece;
  using slab = detail::jit_slab;
  using slabs = detail::jit_slabs;
  using lock = detail::lock_holder;

 public:
  using allocator_type = A;
  class write_scope;

  /// Whether code is written at another address than it runs at; else its pages change their access.
  static constexpr bool maps_twice = dual_mapping_store<store_type>;
  /// Bytes of address space that are taken at a time.
  static constexpr std::size_t slab_bytes = detail::jit_slab_bytes;
  static constexpr std::size_t usual_span = std::size_t{128} << 20;  // the reach of a call on arm64
  static constexpr std::size_t usual_alignment = 64;                 // a cache line

  /// Takes the policies of `A`, in any order. One that holds data must be given.
  template <class... Given>
  explicit basic_jit_memory(Given... given) noexcept : regions_(given...) {}
  basic_jit_memory(const basic_jit_memory&) = delete;
  basic_jit_memory& operator=(const basic_jit_memory&) = delete;
  ~basic_jit_memory() {
    if constexpr (maps_twice)
      (void)code_.find([this](const slab& each) {
        each.show_written(each.pages().base, each.pages().bytes);
        if (each.written != nullptr) (void)store_.unmap_written(each.written_pages());
        return false;
      });
  }

  /// Reserves the span, in whole slabs; otherwise the first piece reserves 128 MiB or, if that is refused, half as
  /// much, down to one slab. Errors: `invalid_argument` (no bytes), `already_allocated`, and those of
  /// region_allocator::reserve: `out_of_address_space` if there is no such span near the target (quire::explain
  /// tells how far away the nearest one is). Cost: that of region_allocator::reserve.
  [[nodiscard]] result<void> reserve_address_space(std::size_t span) noexcept {
    const lock held(lock_);
    if (span_.data() != nullptr) return failure(errc::already_allocated, step::reserve);
    if (span == 0) return failure(errc::invalid_argument, step::plan);
    if (span > max_bytes / 8) return failure(errc::limit_exceeded, step::plan);
    return reserve_span(align_up(span, slab_bytes));
  }

  /// Opens a scope to write so many bytes of code, at a multiple of the alignment and of `granule()`. Errors:
  /// `invalid_argument` (no bytes, an alignment that is not a power of two or beyond 2 MiB), `limit_exceeded` (the span
  /// is used up), `out_of_memory` (for records, too), and those of the system where pages are added: `not_permitted` if
  /// it forbids executable pages, `too_many_mappings`, and what reserve_address_space returns. A refusal changes
  /// nothing.
  [[nodiscard]] result<write_scope> write(std::size_t bytes, std::size_t alignment = usual_alignment) noexcept {
    const lock held(lock_);
    const auto cut = take(code_, bytes, alignment, granule());
    if (!cut) return std::unexpected(cut.error());
    if constexpr (!maps_twice)
      if (const auto done = regions_.commit(as_span((*cut)->run())); !done) {
        around(code_, **cut)->give(*cut);
        return std::unexpected(done.error());
      }
    return scope_over(**cut, false);
  }
  /// Opens a scope over code that other threads may run meanwhile; the processor's rules say what they then see. The
  /// scope holds what was written before. Errors: `invalid_argument` (no function begins there, or it is being
  /// written), `size_mismatch`.
  [[nodiscard]] result<write_scope> rewrite(jit_code code) noexcept
    requires maps_twice
  {
    const lock held(lock_);
    const auto found = final_piece(code_, code.base, code.bytes);
    if (!found) return std::unexpected(found.error());
    (*found)->is_open = true;
    return scope_over(**found, true);
  }
  /// Frees a function that no thread runs any more. Errors: `invalid_argument` (none begins there, or it is being
  /// written), `size_mismatch`, and over an executable store those of region_allocator::decommit.
  [[nodiscard]] result<void> release(jit_code code) noexcept {
    const lock held(lock_);
    const auto found = final_piece(code_, code.base, code.bytes);
    return found ? drop_code(*found) : std::unexpected(found.error());
  }

  /// Pages for data of functions, readable and writable and zero, within the span. Alignment as for write. Errors: as
  /// for write. Cost: that of region_allocator::commit.
  [[nodiscard]] result<std::span<std::byte>> allocate_data(std::size_t bytes, std::size_t alignment = 1) noexcept {
    const lock held(lock_);
    const auto cut = take(data_, bytes, alignment, regions_.granularity());
    if (!cut) return std::unexpected(cut.error());
    (*cut)->is_open = false;
    if (const auto done = regions_.commit(as_span((*cut)->run())); !done) {
      around(data_, **cut)->give(*cut);
      return std::unexpected(done.error());
    }
    return std::span((*cut)->base, bytes);
  }
  /// Changes the access of data to `read`, or back to `read_write`. Errors: `invalid_argument` (other access, or no
  /// data begins there), `size_mismatch`, and those of region_allocator::protect. Cost: that of
  /// region_allocator::protect.
  [[nodiscard]] result<void> protect_data(std::span<std::byte> data, access wanted) noexcept {
    const lock held(lock_);
    if (wanted != access::read && wanted != access::read_write) return failure(errc::invalid_argument, step::protect);
    const auto found = final_piece(data_, data.data(), data.size());
    if (!found) return std::unexpected(found.error());
    return regions_.protect(as_span((*found)->run()), wanted);
  }
  /// Frees data. Errors: `invalid_argument`, `size_mismatch`, and those of region_allocator::decommit; after `broken`,
  /// code that is mapped twice still runs, and no more data is served. Cost: that of region_allocator::decommit.
  [[nodiscard]] result<void> release_data(std::span<std::byte> data) noexcept {
    const lock held(lock_);
    const auto found = final_piece(data_, data.data(), data.size());
    if (!found) return std::unexpected(found.error());
    const auto done = regions_.decommit(as_span((*found)->run()));
    if (done) around(data_, **found)->give(*found);
    return done;
  }

  /// Makes the slabs of code huge pages at once (Linux 6.1: MADV_COLLAPSE), as far as they have pages; later writes
  /// need nothing else. Errors: `out_of_memory`, `not_supported`; some may be huge then. Cost: one call for each 2 MiB,
  /// which copies them.
  [[nodiscard]] result<void> collapse() noexcept
    requires maps_twice && collapsing_store<store_type>
  {
    const lock held(lock_);
    int native = 0;
    (void)code_.find([&](const slab& each) {
      if (each.is_open() && each.in_use() != 0) native = store_.collapse(each.pages(), slab_bytes);
      return native != 0;
    });
    if (native != 0) return failed({native, step::populate});
    return {};
  }

  /// The unit of code, in bytes: 64, or a page over an executable store.
  [[nodiscard]] std::size_t granule() const noexcept { return maps_twice ? usual_alignment : regions_.granularity(); }
  /// Holds the lock while it adds up.
  [[nodiscard]] jit_statistics statistics() const noexcept {
    const lock held(lock_);
    jit_statistics told{.span = span_.size()};
    for (const slabs* const all : {&code_, &data_})
      (void)all->find([&](const slab& each) {
        if (all == &code_) told.functions += each.pieces();
        (all == &code_ ? told.code : told.data) += each.in_use();
        if (each.is_open()) ++told.slabs;
        return false;
      });
    return told;
  }
  /// What the policies request of the store.
  [[nodiscard]] const attributes& requested() const noexcept { return regions_.requested(); }

 private:
  [[nodiscard]] static std::span<std::byte> as_span(page_run r) noexcept { return {r.base, r.bytes}; }
  [[nodiscard]] static slab* around(const slabs& all, const piece& p) noexcept { return all.around(p.base); }
  [[nodiscard]] static std::unexpected<error> failed(detail::step_failure why) noexcept {
    return detail::failure_of<store_type>(why);
  }

  [[nodiscard]] result<void> reserve_span(std::size_t bytes) noexcept {
    const auto got = regions_.reserve(bytes, {.alignment = slab_bytes});
    if (!got) return std::unexpected(got.error());
    span_ = *got;
    code_end_ = span_.data();
    data_begin_ = span_.data() + span_.size();
    return {};
  }
  [[nodiscard]] result<void> reserve_usual_span() noexcept {
    result<void> done;
    for (std::size_t bytes = usual_span; bytes >= slab_bytes; bytes /= 2)
      if (done = reserve_span(bytes); done || done.error().at != step::reserve) break;
    return done;
  }

  /// Code grows upwards in the span, and data downwards.
  [[nodiscard]] result<piece*> take(slabs& from, std::size_t bytes, std::size_t alignment, std::size_t unit) noexcept {
    if (bytes == 0 || !std::has_single_bit(alignment) || alignment > slab_bytes)
      return failure(errc::invalid_argument, step::plan);
    if (bytes > max_bytes / 8) return failure(errc::limit_exceeded, step::plan);
    piece* cut = nullptr;
    bool no_memory = false;
    const auto cut_from = [&](slab& each) {
      if (each.is_open()) cut = each.take(bytes, alignment, unit, no_memory);
      return cut != nullptr || no_memory;
    };
    if (from.find(cut_from) == nullptr) {
      const auto added = add_slab(from, align_up(bytes, slab_bytes));
      if (!added) return std::unexpected(added.error());
      (void)cut_from(**added);
    }
    if (cut == nullptr) return failure(errc::out_of_memory, step::plan);
    return cut;
  }
  [[nodiscard]] result<slab*> add_slab(slabs& to, std::size_t bytes) noexcept {
    if (span_.data() == nullptr)
      if (const auto done = reserve_usual_span(); !done) return std::unexpected(done.error());
    const auto is_prepared = [&](const slab& each) {
      return !each.is_open() && !each.is_lost && each.pages().bytes >= bytes;
    };
    slab* added = to.find(is_prepared);
    std::unique_ptr<slab> made;
    if (added == nullptr) {
      if (bytes > static_cast<std::size_t>(data_begin_ - code_end_)) return failure(errc::limit_exceeded, step::plan);
      made.reset(new (std::nothrow) slab({&to == &code_ ? code_end_ : data_begin_ - bytes, bytes}));
      if (made == nullptr) return failure(errc::out_of_memory, step::plan);
      added = made.get();
    }
    const auto opened = open(to, *added);
    // The place of a slab that got no pages stays free for slabs of any size.
    if (made != nullptr && (opened || made->written != nullptr || made->is_lost)) {
      (&to == &code_ ? code_end_ : data_begin_) = added->pages().base + (&to == &code_ ? bytes : 0);
      to.add(made.release());
    }
    if (!opened) return std::unexpected(opened.error());
    return added;
  }
  [[nodiscard]] result<void> open(const slabs& of, slab& added) noexcept {
    if constexpr (maps_twice)
      if (&of == &code_)
        if (const auto done = prepare(added); !done) return done;
    return added.open() ? result<void>() : failure(errc::out_of_memory, step::plan);
  }
  /// Maps a slab twice, or brings in again what was given back. If a step fails, the slab stays as far as it came, and
  /// the next attempt goes on with it.
  [[nodiscard]] result<void> prepare(slab& added) noexcept {
    detail::step_failure why;
    const detail::page_steps<composition::demanded, store_type> steps{store_, requested(), why};
    if (!steps.assure(added.pages())) return failed(why);
    if (added.written == nullptr)
      if (const outcome done = store_.map_twice(added.pages(), added.written); done.native != 0) {
        (void)why.fail(done, step::commit);
        added.is_lost = done.lost;
        return failed(why);
      }
    const page_run written = added.written_pages();
    if (!steps.configure(added.pages()) || !steps.configure(written) || !steps.populate_and_fill(written))
      return failed(why);
    added.hide_written(added.pages().base, written.bytes);
    return {};
  }

  [[nodiscard]] result<piece*> final_piece(const slabs& among, const std::byte* base, std::size_t bytes) noexcept {
    const slab* const home = among.around(base);
    piece* const found = home == nullptr ? nullptr : home->piece_at(base);
    if (found == nullptr || found->is_open) return failure(errc::invalid_argument, step::plan);
    if (found->bytes != bytes) return failure(errc::size_mismatch, step::plan);
    return found;
  }
  /// Where a piece is written.
  [[nodiscard]] std::byte* written_at(const piece& p) const noexcept {
    if constexpr (maps_twice) return around(code_, p)->written_at(p.base);
    return p.base;
  }
  [[nodiscard]] write_scope scope_over(const piece& p, bool was_final) noexcept {
    std::byte* const at = written_at(p);
    code_.show_written(p.base, p.taken);
    if (!was_final) fill_with_traps(at + p.bytes, p.taken - p.bytes);
    code_.hide_written(p.base + p.bytes, p.taken - p.bytes);
    return write_scope(*this, {p.base, p.bytes}, at, was_final);
  }
  static void fill_with_traps(std::byte* at, std::size_t bytes) noexcept {
    std::memset(at, store_type::trapping_byte, bytes);
  }

  [[nodiscard]] result<void> drop_code(piece* p) noexcept {
    slab* const home = around(code_, *p);
    if constexpr (maps_twice) {
      code_.show_written(p->base, p->taken);
      fill_with_traps(written_at(*p), p->taken);
      code_.hide_written(p->base, p->taken);
      store_type::flush_instructions(p->base, p->taken);
    } else if (const auto done = regions_.decommit(as_span(p->run())); !done) {
      return done;
    }
    home->give(p);
    if constexpr (maps_twice) give_back_memory_of(*home);
    return {};
  }
  /// One empty slab keeps its memory, for the next function.
  void give_back_memory_of(slab& home) noexcept {
    const auto is_kept = [&](const slab& each) { return &each != &home && each.is_open() && each.in_use() == 0; };
    if (home.in_use() != 0 || code_.find(is_kept) == nullptr) return;
    if (store_.discard_written(home.written_pages()) == 0) home.close();
  }

  [[nodiscard]] result<void> finalize(jit_code code) noexcept {
    const lock held(lock_);
    piece* const p = code_.around(code.base)->piece_at(code.base);
    if constexpr (!maps_twice)
      if (const auto done = regions_.protect(as_span(p->run()), access::read_execute); !done) return done;
    store_type::flush_instructions(p->base, p->taken);
    code_.hide_written(p->base, p->taken);
    p->is_open = false;
    return {};
  }
  /// A function that was never finalized is dropped. Pages that the system does not take back stay taken.
  void drop(jit_code code) noexcept {
    const lock held(lock_);
    (void)drop_code(code_.around(code.base)->piece_at(code.base));
  }

  region_allocator<A> regions_;
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS store_type store_{};
  std::span<std::byte> span_;
  std::byte *code_end_ = nullptr, *data_begin_ = nullptr;
  slabs code_, data_;
  mutable detail::plain_lock lock_;
};

/// The time in which code is written: until it is finalized. The destructor drops code that was not, and finalizes what
/// is rewritten.
template <class A>
class basic_jit_memory<A>::write_scope {
 public:
  write_scope(write_scope&& other) noexcept { swap(other); }
  write_scope& operator=(write_scope&& other) noexcept {
    write_scope moved(std::move(other));
    swap(moved);
    return *this;
  }
  ~write_scope() { end(); }

  /// Where the code is written.
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {written_, code_.bytes}; }
  /// Where it will run: what it refers to, it refers to from there.
  [[nodiscard]] const std::byte* address() const noexcept { return code_.base; }

  /// Ends the scope: the code may run. Errors: `not_allocated` if it ended before; over an executable store
  /// `not_permitted`, `too_many_mappings`: then the scope is still open.
  [[nodiscard]] result<jit_code> finalize() noexcept {
    if (of_ == nullptr) return failure(errc::not_allocated, step::plan);
    if (const auto done = of_->finalize(code_); !done) return std::unexpected(done.error());
    of_ = nullptr;
    written_ = nullptr;
    return std::exchange(code_, {});
  }

 private:
  friend basic_jit_memory;
  write_scope(basic_jit_memory& of, jit_code code, std::byte* written, bool was_final) noexcept
      : of_(&of), code_(code), written_(written), was_final_(was_final) {}
  void swap(write_scope& other) noexcept {
    std::swap(of_, other.of_);
    std::swap(code_, other.code_);
    std::swap(written_, other.written_);
    std::swap(was_final_, other.was_final_);
  }
  void end() noexcept {
    if (of_ == nullptr) return;
    if (was_final_)
      (void)of_->finalize(code_);
    else
      of_->drop(code_);
  }

  basic_jit_memory* of_ = nullptr;
  jit_code code_{};
  std::byte* written_ = nullptr;
  bool was_final_ = false;
};

}  // namespace quire

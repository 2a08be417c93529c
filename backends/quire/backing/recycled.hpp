// SPDX-License-Identifier: BSL-1.0
#pragma once
// A store adaptor whose memories are reset by a recycling policy, so that their pages are not faulted in again.
#include <boost/config.hpp>
#include <climits>
#include <cstddef>
#include <span>
#include <type_traits>

#include <quire/access.hpp>
#include <quire/detail/pool/slot_record.hpp>
#include <quire/detail/pool/used_pages.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/policy/recycling.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>
#include <quire/store/reuse.hpp>

namespace quire::backing {

/// `reset` recycles the pages that stay, as a pool does between two users, and makes no call to open pages in a memory
/// in which nothing was protected. Everything else is as over `S`. Two words of data. All memories of a program that
/// scan for written pages share one descriptor, which is opened at the first reset and never closed.
template <backing_store S, class Recycling>
class recycled : public S {
  static_assert(recycling_policy<Recycling>, "quire: the second argument of backing::recycled is a recycling policy");
  static_assert(!quire::detail::leaves_contents<Recycling>,
                "quire: this recycling leaves contents in a memory that is reset");
  static_assert(!quire::detail::scans<Recycling> || dirty_scanning_store<S>,
                "quire: this recycling policy needs a store that can tell which pages were written");
  static_assert(quire::detail::may_wait<Recycling> == 0,
                "quire: a memory that is reset does not wait: use the recycling without deferred or batched");
  static_assert(discarding_store<S> && !S::traits.discard_remaps && !S::traits.discard_recommits &&
                    !image_backed_store<S> && std::is_empty_v<S>,
                "quire: a memory is recycled over a store that discards in place, without images and without data");

 public:
  static constexpr bool must_be_given = false;

  void make_image() = delete;
  void mark_purgeable() = delete;

  BOOST_FORCEINLINE reservation reserve(std::size_t bytes, std::size_t alignment,
                                        const attributes& requested) noexcept {
    written_ = record::all;
    access_changed_ = false;
    return S::reserve(bytes, alignment, requested);
  }
  BOOST_FORCEINLINE int protect(page_run run, access wanted, const attributes& requested) noexcept
    requires protectable_store<S>
  {
    if (wanted == access::read_write && !access_changed_) return 0;
    access_changed_ = true;
    return S::protect(run, wanted, requested);
  }
  /// Instead of discard, for reset, which has made the pages writable.
  outcome recycle(page_run run, const attributes& requested) noexcept {
    pages_of_one from{*this, requested, state_};
    record r;
    r.written = written_;
    const quire::detail::used_pages<pages_of_one> pages(from, r, run);
    if (const quire::recycled done = Recycling::recycle(pages); done.native != 0) return {done.native, pages.changed()};
    access_changed_ = false;
    return {};
  }
  /// Pages may be inaccessible after a failure, until they are opened again.
  BOOST_FORCEINLINE outcome decommit(page_run run, const attributes& requested) noexcept {
    return noting_failure(S::decommit(run, requested));
  }
  outcome decommit_in_place(page_run run, const attributes& requested) noexcept
    requires in_place_decommitting_store<S>
  {
    return noting_failure(S::decommit_in_place(run, requested));
  }

  void set_high_water_mark(std::size_t bytes) noexcept { written_ = bytes; }
  void clear_high_water_mark() noexcept { written_ = record::all; }

 private:
  using record = quire::detail::slot_record;
  using state = typename quire::detail::state_of<Recycling>::type;

  /// What used_pages asks for.
  struct pages_of_one {
    static constexpr bool may_scan = quire::detail::scans<Recycling>;
    static constexpr int not_told = INT_MIN;  // no system has codes so low
    S& store;
    const attributes& requested;
    state& remembered;

    [[nodiscard]] state& state_of(const record&) const noexcept { return remembered; }
    [[nodiscard]] std::size_t page_bytes() const noexcept { return store.page_bytes(); }
    [[nodiscard]] static std::size_t keepable() noexcept { return SIZE_MAX; }
    [[nodiscard]] outcome give_back_pages(record&, page_run run) noexcept { return store.discard(run, requested); }
    [[nodiscard]] scan_result scan(page_run run, bool, std::span<page_run> found) noexcept
      requires dirty_scanning_store<S>
    {
      // The page map of Linux does not show a huge page of a pool while the kernel moves it.
      if (requested.huge == huge_request::from_pool) return {0, nullptr, not_told};
      static auto scanner = [] {
        typename S::dirty_scanner opened{};
        (void)S{}.open_scanner(opened);  // without it the policy gives memory back
        return opened;
      }();
      return store.scan_dirty(scanner, run, found);
    }
  };

  BOOST_FORCEINLINE outcome noting_failure(outcome done) noexcept {
    if (done.native != 0) access_changed_ = true;
    return done;
  }

  std::size_t written_ = record::all;
  bool access_changed_ = false;  // some pages may not be read_write
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS state state_{};
};

}  // namespace quire::backing

namespace quire {

/// The allocator `A`, reset by a recycling policy.
template <class A, class Recycling>
using with_recycling = typename A::template with_backing<backing::recycled<typename A::backing_type, Recycling>>;

}  // namespace quire

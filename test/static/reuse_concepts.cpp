// SPDX-License-Identifier: BSL-1.0
// Each concept of memories that are reused holds for a model, and not for a type that lacks a member, returns another
// type or may throw.
#include <span>

#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/policy/recycling.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/adaptive.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/none.hpp>
#include <quire/recycling/verified.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/recycling/zero_high_water.hpp>
#include <quire/store/reuse.hpp>

#include "static/bare_store.hpp"

namespace quire::test {
namespace {

static_assert(!recycling_store<bare> && !dirty_scanning_store<bare> && !guard_marking_store<bare> &&
              !mapping_limited_store<bare> && !processor_telling_store<bare>);

struct recycles : bare {
  outcome recycle(page_run, const attributes&) noexcept;
  void set_high_water_mark(std::size_t) noexcept;
  void clear_high_water_mark() noexcept;
};
struct recycle_throws : recycles {
  outcome recycle(page_run, const attributes&);
};
struct keeps_its_mark : bare {
  outcome recycle(page_run, const attributes&) noexcept;
  void set_high_water_mark(std::size_t) noexcept;
};
static_assert(recycling_store<recycles> && !recycling_store<recycle_throws> && !recycling_store<keeps_its_mark>);

struct scanning : bare {
  struct dirty_scanner {};
  int open_scanner(dirty_scanner&) noexcept;
  void close_scanner(dirty_scanner&) noexcept;
  scan_result scan_dirty(const dirty_scanner&, page_run, std::span<page_run>) noexcept;
};
struct scan_throws : scanning {
  scan_result scan_dirty(const dirty_scanner&, page_run, std::span<page_run>);
};
struct scans_into_nothing : scanning {
  std::size_t scan_dirty(const dirty_scanner&, page_run, std::span<page_run>) noexcept;
};
static_assert(dirty_scanning_store<scanning> && !dirty_scanning_store<scan_throws> &&
              !dirty_scanning_store<scans_into_nothing>);

struct marking : bare {
  int mark_guards(std::span<const page_run>) noexcept;
  int unlock_and_mark_guards(std::span<const page_run>) noexcept;
  int unmark_guard(page_run) noexcept;
};
struct mark_throws : marking {
  int mark_guards(std::span<const page_run>);
};
struct marks_for_ever : bare {
  int mark_guards(std::span<const page_run>) noexcept;
  int unlock_and_mark_guards(std::span<const page_run>) noexcept;
};
static_assert(guard_marking_store<marking> && !guard_marking_store<mark_throws> &&
              !guard_marking_store<marks_for_ever>);

struct counting : bare {
  mapping_count count_mappings() const noexcept;
};
struct counts_and_changes : bare {
  mapping_count count_mappings() noexcept;
};
static_assert(mapping_limited_store<counting> && !mapping_limited_store<counts_and_changes>);

struct telling : bare {
  unsigned processor() const noexcept;
};
struct telling_throws : bare {
  unsigned processor() const;
};
static_assert(processor_telling_store<telling> && !processor_telling_store<telling_throws>);

struct waiting : bare {
  void pause() const noexcept;
  std::uint32_t process() const noexcept;
};
struct waits_for_ever : waiting {
  void pause() const = delete;
};
static_assert(waiting_store<waiting> && !waiting_store<waits_for_ever>);

using on_linux = backing::linux_mmap<>;
static_assert(dirty_scanning_store<on_linux> && guard_marking_store<on_linux> && mapping_limited_store<on_linux> &&
              processor_telling_store<on_linux> && waiting_store<on_linux> && !recycling_store<on_linux>);
using on_posix = backing::posix_mmap<>;
static_assert(!dirty_scanning_store<on_posix> && !guard_marking_store<on_posix> && !mapping_limited_store<on_posix> &&
              waiting_store<on_posix>);
static_assert(recycling_store<pool<linux_allocator, recycling::decommit>::memory::backing_type>);

struct throws {
  static recycled recycle(const auto&);
};
struct says_nothing {
  static void recycle(const auto&) noexcept;
};
struct holds_data {
  int data;
  static recycled recycle(const auto&) noexcept;
};
namespace r = recycling;
static_assert(recycling_policy<r::decommit> && recycling_policy<r::zero_all> && recycling_policy<r::zero_dirty> &&
              recycling_policy<r::zero_high_water> && recycling_policy<r::adaptive> && recycling_policy<r::none> &&
              recycling_policy<r::verified<r::zero_high_water>> && recycling_policy<r::verified<r::adaptive>>);
static_assert(!recycling_policy<throws> && !recycling_policy<says_nothing> && !recycling_policy<holds_data> &&
              !recycling_policy<residency::on_demand>);
static_assert(detail::scans<r::zero_dirty> && detail::scans<r::adaptive> && detail::scans<r::verified<r::zero_dirty>> &&
              !detail::scans<r::decommit>);
static_assert(detail::leaves_contents<r::none> && !detail::leaves_contents<r::decommit>);

}  // namespace
}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
// Stores that purge, map images and preallocate memory: types with these capabilities, and types that only look alike.
#include <cstddef>
#include <cstdint>

#include <quire/backing/imaged.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/store/images.hpp>
#include <quire/store/objects.hpp>
#include <quire/store/purging.hpp>

namespace quire::test {

using on_linux = backing::linux_mmap<>;
using on_posix = backing::posix_mmap<>;

static_assert(image_store<on_linux> && object_store<on_linux> && !purging_store<on_linux>);
static_assert(!image_store<on_posix> && !object_store<on_posix> && !purging_store<on_posix> &&
              !image_backed_store<on_posix>);
static_assert(!image_store<int> && !object_store<int> && !purging_store<int> && !image_backed_store<int>);
static_assert(!image_backed_store<on_linux> && !discard_precheck_store<on_linux>);
static_assert(image_backed_store<backing::imaged<on_linux>> && discard_precheck_store<backing::imaged<on_linux>>);
static_assert(image_backed_store<backing::imaged<on_posix>>);
static_assert(backing_store<backing::partitioned<on_linux>> && backing_store<backing::partitioned<on_posix>>);
static_assert(!image_store<backing::partitioned<on_linux>>);

struct purges : on_posix {
  static constexpr bool purges_by(std::size_t) noexcept { return true; }
  int mark_purgeable(page_run, volatility, const attributes&) noexcept;
  int unmark_purgeable(page_run, purge_state&, const attributes&) noexcept;
};
struct does_not_say_what_is_left : purges {
  int unmark_purgeable(page_run, const attributes&) noexcept;
};
struct mark_throws : purges {
  int mark_purgeable(page_run, volatility, const attributes&);
};
struct purges_by_any : on_posix {
  int mark_purgeable(page_run, volatility, const attributes&) noexcept;
  int unmark_purgeable(page_run, purge_state&, const attributes&) noexcept;
};
static_assert(purging_store<purges> && !purging_store<backing::partitioned<purges>>);
static_assert(!purging_store<does_not_say_what_is_left> && !purging_store<mark_throws> &&
              !purging_store<purges_by_any>);

struct no_restoring : on_linux {
  void remap_image(page_run) noexcept;
};
struct image_is_no_plain_value : on_linux {
  struct image_object {
    ~image_object();
  };
};
struct may_not_clear : on_linux {
  void may_clear_image(page_run) noexcept;
};
struct does_not_ask_for_access : on_linux {
  static outcome clear_image(page_run, const attributes&) noexcept;
};
static_assert(!image_store<no_restoring> && !image_store<image_is_no_plain_value> && !image_store<may_not_clear> &&
              !image_store<does_not_ask_for_access>);
struct does_not_fill : backing::imaged<on_linux> {
  void fill_start() noexcept;
};
struct does_not_cancel : backing::imaged<on_linux> {
  int cancel_restore() noexcept;
};
static_assert(!image_backed_store<does_not_fill> && !image_backed_store<does_not_cancel>);

struct no_view : on_linux {
  void view() noexcept;
};
struct granule_at_run_time : on_linux {
  static std::size_t object_granule;
};
struct object_throws : on_linux {
  static int make_object(std::size_t, bool, memory_object&);
};
static_assert(!object_store<no_view> && !object_store<granule_at_run_time> && !object_store<object_throws>);

// An allocator without these requests pays nothing for them.
using memory = linux_allocator;
static_assert(!quota_store<memory::backing_type> && quota_store<with_partition<memory>::backing_type>);
static_assert(sizeof(memory) == 4 * sizeof(void*));
static_assert(sizeof(with_images<memory>) == 11 * sizeof(void*));
static_assert(sizeof(with_partition<memory>) == 7 * sizeof(void*) + sizeof(std::uint64_t));

}  // namespace quire::test

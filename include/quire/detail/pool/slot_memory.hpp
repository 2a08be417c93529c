// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a pool does to the pages of its slots, through the store and the policies of the memories that it hands out.
#include <boost/config.hpp>
#include <cstddef>
#include <span>

#include <quire/detail/pipeline.hpp>
#include <quire/detail/pool/slot_keys.hpp>
#include <quire/store.hpp>
#include <quire/store/reuse.hpp>
#include <quire/units.hpp>

namespace quire::detail {

template <class Store>
struct scanner_of {
  struct type {};
};
template <dirty_scanning_store Store>
struct scanner_of<Store> {
  using type = typename Store::dirty_scanner;
};

/// Functions return 0 or the native code.
template <class Store, class Parts, class Bounds>
class slot_memory {
 protected:
  using steps = page_steps<Parts::demanded, Store>;
  /// A store does not give back pages whose tags are to stay: the pool tags them again.
  [[nodiscard]] attributes requested_of_discard() const noexcept {
    attributes requested = parts.requested();
    if constexpr (Parts::has_hardware_tags) requested.tags = {};
    return requested;
  }

 public:
  using store_type = Store;
  static constexpr bool marks = Bounds::marks, seals = Bounds::seals, has_keys = Bounds::stripes != 0;

  explicit slot_memory(const Parts& given) noexcept : parts(given) {}

  [[nodiscard]] std::size_t page_bytes() const noexcept { return store.page_bytes(); }

  /// Makes inaccessible pages readable and writable, with the key of the stripe: the call that makes them accessible
  /// gives it to them, since they may have lost it when they were mapped anew. May stop halfway.
  [[nodiscard]] int open(page_run run, [[maybe_unused]] unsigned stripe = 0) noexcept {
    if constexpr (has_keys) {
      return keys.open(run, stripe, parts.requested());
    } else if constexpr (marks) {
      return marks_by_access_ ? make_writable(run) : store.unmark_guard(run);
    } else {
      step_failure why;
      const attributes requested = parts.requested();
      return steps{store, requested, why}.commit_and_configure(run) ? 0 : why.native;
    }
  }
  /// Makes pages that are zero inaccessible. Their memory stays, where access can be taken without it.
  [[nodiscard]] int close(page_run run) noexcept {
    if constexpr (marks)
      return close_all(std::span<const page_run>(&run, 1));
    else if constexpr (protectable_store<Store>)
      return store.protect(run, access::none, parts.requested());
    else
      return take_away(run).native;
  }
  /// Makes runs of a committed arena inaccessible; may stop when some are.
  [[nodiscard]] int close_all(std::span<const page_run> runs) noexcept
    requires marks
  {
    if (!marks_by_access_) return store.unlock_and_mark_guards(runs);
    for (const page_run& run : runs)
      if (const int n = store.protect(run, access::none, parts.requested())) return n;
    return 0;
  }
  /// Closes the guard before an arena, if it has one, and finds out by that, or by its first page, whether this kernel
  /// has guard markers.
  [[nodiscard]] int begin_marking(page_run first, page_run before) noexcept
    requires marks
  {
    const bool has_guard = before.bytes != 0;
    const page_run tried = has_guard ? before : first;
    const int refused = marks_by_access_ ? 0 : store.mark_guards(std::span<const page_run>(&tried, 1));
    if (!marks_by_access_ && refused == 0) return has_guard ? 0 : store.unmark_guard(first);
    if (seals) return refused;
    marks_by_access_ = true;
    return has_guard ? close(before) : 0;
  }
  /// Whether pages that are closed keep their memory.
  [[nodiscard]] bool keeps_what_it_closes() const noexcept {
    return protectable_store<Store> && (!marks || marks_by_access_);
  }
  /// Whether each inaccessible run is a mapping of its own.
  [[nodiscard]] bool divides_mappings() const noexcept { return !marks || marks_by_access_; }

  /// Makes pages inaccessible and gives their memory back.
  [[nodiscard]] outcome take_away(page_run run) noexcept {
    if constexpr (marks) {
      // Markers leave access as it is, and pages that are opened again are readable and writable.
      if (const int n = make_writable(run)) return n;
      if (const int n = close(run)) return {n, !marks_by_access_};
      return marks_by_access_ ? give_back(run) : outcome();
    } else {
      step_failure why;
      const attributes requested = parts.requested();
      return steps{store, requested, why}.give_up(run) ? outcome() : outcome(why.native, why.lost);
    }
  }
  /// Makes accessible pages zero and gives their memory back.
  [[nodiscard]] BOOST_NOINLINE outcome give_back(page_run run) noexcept {
    if constexpr (discarding_store<Store>) {
      step_failure why;
      const attributes requested = requested_of_discard();
      return steps{store, requested, why}.discard(run) ? outcome() : outcome(why.native, why.lost);
    } else {
      const outcome done = take_away(run);
      return done.native != 0 ? done : outcome(open(run), true);
    }
  }
  [[nodiscard]] int make_writable([[maybe_unused]] page_run run) noexcept {
    if constexpr (protectable_store<Store> && !seals)
      return run.bytes == 0 ? 0 : store.protect(run, access::read_write, parts.requested());
    else
      return 0;
  }

  // Images that are mapped into slots.

  /// If it fails and `lost` is set, the image is mapped.
  [[nodiscard]] outcome map_image(page_run run, const auto& object, std::size_t offset) noexcept {
    return map_anew(run, [&](const attributes& a) { return outcome(store.map_image(run, object, offset, a)); });
  }
  [[nodiscard]] outcome remap_image(page_run run, const auto& object) noexcept {
    return map_anew(run, [&](const attributes& a) { return store.remap_image(run, object, 0, a); });
  }
  [[nodiscard]] outcome clear_image(page_run run, bool open) noexcept {
    return map_anew(run, [&](const attributes& a) { return store.clear_image(run, open, a); });
  }
  [[nodiscard]] outcome unmap_image(page_run run) noexcept {
    return map_anew(run, [&](const attributes& a) { return store.unmap_image(run, a); });
  }

  /// A sealed arena can only be emptied. False if addresses stay mapped.
  bool release_arena(page_run arena) noexcept {
    const attributes requested = parts.requested();
    if (store.release(arena, {arena.base, 0}, requested) == 0) return true;
    if constexpr (seals) (void)give_back(arena);
    return false;
  }

  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS Store store{};
  Parts parts;
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS slot_keys<Store, Bounds::stripes> keys{};  // set before the pool is shared

 private:
  /// Configures before, so that a refusal changes nothing, and again after what was mapped has lost its configuration.
  template <class Map>
  [[nodiscard]] outcome map_anew(page_run run, Map map) noexcept {
    step_failure why;
    const attributes requested = parts.requested();
    const steps on{store, requested, why};
    if (!on.configure(run)) return {why.native};
    const outcome done = map(requested);
    if (done.native != 0) return done;
    return on.configure(run) ? outcome() : outcome(why.native, true);
  }

  bool marks_by_access_ = false;
};

}  // namespace quire::detail

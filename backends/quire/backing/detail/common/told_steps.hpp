// SPDX-License-Identifier: BSL-1.0
#pragma once
// The operations of a store that only pools, regions, images, partitions, mirrored memory and generated code use, each
// told to an observer.
#include <boost/config.hpp>
#include <chrono>
#include <cstddef>
#include <span>

#include <quire/error.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/step_observer.hpp>
#include <quire/store.hpp>
#include <quire/store/code.hpp>
#include <quire/store/images.hpp>
#include <quire/store/mirrors.hpp>
#include <quire/store/objects.hpp>
#include <quire/store/populating.hpp>
#include <quire/store/regions.hpp>
#include <quire/store/reuse.hpp>

namespace quire::backing::detail {

[[nodiscard]] constexpr int native_of(int code) noexcept { return code; }
template <class Result>
  requires requires(const Result& r) { r.native; }
[[nodiscard]] constexpr int native_of(const Result& r) noexcept {
  return r.native;
}

/// Measures one call of a store and tells the observer of it. Force-inlined, like the operations that it is part of.
template <class S, class Observer>
class told {
 public:
  BOOST_FORCEINLINE told(step at, const char* operation) noexcept : at_(at), operation_(operation), began_(now()) {}

  /// Returns what the call has returned.
  template <class Result>
  BOOST_FORCEINLINE Result of(page_run run, Result done) const noexcept {
    const std::chrono::nanoseconds took = now() - began_;
    Observer::saw({.at = at_,
                   .operation = operation_,
                   .run = run,
                   .native = native_of(done),
                   .code_of = [](step at, int native) noexcept { return S::code_of(at, native); },
                   .began = began_,
                   .took = took});
    return done;
  }

 private:
  BOOST_FORCEINLINE static std::chrono::nanoseconds now() noexcept {
    if constexpr (requires { typename Observer::clock; })
      return Observer::clock::now().time_since_epoch();
    else
      return {};
  }

  step at_;
  const char* operation_;
  std::chrono::nanoseconds began_;
};

/// Of several runs: where the first begins, and the bytes of all.
[[nodiscard]] constexpr page_run summed(std::span<const page_run> runs) noexcept {
  page_run all{runs.empty() ? nullptr : runs.front().base, 0};
  for (const page_run& each : runs) all.bytes += each.bytes;
  return all;
}

template <class S, class Observer>
class told_steps : public S {
  using as = told<S, Observer>;

 public:
  constexpr told_steps() noexcept = default;
  constexpr explicit told_steps(S store) noexcept : S(store) {}

  // Regions.

  reservation reserve_near(std::byte* hint, std::size_t bytes, std::size_t alignment, const attributes& a) noexcept
    requires hinting_store<S>
  {
    const as it(step::reserve, "reserve_near");
    const reservation got = S::reserve_near(hint, bytes, alignment, a);
    return it.of({got.native == 0 ? got.base : nullptr, bytes}, got);
  }
  int release_tail(page_run r, const attributes& a) noexcept
    requires tail_releasing_store<S>
  {
    const as it(step::release, "release_tail");
    return it.of(r, S::release_tail(r, a));
  }
  int populate_part(page_run r, const attributes& a, std::size_t& done) const noexcept
    requires part_populating_store<S>
  {
    const as it(step::populate, "populate_part");
    return it.of(r, S::populate_part(r, a, done));
  }
  int prefault(page_run r, const attributes& a) const noexcept
    requires prefaulting_store<S>
  {
    const as it(step::populate, "prefault");
    return it.of(r, S::prefault(r, a));
  }

  // Pools.

  outcome discard_all(std::span<const page_run> runs, const attributes& a) noexcept
    requires batch_discarding_store<S>
  {
    const as it(step::discard, "discard_all");
    return it.of(summed(runs), outcome(S::discard_all(runs, a)));
  }
  template <class Scanner>
  scan_result scan_dirty(Scanner& scanner, page_run r, std::span<page_run> found) noexcept
    requires dirty_scanning_store<S>
  {
    const as it(step::reset, "scan_dirty");
    return it.of(r, S::scan_dirty(scanner, r, found));
  }
  template <class Scanner>
  scan_result scan_private(const Scanner& scanner, page_run r, std::span<page_run> found) noexcept
    requires private_scanning_store<S>
  {
    const as it(step::reset, "scan_private");
    return it.of(r, S::scan_private(scanner, r, found));
  }
  int mark_guards(std::span<const page_run> runs) noexcept
    requires guard_marking_store<S>
  {
    const as it(step::decommit, "mark_guards");
    return it.of(summed(runs), S::mark_guards(runs));
  }
  int unlock_and_mark_guards(std::span<const page_run> runs) noexcept
    requires guard_marking_store<S>
  {
    const as it(step::decommit, "unlock_and_mark_guards");
    return it.of(summed(runs), S::unlock_and_mark_guards(runs));
  }
  int unmark_guard(page_run r) noexcept
    requires guard_marking_store<S>
  {
    const as it(step::commit, "unmark_guard");
    return it.of(r, S::unmark_guard(r));
  }
  int seal(page_run r) noexcept
    requires sealing_store<S>
  {
    const as it(step::protect, "seal");
    return it.of(r, S::seal(r));
  }
  BOOST_FORCEINLINE int open_with_key(page_run r, unsigned key, const attributes& a) noexcept
    requires key_protecting_store<S>
  {
    const as it(step::commit, "open_with_key");
    return it.of(r, S::open_with_key(r, key, a));
  }

  // Images and objects, which have no address.

  template <class Object>
  int make_image(std::span<const std::byte> contents, Object& made) noexcept
    requires image_store<S>
  {
    const as it(step::populate, "make_image");
    return it.of({nullptr, contents.size()}, S::make_image(contents, made));
  }
  template <class Object>
  BOOST_FORCEINLINE int map_image(page_run r, const Object& made, std::size_t offset, const attributes& a) noexcept
    requires image_store<S>
  {
    const as it(step::commit, "map_image");
    return it.of(r, S::map_image(r, made, offset, a));
  }
  BOOST_FORCEINLINE outcome unmap_image(page_run r, const attributes& a) noexcept
    requires image_store<S>
  {
    const as it(step::decommit, "unmap_image");
    return it.of(r, outcome(S::unmap_image(r, a)));
  }
  BOOST_FORCEINLINE outcome clear_image(page_run r, bool open, const attributes& a) noexcept
    requires image_store<S>
  {
    const as it(step::discard, "clear_image");
    return it.of(r, outcome(S::clear_image(r, open, a)));
  }
  template <class Object>
  BOOST_FORCEINLINE outcome remap_image(page_run r, const Object& made, std::size_t offset,
                                        const attributes& a) noexcept
    requires image_store<S>
  {
    const as it(step::discard, "remap_image");
    return it.of(r, outcome(S::remap_image(r, made, offset, a)));
  }
  int place_image(std::byte* base) noexcept
    requires image_placing_store<S>
  {
    const as it(step::commit, "place_image");
    return it.of({base, 0}, S::place_image(base));
  }
  template <class Object>
  int make_object(std::size_t bytes, bool locked, Object& made) noexcept
    requires object_store<S>
  {
    const as it(step::populate, "make_object");
    return it.of({nullptr, bytes}, S::make_object(bytes, locked, made));
  }
  template <class Object>
  BOOST_FORCEINLINE int map_object(page_run r, const Object& made, std::size_t offset, const attributes& a) noexcept
    requires object_store<S>
  {
    const as it(step::commit, "map_object");
    return it.of(r, S::map_object(r, made, offset, a));
  }
  BOOST_FORCEINLINE int unmap_object(page_run r, const attributes& a) noexcept
    requires object_store<S>
  {
    const as it(step::decommit, "unmap_object");
    return it.of(r, S::unmap_object(r, a));
  }

  // Mirrored memory, and generated code.

  int reserve_mirror(mirror_place& place, std::size_t alignment, const attributes& a) noexcept
    requires mirroring_store<S>
  {
    const as it(step::reserve, "reserve_mirror");
    const int n = S::reserve_mirror(place, alignment, a);
    return it.of({n == 0 ? place.base : nullptr, place.total()}, n);
  }
  int map_mirror(mirror_place& place, const attributes& a) noexcept
    requires mirroring_store<S>
  {
    const as it(step::commit, "map_mirror");
    return it.of(place.both(), S::map_mirror(place, a));
  }
  int release_mirror(mirror_place& place, const attributes& a) noexcept
    requires mirroring_store<S>
  {
    const page_run whole{place.base, place.total()};
    const as it(step::release, "release_mirror");
    return it.of(whole, S::release_mirror(place, a));
  }
  outcome map_twice(page_run r, std::byte*& written) noexcept
    requires dual_mapping_store<S>
  {
    const as it(step::commit, "map_twice");
    return it.of(r, S::map_twice(r, written));
  }
  int discard_written(page_run written) noexcept
    requires dual_mapping_store<S>
  {
    const as it(step::discard, "discard_written");
    return it.of(written, S::discard_written(written));
  }
  int unmap_written(page_run written) noexcept
    requires dual_mapping_store<S>
  {
    const as it(step::release, "unmap_written");
    return it.of(written, S::unmap_written(written));
  }
};

}  // namespace quire::backing::detail

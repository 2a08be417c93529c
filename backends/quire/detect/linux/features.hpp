// SPDX-License-Identifier: BSL-1.0
#pragma once
// What Linux lets this process do with pages, determined by calls on pages of our own and by their effect: some calls
// succeed without effect.
#include <cstddef>
#include <string_view>

#include <quire/detect/linux/pagemap.hpp>
#include <quire/detect/probe_pages.hpp>
#include <quire/detect/probe_result.hpp>
#include <quire/node_set.hpp>
#include <quire/system/platform_capabilities.hpp>

namespace quire::detail {

template <class Calls>
[[nodiscard]] feature try_discard() noexcept {
  constexpr std::string_view call = "madvise(MADV_DONTNEED)";
  const probe_pages<Calls> page;
  if (page.error() != 0) return not_probed(call);
  page.touch();
  const int n = Calls::madvise(page.base(), Calls::page_bytes(), Calls::advice_discard);
  return n != 0 ? refused<Calls>(n, call) : found(page.is_zero(), call);
}

/// The ordinary discard must be refused while the page is locked, and only then.
template <class Calls>
void try_locking(feature_facts& features) noexcept {
  constexpr std::string_view lock = "mlock", discard = "madvise(MADV_DONTNEED_LOCKED)";
  features[memory_feature::locking] = not_probed(lock);
  features[memory_feature::discard_locked] = not_probed(discard);
  const std::size_t bytes = Calls::page_bytes();
  const probe_pages<Calls> page;
  if (page.error() != 0) return;
  if (const int n = Calls::mlock(page.base(), bytes)) {
    features[memory_feature::locking] = refused<Calls>(n, lock);
    return;
  }
  page.touch();
  const int while_locked = Calls::madvise(page.base(), bytes, Calls::advice_discard);
  page.touch();
  const int n = Calls::madvise(page.base(), bytes, Calls::advice_discard_locked);
  features[memory_feature::discard_locked] = n != 0 ? refused<Calls>(n, discard) : found(page.is_zero(), discard);
  const int unlocking = Calls::munlock(page.base(), bytes);
  const int after = Calls::madvise(page.base(), bytes, Calls::advice_discard);
  if (unlocking == 0 && after == 0) features[memory_feature::locking] = found(while_locked == Calls::invalid, lock);
}

template <class Calls>
[[nodiscard]] feature try_populating() noexcept {
  constexpr std::string_view call = "madvise(MADV_POPULATE_WRITE)";
  const std::size_t bytes = Calls::page_bytes();
  const probe_pages<Calls> page;
  if (page.error() != 0 || page.pages_there(0, bytes) != 0) return not_probed(call);
  if (const int n = Calls::madvise(page.base(), bytes, Calls::advice_populate_write)) return refused<Calls>(n, call);
  const auto there = page.pages_there(0, bytes);
  return there ? found(*there == 1, call) : not_probed(call);
}

/// A marked page cannot be populated, and one whose mark was removed can.
template <class Calls>
[[nodiscard]] feature try_guard_markers() noexcept {
  constexpr std::string_view call = "madvise(MADV_GUARD_INSTALL)";
  const std::size_t bytes = Calls::page_bytes();
  const probe_pages<Calls> page;
  if (page.error() != 0) return not_probed(call);
  if (const int n = Calls::madvise(page.base(), bytes, Calls::advice_install_guard)) return refused<Calls>(n, call);
  const int while_marked = Calls::madvise(page.base(), bytes, Calls::advice_populate_write);
  const int unmarking = Calls::madvise(page.base(), bytes, Calls::advice_remove_guard);
  const int after = Calls::madvise(page.base(), bytes, Calls::advice_populate_write);
  if (while_marked != 0 && while_marked != Calls::bad_address) return not_probed(call);
  return found(while_marked != 0 && unmarking == 0 && after == 0, call);
}

/// A seal lasts until the process ends, so nothing is sealed: for a range without mappings, a kernel that can seal
/// returns ENOMEM.
template <class Calls>
[[nodiscard]] feature try_sealing() noexcept {
  constexpr std::string_view call = "mseal";
  const int n = Calls::mseal(nullptr, Calls::page_bytes());
  return n == Calls::no_memory ? found(true, call) : n == 0 ? not_probed(call) : refused<Calls>(n, call);
}

template <class Calls>
[[nodiscard]] feature try_naming() noexcept {
  constexpr std::string_view call = "prctl(PR_SET_VMA_ANON_NAME)";
  const probe_pages<Calls> page;
  if (page.error() != 0) return not_probed(call);
  const int n = Calls::name_mapping(page.base(), Calls::page_bytes(), "quire");
  return n != 0 ? refused<Calls>(n, call) : found(true, call);
}

/// Whether the page has the policy that was set, not only whether setting it succeeded.
template <class Calls>
[[nodiscard]] feature try_policy(int mode, const reading<node_set>& allowed, std::string_view call) noexcept {
  const probe_pages<Calls> page;
  if (page.error() != 0 || !allowed.known()) return not_probed(call);
  const node_set& nodes = allowed.value();
  if (const int n = Calls::mbind(page.base(), Calls::page_bytes(), mode, nodes.words(), node_set::capacity))
    return refused<Calls>(n, call);
  node_set told;
  int mode_told = 0;
  if (Calls::get_mempolicy(&mode_told, told.words(), node_set::capacity, page.base(), Calls::numa_of_address) != 0)
    return not_probed(call);
  return found(mode_told == mode && told == nodes, call);
}

template <class Calls>
[[nodiscard]] feature try_locating() noexcept {
  constexpr std::string_view call = "move_pages";
  const probe_pages<Calls> page;
  if (page.error() != 0) return not_probed(call);
  page.touch();
  void* const where = page.base();
  int node = -1;
  if (const int n = Calls::query_pages(1, &where, &node)) return refused<Calls>(n, call);
  return found(node >= 0, call);
}

template <class Calls>
[[nodiscard]] feature try_keys() noexcept {
  constexpr std::string_view call = "pkey_alloc";
  const long key = Calls::allocate_key();
  if (key < 0) return refused<Calls>(static_cast<int>(-key), call);
  (void)Calls::free_key(key);
  return found(true, call);
}

/// The calls have no tag instructions if the processor architecture has none.
template <class Calls>
[[nodiscard]] feature try_tags() noexcept {
  constexpr std::string_view call = "mmap(PROT_MTE)";
  if constexpr (requires { Calls::prot_tagged; }) {
    if (!Calls::has_tags()) return found(false, "the auxiliary vector: HWCAP2_MTE");
    const std::size_t bytes = Calls::page_bytes();
    const probe_pages<Calls> page(bytes);
    if (page.error() != 0) return not_probed(call);
    if (const int n = Calls::mprotect(page.base(), bytes, Calls::prot_read | Calls::prot_write | Calls::prot_tagged))
      return refused<Calls>(n, call);
    constexpr unsigned tag = 5;
    Calls::tag(with_tag_in(page.base(), tag), bytes);
    return found(Calls::tag_at(page.base()) == tag, call);
  }
  return found(false, "the kind of processor");
}

/// Tries one feature, and fills in those that the same trial shows. Makes a few calls, on mappings of its own only;
/// leaves nothing behind.
template <class Calls>
void fill_in(memory_feature wanted, const reading<node_set>& allowed, feature_facts& features) noexcept {
  using enum memory_feature;
  feature& its = features[wanted];
  switch (wanted) {
    case discard: its = try_discard<Calls>(); break;
    case discard_locked:
    case locking: try_locking<Calls>(features); break;
    case populate: its = try_populating<Calls>(); break;
    case guard_markers: its = try_guard_markers<Calls>(); break;
    case sealing: its = try_sealing<Calls>(); break;
    case mapping_names: its = try_naming<Calls>(); break;
    case placement: its = try_policy<Calls>(Calls::numa_bind, allowed, "mbind"); break;
    case weighted_interleave:
      its = try_policy<Calls>(Calls::numa_weighted_interleave, allowed, "mbind(MPOL_WEIGHTED_INTERLEAVE)");
      break;
    case page_location: its = try_locating<Calls>(); break;
    case memory_tags: its = try_tags<Calls>(); break;
    case protection_keys: its = try_keys<Calls>(); break;
    case pagemap:
    case dirty_scan:
    case soft_dirty: try_pagemap<Calls>(features); break;
    case huge_pages:
    case transparent_huge_pages:
    case folios: break;  // quire/supports.hpp tries these
  }
}

template <class Calls>
[[nodiscard]] feature_facts try_features(const reading<node_set>& allowed) noexcept {
  feature_facts features;
  for (const memory_feature each : detected_features)
    if (features[each].usable.source().empty()) fill_in<Calls>(each, allowed, features);
  return features;
}

}  // namespace quire::detail

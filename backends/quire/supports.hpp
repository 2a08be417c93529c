#pragma once
// Whether this process can use a feature of this machine, determined by using it on a few pages and observing the
// effect. Allocates nothing, leaves nothing behind.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/backing/linux_mmap.hpp>
#include <quire/detect/linux/features.hpp>
#include <quire/detect/linux/huge_trials.hpp>
#include <quire/native.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/system/feature.hpp>
#include <quire/system/linux/proc_status.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/platform_capabilities.hpp>

namespace quire {

namespace detail {

[[nodiscard]] constexpr feature seen(std::optional<bool> effect, std::string_view call) noexcept {
  return {{effect, call}, 0};
}

/// Probes one page of the kernel's default huge page size: 2 MiB on x86; 2, 32 or 512 MiB on arm64, depending on the
/// base page size. An empty pool yields no page, whatever the reason.
template <class Calls>
[[nodiscard]] feature try_pool() noexcept {
  constexpr std::string_view call = "mmap(MAP_HUGETLB)", pools = "/proc/meminfo: Hugepagesize";
  const auto [memory, size] = fields_in<Calls>("/proc/meminfo", {"MemTotal", "Hugepagesize"});
  if (!size) return memory ? found(false, pools) : not_probed(pools);
  if (!std::has_single_bit(*size) || !may_be_probed<Calls>(*size)) return not_probed(call);
  const auto huge_bytes = static_cast<std::size_t>(*size);
  using store = backing::linux_mmap<Calls>;
  attributes requested;
  requested.huge = huge_request::from_pool;
  requested.huge_bytes = huge_bytes;
  const reservation got = store::reserve(huge_bytes, huge_bytes, requested);
  int n = got.native;
  if (n == 0) {
    const page_run page{got.base, huge_bytes};
    n = store::commit(page, requested);
    if (n == 0) n = store::populate(page, requested);
    (void)store::release(page, page, requested);
  }
  return {{n == 0, call}, n};
}

template <class Calls>
[[nodiscard]] feature try_transparent() noexcept {
  constexpr std::string_view call = "madvise(MADV_HUGEPAGE)";
  const optional_count block = number_in<Calls>("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
  if (!block || !may_be_probed<Calls>(*block)) return not_probed(call);
  return seen(comes_when_touched<Calls>(static_cast<std::size_t>(*block)), call);
}

template <class Calls>
[[nodiscard]] feature try_folios() noexcept {
  const auto bytes = bytes_of_first_touch<Calls>();
  return seen(bytes ? std::optional(*bytes >= std::uint64_t{64} << 10) : std::nullopt, "madvise(MADV_HUGEPAGE)");
}

template <class Calls>
[[nodiscard]] feature try_placement() noexcept {
  const reading<node_set> allowed(read_status<Calls>().nodes, "/proc/self/status");
  return try_policy<Calls>(Calls::numa_bind, allowed, "mbind");
}

/// Other systems have no features to probe.
template <class Calls>
[[nodiscard]] feature try_feature(memory_feature) noexcept {
  return {};
}
template <linux_calls Calls>
[[nodiscard]] feature try_feature(memory_feature o) noexcept {
  switch (o) {
    case memory_feature::huge_pages: return try_pool<Calls>();
    case memory_feature::transparent_huge_pages: return try_transparent<Calls>();
    case memory_feature::folios: return try_folios<Calls>();
    case memory_feature::numa_placement: return try_placement<Calls>();
    case memory_feature::memory_tagging: return try_tags<Calls>();
    case memory_feature::guard_markers: return try_guard_markers<Calls>();
    case memory_feature::sealing: return try_sealing<Calls>();
    case memory_feature::populating: return try_populating<Calls>();
    case memory_feature::mapping_names: return try_naming<Calls>();
    case memory_feature::protection_keys: return try_keys<Calls>();
    case memory_feature::locking: {
      feature_facts features;
      try_locking<Calls>(features);
      return features.locking;
    }
    case memory_feature::dirty_scan: {
      feature_facts features;
      try_pagemap<Calls>(features);
      return features.dirty_scan;
    }
  }
  return {};
}

}  // namespace detail

/// Returns the result of probing a feature: whether it takes effect (unknown if that cannot be observed), and the
/// native code if the system refused it. Takes microseconds; for huge pages some milliseconds at most, and those above
/// 32 MiB are not probed. `Calls` are those of the native allocator unless a test substitutes others.
template <class Calls = native_allocator::backing_type::calls>
[[nodiscard]] feature probe_feature(memory_feature o) noexcept {
  return detail::try_feature<Calls>(o);
}

/// Whether the feature was observed to take effect, here and now.
template <class Calls = native_allocator::backing_type::calls>
[[nodiscard]] bool supports(memory_feature o) noexcept {
  return probe_feature<Calls>(o).usable.value_or(false);
}

}  // namespace quire

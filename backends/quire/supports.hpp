// SPDX-License-Identifier: BSL-1.0
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
#include <quire/explain.hpp>
#include <quire/native.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/system/feature.hpp>
#include <quire/system/linux/proc_status.hpp>
#include <quire/system/linux/proc_values.hpp>

namespace quire {

namespace detail {

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
  return found(comes_when_touched<Calls>(static_cast<std::size_t>(*block)), call);
}

template <class Calls>
[[nodiscard]] feature try_folios() noexcept {
  const auto bytes = bytes_of_first_touch<Calls>();
  return found(bytes ? std::optional(*bytes >= std::uint64_t{64} << 10) : std::nullopt, "madvise(MADV_HUGEPAGE)");
}

/// Other systems have no features to probe.
template <class Calls>
[[nodiscard]] feature try_feature(memory_feature) noexcept {
  return {};
}
template <linux_calls Calls>
[[nodiscard]] feature try_feature(memory_feature f) noexcept {
  using enum memory_feature;
  if (f == huge_pages) return try_pool<Calls>();
  if (f == transparent_huge_pages) return try_transparent<Calls>();
  if (f == folios) return try_folios<Calls>();
  reading<node_set> allowed;
  if (f == placement || f == weighted_interleave) allowed = {read_status<Calls>().nodes, "/proc/self/status"};
  feature_facts features;
  fill_in<Calls>(f, allowed, features);
  return features[f];
}

}  // namespace detail

/// Returns the result of probing a feature: whether it takes effect (unknown if that cannot be observed), and the
/// native code if the system refused it. Takes microseconds; for huge pages some milliseconds at most, and those above
/// 32 MiB are not probed. `Calls` are those of the native allocator unless a test substitutes others.
template <class Calls = native_allocator::backing_type::calls>
[[nodiscard]] feature probe_feature(memory_feature f) noexcept {
  return detail::try_feature<Calls>(f);
}

/// Whether the feature was observed to take effect, here and now.
template <class Calls = native_allocator::backing_type::calls>
[[nodiscard]] bool supports(memory_feature f) noexcept {
  return probe_feature<Calls>(f).usable.value_or(false);
}

}  // namespace quire

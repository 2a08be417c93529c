// SPDX-License-Identifier: BSL-1.0
#pragma once
// The limits of a Linux process and of its machine, each with its usage.
#include <cstdint>
#include <optional>
#include <string_view>

#include <quire/detect/linux/machine.hpp>
#include <quire/system/linux/proc_status.hpp>
#include <quire/system/linux/proc_values.hpp>
#include <quire/system/platform_capabilities.hpp>
#include <quire/system/rlimits.hpp>

namespace quire::detail {

/// The limit does not apply to a process that may lock any amount. Unknown if that privilege is hidden, or the user
/// namespace in which the process has it.
template <class Calls>
[[nodiscard]] reading<std::uint64_t> limit_of_locking(const process_status& status) noexcept {
  const auto set = rlimit_of_locking<Calls>();
  const std::optional<bool> above_it = counts_with_the_kernel<Calls>(status, process_status::may_lock);
  if (set == no_limit || above_it == false) return set;
  constexpr std::string_view source = "/proc/self/status: CapEff (CAP_IPC_LOCK)";
  if (above_it == true) return {no_limit, source};
  return reading<std::uint64_t>::unknown(status.capabilities ? "/proc/self/ns/user" : source);
}

template <class Calls>
[[nodiscard]] reading<overcommit> overcommit_of_linux() noexcept {
  constexpr std::string_view source = "/proc/sys/vm/overcommit_memory";
  const optional_count mode = number_in<Calls>(source.data());
  if (!mode || *mode > 2) return reading<overcommit>::unknown(source);
  return {static_cast<overcommit>(*mode), source};
}

/// `counted` is the number of mappings in use.
template <class Calls>
[[nodiscard]] limit_facts limits_of_linux(const meminfo& info, const process_status& status,
                                          const reading<std::uint64_t>& counted) noexcept {
  limit_facts limits;
  limits.address_space = {rlimit_of_address_space<Calls>(), {status.size, "/proc/self/status: VmSize"}};
  limits.data = {rlimit_of_data<Calls>(), {status.data, "/proc/self/status: VmData"}};
  limits.locked = {limit_of_locking<Calls>(status), {status.locked, "/proc/self/status: VmLck"}};
  constexpr std::string_view most_mappings = "/proc/sys/vm/max_map_count";
  limits.mappings = {{number_in<Calls>(most_mappings.data()), most_mappings}, counted};
  limits.overcommit = overcommit_of_linux<Calls>();
  limits.commit.used = {info.committed, "/proc/meminfo: Committed_AS"};
  if (limits.overcommit == overcommit::never)
    limits.commit.limit = {info.commit_limit, "/proc/meminfo: CommitLimit"};
  else
    limits.commit.limit = {limits.overcommit.known() ? optional_count(no_limit) : std::nullopt,
                           limits.overcommit.source()};
  return limits;
}

}  // namespace quire::detail

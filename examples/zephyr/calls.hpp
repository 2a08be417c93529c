// SPDX-License-Identifier: BSL-1.0
#pragma once
// The calls file of an RTOS, the one place that includes its header. A Quire store can rely on Zephyr's memory domains:
// user threads of a domain reach only its partitions, so an access to uncommitted memory faults. (Supervisor threads
// are not restricted: for them a memory is a plain static buffer.)
#include <cstddef>
#include <cstdint>

#include <zephyr/app_memory/mem_domain.h>

namespace zephyr {

/// Static functions and constants only. A test replaces it.
struct domains {
  using domain = k_mem_domain;
  using partition = k_mem_partition;
  static constexpr int bad_argument = EINVAL, no_partition_left = ENOSPC;

  /// Makes the partition readable and writable for the domain's threads. It must stay in place until it is removed.
  static int add(domain* to, partition* p) noexcept { return -k_mem_domain_add_partition(to, p); }
  static int remove(domain* from, partition* p) noexcept { return -k_mem_domain_remove_partition(from, p); }
  static k_mem_partition_attr_t read_write() noexcept { return K_MEM_PARTITION_P_RW_U_RW; }
};

}  // namespace zephyr

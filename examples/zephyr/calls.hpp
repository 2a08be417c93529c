#pragma once
// How a calls file for an RTOS looks: the one place that includes its header. Zephyr's memory domains are what a Quire
// store can honestly stand on: user threads of a domain reach its partitions and nothing else, so that what is not
// committed faults. (Supervisor threads are not restricted: a memory of theirs is a plain static buffer.)
#include <cstddef>
#include <cstdint>

#include <zephyr/app_memory/mem_domain.h>

namespace zephyr {

/// Empty: static functions and constants, nothing else. A test replaces it.
struct domains {
  using domain = k_mem_domain;
  using partition = k_mem_partition;
  static constexpr int bad_argument = EINVAL, no_partition_left = ENOSPC;

  /// Readable and writable by the domain's threads, from now on. The partition stays where it is until it is removed.
  static int add(domain* to, partition* p) noexcept { return -k_mem_domain_add_partition(to, p); }
  static int remove(domain* from, partition* p) noexcept { return -k_mem_domain_remove_partition(from, p); }
  static k_mem_partition_attr_t read_write() noexcept { return K_MEM_PARTITION_P_RW_U_RW; }
};

}  // namespace zephyr

// SPDX-License-Identifier: BSL-1.0
/* The part of Zephyr's public header that the example uses, with the same names and types. Its memory domain only
 * records the partitions, which an MPU would enforce, and refuses what the original refuses. */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t k_mem_partition_attr_t;
#define K_MEM_PARTITION_P_RW_U_RW ((k_mem_partition_attr_t)3)

struct k_mem_partition {
  uintptr_t start;
  size_t size;
  k_mem_partition_attr_t attr;
};
struct k_mem_domain {
  struct k_mem_partition partitions[4];
};

static inline int k_mem_domain_init(struct k_mem_domain* domain, uint8_t parts, struct k_mem_partition* given[]) {
  if (domain == NULL || (parts != 0 && given == NULL)) return -EINVAL;
  for (size_t i = 0; i != 4; ++i) domain->partitions[i].size = 0;
  return 0;
}
static inline int k_mem_domain_add_partition(struct k_mem_domain* domain, struct k_mem_partition* part) {
  if (part->size == 0 || part->start % 32 != 0 || part->size % 32 != 0) return -EINVAL;
  for (size_t i = 0; i != 4; ++i) {
    const struct k_mem_partition* p = &domain->partitions[i];
    if (p->size != 0 && part->start < p->start + p->size && p->start < part->start + part->size) return -EINVAL;
  }
  for (size_t i = 0; i != 4; ++i)
    if (domain->partitions[i].size == 0) {
      domain->partitions[i] = *part;
      return 0;
    }
  return -ENOSPC;
}
static inline int k_mem_domain_remove_partition(struct k_mem_domain* domain, struct k_mem_partition* part) {
  for (size_t i = 0; i != 4; ++i)
    if (domain->partitions[i].size == part->size && domain->partitions[i].start == part->start && part->size != 0) {
      domain->partitions[i].size = 0;
      return 0;
    }
  return -ENOENT;
}

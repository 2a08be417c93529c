// SPDX-License-Identifier: BSL-1.0
#pragma once
// The functions of heaps that the adapters call, without a heap: they note what they are told, and refuse on demand.
#include <jemalloc/jemalloc.h>
#include <memkind.h>
#include <mimalloc.h>
#include <umf/memory_provider.h>

#include <cstddef>
#include <map>

namespace quire::test {

struct fake_jemalloc {
  static inline extent_hooks_t* hooks = nullptr;  // of the arena that exists; there is one at most
  static inline std::size_t page = 4096;
  static inline bool refuses_arena = false, refuses_destruction = false;
};

struct fake_mimalloc {
  struct arena {
    void* start;
    std::size_t bytes;
    bool is_committed, is_pinned, is_zero, is_exclusive;
    int node;
    mi_commit_fun_t* commit;
    void* argument;
  };
  static inline arena last{};
  static inline int version = MI_MALLOC_VERSION;
  static inline std::map<int, long> options;
  static inline bool refuses_arena = false;
};

struct fake_memkind {
  static inline void* start = nullptr;  // of the kind that exists; there is one at most
  static inline std::size_t bytes = 0;
  static inline bool refuses = false;
};

struct fake_umf {
  static inline umf_memory_provider_ops_t functions{};
  static inline void* provider = nullptr;
  static inline bool refuses = false;
};

}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
#include "unit/heaps/fake_heaps.hpp"

#include <cerrno>
#include <cstring>
#include <string_view>

using quire::test::fake_jemalloc;
using quire::test::fake_memkind;
using quire::test::fake_mimalloc;
using quire::test::fake_umf;

extern "C" {

int mallctl(const char* name, void* old, std::size_t*, void* given, std::size_t) noexcept {
  if (std::string_view(name) == "arenas.page") {
    std::memcpy(old, &fake_jemalloc::page, sizeof fake_jemalloc::page);
    return 0;
  }
  if (std::string_view(name) != "arenas.create") return ENOENT;
  if (fake_jemalloc::refuses_arena) return EAGAIN;
  const unsigned index = 7;
  std::memcpy(old, &index, sizeof index);
  std::memcpy(&fake_jemalloc::hooks, given, sizeof fake_jemalloc::hooks);
  return 0;
}
int mallctlnametomib(const char* name, std::size_t* mib, std::size_t* length) noexcept {
  if (std::string_view(name) != "arena.0.destroy" || *length < 3) return ENOENT;
  mib[0] = mib[1] = mib[2] = 0;
  return 0;
}
int mallctlbymib(const std::size_t* mib, std::size_t, void*, std::size_t*, void*, std::size_t) noexcept {
  if (mib[1] != 7 || fake_jemalloc::hooks == nullptr || fake_jemalloc::refuses_destruction) return EFAULT;
  fake_jemalloc::hooks = nullptr;
  return 0;
}

int mi_version() noexcept { return fake_mimalloc::version; }
long mi_option_get(mi_option_t option) noexcept { return fake_mimalloc::options[option]; }
bool mi_manage_memory(void* start, std::size_t size, bool is_committed, bool is_pinned, bool is_zero, int node,
                      bool exclusive, mi_commit_fun_t* commit, void* argument, mi_arena_id_t* id) noexcept {
  if (fake_mimalloc::refuses_arena) return false;
  fake_mimalloc::last = {start, size, is_committed, is_pinned, is_zero, exclusive, node, commit, argument};
  *id = start;
  return true;
}
bool mi_manage_os_memory_ex(void* start, std::size_t size, bool is_committed, bool is_pinned, bool is_zero, int node,
                            bool exclusive, mi_arena_id_t* id) noexcept {
  return mi_manage_memory(start, size, is_committed, is_pinned, is_zero, node, exclusive, nullptr, nullptr, id);
}
std::size_t mi_arena_min_alignment() { return 65536; }
std::size_t mi_arena_min_size() { return std::size_t{32} << 20; }

int memkind_create_fixed(void* addr, std::size_t size, memkind_t* kind) {
  if (fake_memkind::refuses) return MEMKIND_ERROR_MALLOC;
  fake_memkind::start = addr;
  fake_memkind::bytes = size;
  *kind = static_cast<memkind_t>(addr);
  return MEMKIND_SUCCESS;
}
int memkind_destroy_kind(memkind_t) {
  fake_memkind::start = nullptr;
  return MEMKIND_SUCCESS;
}

umf_result_t umfMemoryProviderCreate(const umf_memory_provider_ops_t* ops, const void* params,
                                     umf_memory_provider_handle_t* made) {
  if (fake_umf::refuses) return UMF_RESULT_ERROR_OUT_OF_HOST_MEMORY;
  fake_umf::functions = *ops;
  const umf_result_t done = ops->initialize(params, &fake_umf::provider);
  *made = static_cast<umf_memory_provider_handle_t>(fake_umf::provider);
  return done;
}

}  // extern "C"

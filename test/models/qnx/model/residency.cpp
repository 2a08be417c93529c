// SPDX-License-Identifier: BSL-1.0
// mlock, munlock, posix_madvise, mem_offset, and the calls that query the system.
#include <algorithm>
#include <sys/mman.h>

#include "models/qnx/model/entry.hpp"
#include "models/qnx/model/host_protection.hpp"
#include "models/qnx/model/numbers.hpp"
#include "models/qnx/model/state.hpp"
#include "support/process/host_memory.hpp"

namespace quire::test::qnx_model {
namespace {

/// Before release 800 locking brings pages in. Later releases only check the range, as all memory is locked.
int lock(std::uintptr_t begin, std::size_t bytes) {
  auto& now = state();
  if (!is_mapped(begin, bytes)) return fail(e_no_memory);
  const auto areas = now.space.part(begin, begin + bytes);
  const bool backed = std::all_of(areas.begin(), areas.end(), [](const area* a) { return a->has_memory(); });
  if (now.takes_memory_by_mprotect()) return backed ? 0 : fail(e_no_memory);
  if (!now.is.may_lock) return fail(e_perm);
  // Documented in the QNX 7.0 page on mlock.
  if (std::any_of(areas.begin(), areas.end(), [](const area* a) { return a->protection == prot_none; }))
    return fail(e_no_memory);
  std::size_t more = 0;
  for (const area* each : areas) more += each->locked ? 0 : each->bytes();
  const std::uint64_t locked = now.space.locked();
  if (more > now.is.limit_locked - std::min(locked, now.is.limit_locked)) return fail(e_no_memory);
  if (!backed) return fail(e_again);
  for (area* each : areas) {
    each->locked = true;
    populate_and_lock(reinterpret_cast<std::byte*>(each->begin), each->bytes());
  }
  return 0;
}

/// Discards the contents of lazy mappings; their access stays.
void discard(std::uintptr_t begin, std::size_t bytes) {
  for (const area* each : state().space.part(begin, begin + bytes)) {
    if (!each->lazy || !each->anonymous) continue;
    auto* const p = reinterpret_cast<std::byte*>(each->begin);
    host_memory::forget(p, each->bytes());
    host_memory::protect(p, each->bytes(), host_protection(each->protection));
  }
}

}  // namespace
}  // namespace quire::test::qnx_model

using namespace quire::test::qnx_model;

int qnx_model_mlock(const void* where, std::size_t length) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  const auto begin = reinterpret_cast<std::uintptr_t>(where);
  if (!now.is_page(begin)) return fail(e_invalid);
  return length > now.is.room ? fail(e_no_memory) : lock(begin, now.whole_pages(length));
}

int qnx_model_munlock(const void* where, std::size_t length) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  const auto begin = reinterpret_cast<std::uintptr_t>(where);
  if (!now.is_page(begin)) return fail(e_invalid);
  if (length > now.is.room || !is_mapped(begin, now.whole_pages(length))) return fail(e_no_memory);
  for (area* each : now.space.part(begin, begin + now.whole_pages(length))) each->locked = false;
  return 0;
}

int qnx_model_posix_madvise(void* where, std::size_t length, int advice) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  const auto begin = reinterpret_cast<std::uintptr_t>(where);
  if (length == 0 || !now.is_page(begin) || advice < 0 || (advice > advice_last_of_posix && advice != advice_discard))
    return e_invalid;
  if (length > now.is.room || !is_mapped(begin, now.whole_pages(length))) return e_no_memory;
  if (advice == advice_discard) discard(begin, now.whole_pages(length));
  return 0;
}

int qnx_model_mem_offset(const void* where, int object, std::size_t length, off_t* offset, std::size_t* run) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  const auto address = reinterpret_cast<std::uintptr_t>(where);
  if (object != no_object) return fail(e_invalid);
  const area* const a = now.space.at(address);
  if (a == nullptr || a->from == nullptr) return fail(e_not_available);
  const std::uintptr_t end = a->in_one_run ? a->end : (address / now.is.page + 1) * now.is.page;
  if (offset != nullptr) *offset = static_cast<off_t>(a->physical + (address - a->begin));
  if (run != nullptr) *run = std::min<std::size_t>(length, end - address);
  return 0;
}

long qnx_model_sysconf(int name) {
  return name == sysconf_page_size ? static_cast<long>(state().is.page) : fail(e_invalid);
}

int qnx_model_getrlimit(int resource, void* limit) {
  const machine& is = state().is;
  std::uint64_t soft = unlimited;
  switch (resource) {
    case limit_data: soft = is.limit_data; break;
    case limit_address_space: soft = is.limit_address_space; break;
    case limit_locked: soft = is.limit_locked; break;
    default: return fail(e_invalid);
  }
  auto* const both = static_cast<std::uint64_t*>(limit);
  both[0] = both[1] = std::min<std::uint64_t>(soft, unlimited);
  return 0;
}

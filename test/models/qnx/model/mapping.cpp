// SPDX-License-Identifier: BSL-1.0
// mmap and munmap.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>

#include "models/qnx/model/entry.hpp"
#include "models/qnx/model/host_protection.hpp"
#include "models/qnx/model/numbers.hpp"
#include "models/qnx/model/state.hpp"
#include "support/process/host_memory.hpp"

namespace quire::test::qnx_model {
namespace {

/// The arguments of mmap, rounded to whole pages.
struct request {
  std::uintptr_t where;
  std::size_t bytes;
  int protection, flags, object;
  off_t offset;

  [[nodiscard]] bool has(int flag) const { return (flags & flag) != 0; }
};

int refusal_of_flags(const request& r) {
  const machine& is = state().is;
  const int type = r.flags & map_type;
  if ((r.flags & ~all_flags) != 0 || (type != map_shared && type != map_private)) return e_invalid;
  if ((r.protection & ~all_protections) != 0) return e_invalid;
  if (r.has(map_anon) && r.object != no_object) return e_invalid;
  if (r.has(map_lazy) && r.has(map_phys)) return e_invalid;
  if (r.has(map_phys) && (!r.has(map_anon) || !is.may_map_physical)) return e_perm;
  if ((r.protection & prot_exec) != 0 && !is.may_execute) return e_perm;
  if (r.has(map_fixed) && !is.may_map_fixed) return e_perm;
  return 0;
}

int refusal_of_range(const request& r) {
  auto& now = state();
  if (r.bytes == 0 || !now.is_page(static_cast<std::uintptr_t>(r.offset))) return e_invalid;
  if (r.has(map_fixed) && !now.is_page(r.where)) return e_invalid;
  const std::size_t replaced = r.has(map_fixed) ? now.space.mapped_in(r.where, r.where + r.bytes) : 0;
  const std::uint64_t all = now.space.mapped() - replaced;
  const std::uint64_t limit = std::min<std::uint64_t>(now.is.room, now.is.limit_address_space);
  return all > limit || r.bytes > limit - all ? e_no_memory : 0;
}

/// The object must have memory for the whole mapping. Private mappings of objects are not simulated.
int refusal_of_part(const request& r, const object_memory* memory) {
  const std::size_t all = memory == nullptr ? 0 : memory->bytes();
  const auto offset = static_cast<std::size_t>(r.offset);
  if ((r.flags & map_type) != map_shared) return e_invalid;
  return offset > all || r.bytes > all - offset ? e_no_object : 0;
}

/// Determines whether memory is taken at once, and from which pool; returns an error code.
int memory_for(const request& r, physical_memory*& from) {
  auto& now = state();
  from = nullptr;
  if (r.has(map_anon)) {
    // It is not documented whether earlier releases take memory for pages without access: in this model they do.
    const bool at_once = r.protection != prot_none || !now.takes_memory_by_mprotect() || r.has(map_phys);
    if (at_once && !r.has(map_lazy)) from = &now.ram();
    const std::size_t data = now.space.data(now.ram());
    if (from != nullptr && r.bytes > now.is.limit_data - std::min<std::uint64_t>(data, now.is.limit_data))
      return e_no_memory;
    return 0;
  }
  const auto found = now.objects.find(r.object);
  if (found == now.objects.end()) return e_bad_object;
  if (found->second.pool == nullptr) return refusal_of_part(r, found->second.memory.get());
  const bool allocates = (found->second.how & (typed_allocate | typed_allocate_contiguous)) != 0;
  if (!allocates || r.offset != 0) return e_no_object;  // choosing an offset in a pool is not simulated
  from = found->second.pool;
  return 0;
}

bool is_in_one_run(const request& r) {
  if (r.has(map_anon)) return r.has(map_phys);
  return (state().objects.at(r.object).how & typed_allocate_contiguous) != 0;
}

/// Returns the addresses for the mapping: those that the request names, or any others.
std::byte* place(const request& r) {
  auto& now = state();
  auto* const wanted = reinterpret_cast<std::byte*>(r.where);
  if (!r.has(map_fixed)) {
    if (wanted != nullptr && now.is_page(r.where) && host_memory::reserve_at(wanted, r.bytes)) return wanted;
    return host_memory::reserve(r.bytes, now.is.page);
  }
  now.space.erase(r.where, r.where + r.bytes);
  host_memory::forget(wanted, r.bytes);
  return wanted;
}

std::shared_ptr<object_memory> object_of(const request& r) {
  return r.has(map_anon) ? nullptr : state().objects.at(r.object).memory;
}

/// Memory that is not anonymous keeps its previous contents.
void show(std::byte* p, const request& r, const physical_memory* from) {
  const bool usable = (r.protection & (prot_read | prot_write)) != 0;
  if (object_of(r) != nullptr) return host_memory::share(p, r.bytes, r.object, r.offset, host_protection(r.protection));
  if (!r.has(map_anon)) {
    host_memory::protect(p, r.bytes, PROT_READ | PROT_WRITE);
    std::memset(p, 0xd5, r.bytes);
  }
  host_memory::protect(p, r.bytes, host_protection(r.protection));
  if (from != nullptr && usable && state().takes_memory_by_mprotect()) populate_and_lock(p, r.bytes);
}

void* refuse(int code) {
  errno = code;
  return reinterpret_cast<void*>(-1);
}

void* map(const request& r) {
  auto& now = state();
  physical_memory* from = nullptr;
  if (const int code = refusal_of_flags(r)) return refuse(code);
  if (const int code = refusal_of_range(r)) return refuse(code);
  if (const int code = memory_for(r, from)) return refuse(code);
  const std::vector<run> none{{0, r.bytes}};
  const std::vector<run> memory = from != nullptr ? from->take(r.bytes, is_in_one_run(r)) : none;
  if (memory.empty()) return refuse(e_no_memory);
  std::byte* const p = place(r);
  if (p == nullptr) {
    for (const run& each : memory)
      if (from != nullptr) from->give_back(each);
    return refuse(e_no_memory);
  }
  auto begin = reinterpret_cast<std::uintptr_t>(p);
  for (const run& each : memory) {
    now.space.insert({.begin = begin,
                      .end = begin + each.bytes,
                      .protection = r.protection,
                      .lazy = r.has(map_lazy),
                      .anonymous = r.has(map_anon),
                      .in_one_run = from != nullptr && is_in_one_run(r),
                      .from = from,
                      .physical = each.begin,
                      .object = object_of(r)});
    begin += each.bytes;
  }
  show(p, r, from);
  return p;
}

}  // namespace
}  // namespace quire::test::qnx_model

using namespace quire::test::qnx_model;

void* qnx_model_mmap(void* where, std::size_t length, int protection, int flags, int object, off_t offset) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  if (length > now.is.room) return refuse(e_no_memory);
  return map({reinterpret_cast<std::uintptr_t>(where), now.whole_pages(length), protection, flags, object, offset});
}

int qnx_model_munmap(void* where, std::size_t length) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  const auto begin = reinterpret_cast<std::uintptr_t>(where);
  if (length == 0 || length > now.is.room || !now.is_page(begin)) return fail(e_invalid);
  const std::uintptr_t end = begin + now.whole_pages(length);
  for (const area* each : now.space.part(begin, end))
    quire::test::host_memory::release(reinterpret_cast<std::byte*>(each->begin), each->bytes());
  now.space.erase(begin, end);
  return 0;
}

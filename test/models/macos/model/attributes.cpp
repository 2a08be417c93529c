// SPDX-License-Identifier: BSL-1.0
// mach_vm_protect, mach_vm_inherit, mach_vm_purgable_control, mach_vm_region, mlock.
#include <algorithm>
#include <sys/mman.h>
#include <unistd.h>

#include "models/macos/model/host_access.hpp"
#include "models/macos/model/model.hpp"
#include "support/process/host_memory.hpp"

namespace quire::test {
namespace {

bool is_page(const void* p, std::size_t bytes) {
  return (reinterpret_cast<std::uintptr_t>(p) | bytes) % mach_model::page_bytes() == 0;
}

constexpr int all_masks = 3 | 1 << 4 | 1 << 5 | 1 << 6 | 7 << 8 | 3 << 12 | 1 << 16;  // VM_PURGABLE_ALL_MASKS

void empty(const mach_entry& e) {
  host_memory::forget(e.begin, e.bytes());
  apply_access(e);
}

/// Empties all mappings of the object: an entry that was cut has several parts.
void empty_object(const mach_object* object) {
  for (const auto& [begin, e] : mach_model::now.map.entries())
    if (e.object.get() == object) empty(e);
}

}  // namespace

/// The whole range is checked first, so that a failure changes nothing.
int mach_model::vm_protect(void* p, std::size_t bytes, int current) noexcept {
  auto* const begin = static_cast<std::byte*>(p);
  if (bytes == 0) return success;
  if ((current & ~7) != 0 || !is_page(p, bytes)) return invalid_argument;
  if (!now.map.covers(begin, bytes)) return invalid_address;
  const auto entries = now.map.clip(begin, bytes);
  if (std::any_of(entries.begin(), entries.end(), [=](const auto* e) { return (current & ~e->maximum) != 0; }))
    return protection_failure;
  for (mach_entry* const e : entries) {
    e->current = current;
    apply_access(*e);
  }
  return success;
}

int mach_model::vm_inherit(void* p, std::size_t bytes, int inheritance) noexcept {
  if (bytes == 0) return success;
  if ((inheritance != inherit_copy && inheritance != inherit_none) || !is_page(p, bytes)) return invalid_argument;
  if (!now.map.covers(static_cast<std::byte*>(p), bytes)) return invalid_address;
  for (mach_entry* const e : now.map.clip(static_cast<std::byte*>(p), bytes)) {
    e->inheritance = inheritance;
    apply_access(*e);
  }
  return success;
}

int mach_model::vm_purgable_control(void* p, int control, int& state) noexcept {
  if (control != set_state || (state & ~all_masks) != 0) return invalid_argument;
  const mach_entry* const e = now.map.at(static_cast<std::byte*>(p));
  if (e == nullptr) return invalid_address;
  if ((e->current & prot_write) == 0) return protection_failure;
  if (!e->object->purgeable) return invalid_argument;
  mach_object& object = *e->object;
  const int old = object.state, wanted = state & state_mask;
  if (wanted == state_mask) return invalid_argument;  // VM_PURGABLE_DENY
  object.state = wanted == volatile_state && old == empty_state ? empty_state : wanted;
  object.order = state;
  if (object.state == empty_state && old != empty_state) empty_object(&object);
  state = old;
  return success;
}

void mach_model::purge(std::size_t objects) {
  std::vector<mach_object*> candidates;
  for (const auto& [begin, e] : now.map.entries())
    if (e.object->state == volatile_state && std::ranges::find(candidates, e.object.get()) == candidates.end())
      candidates.push_back(e.object.get());
  const auto rank = [](const mach_object* o) { return (o->order & goes_first) != 0 ? -1 : o->order & last_group; };
  std::ranges::sort(candidates, {}, rank);
  candidates.resize(std::min(candidates.size(), objects));
  for (mach_object* const o : candidates) {
    o->state = empty_state;
    empty_object(o);
  }
}

int mach_model::vm_region(const void* p, memory_region& found) noexcept {
  const mach_entry* const e = now.map.at_or_after(static_cast<const std::byte*>(p));
  if (e == nullptr) return invalid_address;
  std::size_t pages = 0;
  const auto host_page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  // Large regions are mostly untouched: their resident pages are not counted, and no test relies on that.
  if (e->bytes() <= std::size_t{64} << 20)
    for (std::byte* at = e->begin; at < e->end; at += now.page)
      for (std::byte* part = at; part < at + now.page; part += host_page)
        if (host_memory::is_resident(part)) {
          ++pages;
          break;
        }
  found = {e->begin, e->bytes(), e->current, e->maximum, e->inheritance, e->wired, e->tag, pages};
  return success;
}

int mach_model::mlock(const void* p, std::size_t bytes) noexcept {
  auto* const begin = static_cast<std::byte*>(const_cast<void*>(p));
  if (bytes == 0) return success;
  if (!is_page(p, bytes)) return unix_invalid;
  if (!now.map.covers(begin, bytes)) return unix_no_memory;
  std::size_t more = 0;
  const auto entries = now.map.clip(begin, bytes);
  for (const mach_entry* const e : entries) more += e->wired == 0 ? e->bytes() : 0;
  if (more > now.wire_limit - std::min(now.wire_limit, now.wired)) return unix_again;
  now.wired += more;
  for (mach_entry* const e : entries) {
    ++e->wired;
    if ((e->current & prot_read) != 0) host_memory::populate_and_lock(e->begin, e->bytes());
  }
  return success;
}

int mach_model::read_limit(int resource, unsigned long long& soft) noexcept {
  soft = resource == limit_locked ? now.wire_limit : resource == limit_address_space ? now.largest_mapping : ~0ULL;
  return 0;
}

}  // namespace quire::test

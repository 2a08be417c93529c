// SPDX-License-Identifier: BSL-1.0
// mach_vm_map, mach_vm_deallocate, mach_vm_remap, which copies or shares.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include <quire/units.hpp>

#include "models/macos/model/host_access.hpp"
#include "models/macos/model/model.hpp"
#include "support/process/host_memory.hpp"

namespace quire::test {

std::size_t page_of_model() {
  const char* const said = std::getenv("QUIRE_MODEL_PAGE");
  return said == nullptr ? 16384 : static_cast<std::size_t>(std::strtoul(said, nullptr, 10));
}
mach_state mach_model::now{.map = {}, .page = page_of_model()};

namespace {

constexpr int known_flags =
    mach_model::anywhere | mach_model::purgeable | mach_model::overwrite | static_cast<int>(0xff000000U);

bool is_page(const void* p, std::size_t bytes = 0) {
  return (reinterpret_cast<std::uintptr_t>(p) | bytes) % mach_model::page_bytes() == 0;
}
bool are_protections(int current, int maximum) {
  return (current & ~7) == 0 && (maximum & ~7) == 0 && (current & maximum) == current;
}

/// As vm_map_locate_space_fixed of xnu.
int clear_place(std::byte* p, std::size_t bytes, std::size_t mask, bool overwrite) {
  if ((reinterpret_cast<std::uintptr_t>(p) & mask) != 0) return mach_model::no_space;
  if (p == nullptr) return mach_model::invalid_address;
  auto& map = mach_model::now.map;
  if (overwrite) {
    unwire(p, bytes);
    map.erase(p, bytes);
  }
  const mach_entry* const next = map.at_or_after(p);
  return next != nullptr && next->begin < p + bytes ? mach_model::no_space : mach_model::success;
}

/// The entries at `source`, which are to appear at `to` as well; or the code of the refusal.
int look_up(std::byte* to, std::size_t bytes, std::byte* source, int inheritance, std::vector<mach_entry>& found) {
  using model = mach_model;
  if (bytes == 0 || !is_page(to, bytes) || !is_page(source)) return model::invalid_argument;
  if (inheritance != model::inherit_copy && inheritance != model::inherit_none) return model::invalid_argument;
  if (!model::now.map.covers(source, bytes) || !model::now.map.covers(to, bytes)) return model::invalid_address;
  for (const mach_entry* const e : model::now.map.clip(source, bytes)) found.push_back(*e);
  return model::success;
}

}  // namespace

void unwire(std::byte* p, std::size_t bytes) {
  for (mach_entry* const e : mach_model::now.map.clip(p, bytes))
    if (e->wired != 0) mach_model::now.wired -= e->bytes();
}

void apply_access(const mach_entry& e) {
  // PROT_READ and PROT_WRITE have the values of VM_PROT_READ and VM_PROT_WRITE.
  host_memory::protect(e.begin, e.bytes(), e.current & (PROT_READ | PROT_WRITE));
  // New memory of this machine is copied on fork.
  if (e.inheritance == mach_model::inherit_none) ::madvise(e.begin, e.bytes(), MADV_DONTFORK);
}

calls::mapping mach_model::vm_map(void* where, std::size_t bytes, std::size_t mask, int flags, int current, int maximum,
                                  int inheritance) noexcept {
  if ((flags & ~known_flags) != 0 || bytes == 0 || !are_protections(current, maximum))
    return {nullptr, invalid_argument};
  if (inheritance != inherit_copy && inheritance != inherit_none) return {nullptr, invalid_argument};
  if ((mask & (mask + 1)) != 0 || !is_page(where, bytes))
    return {nullptr, invalid_argument};  // the call does not round
  if ((flags & purgeable) != 0 && bytes > largest_purgeable) return {nullptr, invalid_argument};
  if (bytes > now.largest_mapping) return {nullptr, no_space};

  auto* p = static_cast<std::byte*>(where);
  if ((flags & anywhere) != 0) {
    const std::size_t alignment = std::max(mask + 1, now.page);
    p = bytes > max_bytes - alignment ? nullptr : host_memory::reserve(bytes, alignment);
    if (p == nullptr) return {nullptr, no_space};
  } else {
    // Stores overmap only their own addresses: elsewhere this machine may have mappings of its own.
    if (!now.map.covers(p, bytes)) return {nullptr, invalid_address};
    if (const int n = clear_place(p, bytes, mask, (flags & overwrite) != 0)) return {nullptr, n};
    host_memory::forget(p, bytes);
  }
  mach_entry e{p, p + bytes, current, maximum, inheritance, static_cast<unsigned>(flags) >> tag_shift};
  e.object->purgeable = (flags & purgeable) != 0;
  now.map.insert(e);
  apply_access(e);
  return {p, success};
}

int mach_model::vm_deallocate(void* p, std::size_t bytes) noexcept {
  auto* const begin = static_cast<std::byte*>(p);
  if (bytes == 0) return success;
  if (!is_page(p, bytes) || !now.map.covers(begin, bytes)) return invalid_argument;
  unwire(begin, bytes);
  now.map.erase(begin, bytes);
  host_memory::release(begin, bytes);
  return success;
}

int mach_model::vm_remap_copy(void* where, std::size_t bytes, void* from, int inheritance) noexcept {
  auto *const to = static_cast<std::byte*>(where), *const source = static_cast<std::byte*>(from);
  std::vector<mach_entry> copies;
  if (const int n = look_up(to, bytes, source, inheritance, copies)) return n;
  if (const int n = clear_place(to, bytes, 0, true)) return n;
  host_memory::forget(to, bytes);
  for (mach_entry copy : copies) {
    const mach_entry original = copy;
    copy.begin = to + (original.begin - source);
    copy.end = copy.begin + original.bytes();
    copy.inheritance = inheritance;
    copy.wired = 0;
    copy.object = std::make_shared<mach_object>();
    host_memory::protect(original.begin, original.bytes(), PROT_READ);
    host_memory::protect(copy.begin, copy.bytes(), PROT_READ | PROT_WRITE);
    std::memcpy(copy.begin, original.begin, copy.bytes());
    apply_access(original);
    apply_access(copy);
    now.map.insert(copy);
  }
  return success;
}

int mach_model::vm_remap_shared(void* where, std::size_t bytes, void* from, int inheritance) noexcept {
  auto *const to = static_cast<std::byte*>(where), *const source = static_cast<std::byte*>(from);
  std::vector<mach_entry> shared;
  if (const int n = look_up(to, bytes, source, inheritance, shared)) return n;
  if (const int n = clear_place(to, bytes, 0, true)) return n;
  // Memory of this machine that is to be shared lies in a file.
  const int file = ::memfd_create("object", MFD_CLOEXEC);
  if (file < 0 || ::ftruncate(file, static_cast<off_t>(bytes)) != 0) std::abort();
  constexpr int both = PROT_READ | PROT_WRITE;
  host_memory::share(to, bytes, file, 0, both);
  for (mach_entry e : shared) {
    const mach_entry original = e;
    const auto offset = static_cast<std::size_t>(original.begin - source);
    host_memory::protect(original.begin, original.bytes(), PROT_READ);
    std::memcpy(to + offset, original.begin, original.bytes());
    host_memory::share(original.begin, original.bytes(), file, static_cast<long>(offset), both);
    e.begin = to + offset;
    e.end = e.begin + original.bytes();
    e.inheritance = inheritance;
    e.wired = 0;
    apply_access(original);
    apply_access(e);
    now.map.insert(e);
  }
  (void)::close(file);
  return success;
}

}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
#include "models/macos/model/map.hpp"

#include <iterator>

namespace quire::test {

mach_entry* mach_map::at_or_after(const std::byte* p) {
  auto found = all_.upper_bound(p);
  if (found != all_.begin() && std::prev(found)->second.end > p) --found;
  return found == all_.end() ? nullptr : &found->second;
}

mach_entry* mach_map::at(const std::byte* p) {
  mach_entry* const e = at_or_after(p);
  return e != nullptr && e->begin <= p ? e : nullptr;
}

bool mach_map::covers(const std::byte* p, std::size_t bytes) {
  for (const std::byte* const end = p + bytes; p < end;) {
    const mach_entry* const e = at(p);
    if (e == nullptr) return false;
    p = e->end;
  }
  return true;
}

void mach_map::cut(std::byte* where) {
  mach_entry* const e = at(where);
  if (e == nullptr || e->begin == where) return;
  mach_entry upper = *e;
  upper.begin = where;
  e->end = where;
  insert(upper);
}

std::vector<mach_entry*> mach_map::clip(std::byte* p, std::size_t bytes) {
  cut(p);
  cut(p + bytes);
  std::vector<mach_entry*> inside;
  for (auto it = all_.lower_bound(p); it != all_.end() && it->first < p + bytes; ++it) inside.push_back(&it->second);
  return inside;
}

void mach_map::erase(std::byte* p, std::size_t bytes) {
  cut(p);
  cut(p + bytes);
  all_.erase(all_.lower_bound(p), all_.lower_bound(p + bytes));
}

void mach_map::insert(const mach_entry& entry) { all_.insert_or_assign(entry.begin, entry); }

}  // namespace quire::test

#include "support/mach/map.hpp"

#include <algorithm>

namespace quire::test {

mach_entry* mach_map::at_or_after(const std::byte* p) {
  const auto found = std::find_if(all_.begin(), all_.end(), [=](const mach_entry& e) { return e.end > p; });
  return found == all_.end() ? nullptr : &*found;
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
  for (mach_entry& e : all_)
    if (e.begin >= p && e.end <= p + bytes) inside.push_back(&e);
  return inside;
}

void mach_map::erase(std::byte* p, std::size_t bytes) {
  cut(p);
  cut(p + bytes);
  std::erase_if(all_, [=](const mach_entry& e) { return e.begin >= p && e.end <= p + bytes; });
}

void mach_map::insert(const mach_entry& entry) {
  all_.insert(std::find_if(all_.begin(), all_.end(), [&](const mach_entry& e) { return e.begin > entry.begin; }),
              entry);
}

}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
#include "models/qnx/model/address_space.hpp"

#include <algorithm>
#include <iterator>

namespace quire::test::qnx_model {

std::size_t address_space::mapped() const {
  std::size_t all = 0;
  for (const auto& [begin, a] : areas_) all += a.bytes();
  return all;
}

std::size_t address_space::locked() const {
  std::size_t all = 0;
  for (const auto& [begin, a] : areas_) all += a.locked ? a.bytes() : 0;
  return all;
}

std::size_t address_space::data(const physical_memory& ram) const {
  std::size_t all = 0;
  for (const auto& [begin, a] : areas_) all += a.anonymous && a.from == &ram ? a.bytes() : 0;
  return all;
}

std::size_t address_space::mapped_in(std::uintptr_t begin, std::uintptr_t end) const {
  std::size_t all = 0;
  for (const auto& [key, a] : areas_) {
    const auto from = std::max(a.begin, begin), to = std::min(a.end, end);
    all += from < to ? to - from : 0;
  }
  return all;
}

const area* address_space::at(std::uintptr_t address) const {
  const auto behind = areas_.upper_bound(address);
  if (behind == areas_.begin()) return nullptr;
  const area& a = std::prev(behind)->second;
  return address < a.end ? &a : nullptr;
}

void address_space::cut(area& a, std::uintptr_t where) {
  area second = a;
  second.begin = where;
  second.physical += where - a.begin;
  a.end = where;
  areas_[where] = second;
}

std::vector<area*> address_space::part(std::uintptr_t begin, std::uintptr_t end) {
  for (const std::uintptr_t edge : {begin, end})
    if (const area* a = at(edge); a != nullptr && a->begin != edge) cut(areas_[a->begin], edge);
  std::vector<area*> found;
  for (auto each = areas_.lower_bound(begin); each != areas_.end() && each->first < end; ++each)
    found.push_back(&each->second);
  return found;
}

void address_space::erase(std::uintptr_t begin, std::uintptr_t end) {
  for (const area* a : part(begin, end)) {
    if (a->from != nullptr) a->from->give_back({a->physical, a->bytes()});
    areas_.erase(a->begin);
  }
}

}  // namespace quire::test::qnx_model

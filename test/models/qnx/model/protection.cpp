// SPDX-License-Identifier: BSL-1.0
// mprotect.
#include <algorithm>

#include "models/qnx/model/entry.hpp"
#include "models/qnx/model/host_protection.hpp"
#include "models/qnx/model/numbers.hpp"
#include "models/qnx/model/state.hpp"
#include "support/process/host_memory.hpp"

namespace quire::test::qnx_model {
namespace {

/// Takes memory for [begin, end) as far as it lasts; returns the end of the part that has memory.
std::uintptr_t take_memory(std::uintptr_t begin, std::uintptr_t end) {
  auto& now = state();
  const std::uint64_t data = now.space.data(now.ram());
  const std::uint64_t allowed = now.is.limit_data > data ? now.is.limit_data - data : 0;
  const std::size_t most = std::min<std::uint64_t>({end - begin, now.ram().room(), allowed});
  const std::size_t got = most / now.is.page * now.is.page;
  if (got == 0) return begin;
  for (const run& each : now.ram().take(got, false)) {
    area* const a = now.space.part(begin, begin + each.bytes).front();
    a->from = &now.ram();
    a->physical = each.begin;
    begin += each.bytes;
  }
  return begin;
}

bool takes_memory(const area& a, int protection) {
  return state().takes_memory_by_mprotect() && a.anonymous && !a.lazy && a.from == nullptr && protection != prot_none;
}

int protect(std::uintptr_t begin, std::uintptr_t end, int protection) {
  auto& now = state();
  std::vector<area> areas;
  for (const area* each : now.space.part(begin, end)) areas.push_back(*each);
  for (const area& each : areas) {
    const bool takes = takes_memory(each, protection);
    const std::uintptr_t done = takes ? take_memory(each.begin, each.end) : each.end;
    auto* const p = reinterpret_cast<std::byte*>(each.begin);
    if (done != each.begin) {
      for (area* part : now.space.part(each.begin, done)) part->protection = protection;
      host_memory::protect(p, done - each.begin, host_protection(protection));
      if (takes) populate_and_lock(p, done - each.begin);
    }
    if (done != each.end) return fail(e_no_memory);  // part of the range has changed
  }
  return 0;
}

}  // namespace
}  // namespace quire::test::qnx_model

using namespace quire::test::qnx_model;

int qnx_model_mprotect(void* where, std::size_t length, int protection) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  const auto begin = reinterpret_cast<std::uintptr_t>(where);
  if (!now.is_page(begin) || (protection & ~all_protections) != 0) return fail(e_invalid);
  if ((protection & prot_exec) != 0 && !now.is.may_execute) return fail(e_access);
  if (length > now.is.room || !is_mapped(begin, now.whole_pages(length))) return fail(e_no_memory);
  return protect(begin, begin + now.whole_pages(length), protection);
}

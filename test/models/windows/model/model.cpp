// SPDX-License-Identifier: BSL-1.0
#include "models/windows/model/model.hpp"

#include <cstring>
#include <sys/mman.h>

#include "models/windows/model/allocations.hpp"
#include "models/windows/model/placeholders.hpp"
#include "support/process/host_memory.hpp"

namespace quire::test {
namespace {

using model = windows_model;
using allocations = windows_allocations;

calls::mapping refused(int code) noexcept { return {nullptr, code}; }

bool is_protection(unsigned p) noexcept {
  return p == model::page_no_access || p == model::page_read_only || p == model::page_read_write ||
         p == model::page_execute_read || p == model::page_execute_read_write;
}
int of_this_machine(unsigned protection) noexcept {
  switch (protection) {
    case model::page_read_only: return PROT_READ;
    case model::page_write_copy:
    case model::page_read_write: return PROT_READ | PROT_WRITE;
    case model::page_execute_read: return PROT_READ | PROT_EXEC;
    case model::page_execute_read_write: return PROT_READ | PROT_WRITE | PROT_EXEC;
    default: return PROT_NONE;
  }
}
bool is_committed(const page_state& s) noexcept { return s.committed; }
bool is_locked(const page_state& s) noexcept { return s.locked; }
bool is_closed(const page_state& s) noexcept { return s.protection == model::page_no_access || s.offered != 0; }

calls::mapping reserve(std::optional<unsigned> node, void* where, std::size_t bytes, unsigned protection) noexcept {
  constexpr std::size_t granule = model::allocation_granularity;
  if (bytes == 0 || bytes > model::machine.addresses || !is_protection(protection))
    return refused(model::invalid_parameter);
  const std::size_t taken = align_up(bytes, granule);  // the rest of the last granule stays unusable
  std::byte* base = nullptr;
  if (where == nullptr) {
    base = host_memory::reserve(taken, granule);
    if (base == nullptr) return refused(model::not_enough_memory);
  } else {
    base = static_cast<std::byte*>(where) - reinterpret_cast<std::uintptr_t>(where) % granule;
    if (!host_memory::reserve_at(base, taken)) return refused(model::invalid_address);
  }
  allocations::all.push_back({base, page_states(align_up(bytes, model::machine.page)), node, windows_part::ordinary});
  return {base, 0};
}

calls::mapping commit(void* where, std::size_t bytes, unsigned protection) noexcept {
  if (bytes == 0 || !is_protection(protection)) return refused(model::invalid_parameter);
  const auto r = allocations::range(where, bytes);
  if (!r || !may_be_committed(*r->in)) return refused(model::invalid_address);
  const std::uint64_t more = r->bytes() - r->in->pages.count(r->begin, r->end, is_committed);
  if (model::committed_bytes() + more > model::machine.commit_limit) return refused(model::commitment_limit);
  r->in->pages.change(r->begin, r->end, [&](page_states::run& run) {
    // It is not documented whether commit changes the access of committed pages: in this model it does not.
    if (run.state.committed) return;
    run.state = {.committed = true, .protection = protection};
    host_memory::protect(r->in->base + run.begin, run.end - run.begin, of_this_machine(protection));
  });
  return {r->address(), 0};
}

calls::mapping allocate(std::optional<unsigned> node, void* where, std::size_t bytes, unsigned type,
                        unsigned protection) noexcept {
  if (type == model::mem_commit && where != nullptr) return commit(where, bytes, protection);
  if (type != model::mem_reserve && type != (model::mem_reserve | model::mem_commit) && type != model::mem_commit)
    return refused(model::invalid_parameter);
  const calls::mapping got = reserve(node, where, bytes, protection);
  if (got.error != 0 || type == model::mem_reserve) return got;
  const calls::mapping done = commit(got.address, bytes, protection);
  if (done.error != 0) (void)model::virtual_free(got.address, 0, model::mem_release);
  return done;
}

int decommit(const windows_range& r) noexcept {
  r.in->pages.change(r.begin, r.end, [&](page_states::run& run) {
    if (run.state.committed) host_memory::forget(r.in->base + run.begin, run.end - run.begin);
    run.state = {};
  });
  return 0;
}

}  // namespace

calls::mapping windows_model::virtual_alloc(void* where, std::size_t bytes, unsigned type,
                                            unsigned protection) noexcept {
  return allocate(std::nullopt, where, bytes, type, protection);
}

calls::mapping windows_model::virtual_alloc_on(unsigned node, void* where, std::size_t bytes, unsigned type,
                                               unsigned protection) noexcept {
  if (node > machine.highest_node) return refused(invalid_parameter);
  return allocate(node, where, bytes, type, protection);
}

int windows_model::virtual_free(void* p, std::size_t bytes, unsigned type) noexcept {
  windows_allocation* const found = allocations::at(p);
  if (type == (mem_release | mem_preserve_placeholder)) return leave_placeholder(p, bytes);
  if (type == mem_release) {
    if (bytes != 0) return invalid_parameter;
    if (found == nullptr || found->base != p || found->is_view()) return invalid_address;
    host_memory::release(found->base, found->taken());
    allocations::erase(found);
    return 0;
  }
  if (type != mem_decommit) return invalid_parameter;
  if (found == nullptr || !may_be_committed(*found)) return invalid_address;
  if (bytes == 0) return found->base == p ? decommit({found, 0, found->pages.bytes()}) : invalid_parameter;
  const auto r = allocations::range(p, bytes);
  return r ? decommit(*r) : invalid_address;
}

int windows_model::virtual_protect(void* p, std::size_t bytes, unsigned protection) noexcept {
  if (!is_protection(protection) && protection != page_write_copy) return invalid_parameter;
  const auto r = allocations::range(p, bytes);
  if (!r || !r->in->pages.all(r->begin, r->end, is_committed)) return invalid_address;
  if (!suits_part(*r->in, protection)) return invalid_parameter;
  r->in->pages.change(r->begin, r->end, [&](page_states::run& run) {
    run.state.protection = protection;
    if (protection == page_no_access) run.state.locked = false;  // STATUS_WAS_UNLOCKED
    if (run.state.offered == 0)  // offered pages stay inaccessible until they are reclaimed
      host_memory::protect(r->in->base + run.begin, run.end - run.begin, of_this_machine(protection));
  });
  return 0;
}

int windows_model::virtual_lock(void* p, std::size_t bytes) noexcept {
  const auto r = allocations::range(p, bytes);
  if (!r || !r->in->pages.all(r->begin, r->end, is_committed)) return invalid_address;
  if (r->in->pages.count(r->begin, r->end, is_closed) != 0) return no_access;
  const std::uint64_t more = r->bytes() - r->in->pages.count(r->begin, r->end, is_locked);
  const std::uint64_t overhead = 8 * machine.page;
  if (locked_bytes() + more + overhead > machine.minimum_working_set) return working_set_quota;
  r->in->pages.change(r->begin, r->end, [](page_states::run& run) { run.state.locked = true; });
  host_memory::populate_and_lock(r->address(), r->bytes());
  return 0;
}

int windows_model::offer_virtual_memory(void* p, std::size_t bytes, unsigned priority) noexcept {
  if (reinterpret_cast<std::uintptr_t>(p) % machine.page != 0 || bytes % machine.page != 0) return invalid_parameter;
  if (priority < offer_very_low || priority > offer_normal) return invalid_parameter;
  const auto r = allocations::range(p, bytes);
  if (!r || r->in->is_view() || !r->in->pages.all(r->begin, r->end, is_committed)) return invalid_address;
  r->in->pages.change(r->begin, r->end, [=](page_states::run& run) {
    run.state.offered = priority;
    run.state.locked = false;
  });
  host_memory::protect(r->address(), r->bytes(), PROT_NONE);
  return 0;
}

int windows_model::reclaim_virtual_memory(void* p, std::size_t bytes) noexcept {
  if (reinterpret_cast<std::uintptr_t>(p) % machine.page != 0 || bytes % machine.page != 0) return invalid_parameter;
  const auto r = allocations::range(p, bytes);
  if (!r || !r->in->pages.all(r->begin, r->end, is_committed)) return invalid_address;
  bool lost = false;
  r->in->pages.change(r->begin, r->end, [&](page_states::run& run) {
    std::byte* const begin = r->in->base + run.begin;
    const std::size_t all = run.end - run.begin;
    if (run.state.taken) {
      host_memory::protect(begin, all, PROT_READ | PROT_WRITE);
      std::memset(begin, 0xdb, all);  // undefined contents that no caller can mistake for zeros
      lost = true;
    }
    run.state.offered = 0;
    run.state.taken = false;
    host_memory::protect(begin, all, of_this_machine(run.state.protection));
  });
  return lost ? busy : 0;
}

void windows_model::take_offered(unsigned priority) noexcept {
  for (auto& each : allocations::all)
    each.pages.change(0, each.pages.bytes(), [&](page_states::run& run) {
      if (run.state.offered == 0 || run.state.offered > priority) return;
      run.state.taken = true;
      host_memory::forget(each.base + run.begin, run.end - run.begin);
    });
}

int windows_model::virtual_query(const void* p, memory_region& told) noexcept {
  auto* const page = static_cast<std::byte*>(const_cast<void*>(p)) - reinterpret_cast<std::uintptr_t>(p) % machine.page;
  const windows_allocation* const in = allocations::at(page);
  if (in == nullptr) {
    told = {page, nullptr, machine.page, mem_free, page_no_access, 0};
    return 0;
  }
  const auto offset = static_cast<std::size_t>(page - in->base);
  std::size_t end = offset;
  const page_state first = in->pages.at(offset).state;
  // Runs differ only by state, access and kind.
  for (const auto& run : in->pages.runs())
    if (run.end > end && run.begin <= end && run.state.committed == first.committed &&
        run.state.protection == first.protection)
      end = run.end;
  told = {page,
          in->base,
          end - offset,
          first.committed ? mem_commit : mem_reserve,
          first.protection,
          in->is_view() ? mem_mapped : mem_private};
  return 0;
}

int windows_model::query_working_set(working_set_page* pages, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const auto* const p = static_cast<const std::byte*>(pages[i].address);
    const windows_allocation* const in = allocations::at(p);
    pages[i].flags = 0;
    if (in == nullptr) continue;
    const page_state s = in->pages.at(static_cast<std::size_t>(p - in->base)).state;
    if (!s.committed || !host_memory::is_resident(p)) continue;
    pages[i].flags = 1 | std::uintptr_t{in->node.value_or(0)} << 16 | std::uintptr_t{s.locked} << 22;
  }
  return 0;
}

int windows_model::working_set_limits(std::size_t& minimum, std::size_t& maximum) noexcept {
  minimum = machine.minimum_working_set;
  maximum = std::max<std::size_t>(minimum, 345 * machine.page);
  return 0;
}

int windows_model::query_memory(memory_status& told) noexcept {
  const std::uint64_t physical = std::uint64_t{1} << 34;
  told = {physical,
          physical / 2,
          machine.commit_limit,
          machine.commit_limit - committed_bytes(),
          machine.addresses,
          machine.addresses - reserved_bytes()};
  return 0;
}

int windows_model::highest_node(unsigned& node) noexcept {
  node = machine.highest_node;
  return 0;
}

std::uint64_t windows_model::committed_bytes() noexcept {
  return allocations::sum(is_committed) - shared_bytes() + section_bytes();
}
std::uint64_t windows_model::reserved_bytes() noexcept {
  return allocations::sum([](const page_state&) { return true; });
}
std::uint64_t windows_model::locked_bytes() noexcept { return allocations::sum(is_locked); }

}  // namespace quire::test

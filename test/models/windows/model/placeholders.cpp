// SPDX-License-Identifier: BSL-1.0
#include "models/windows/model/placeholders.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "models/windows/model/model.hpp"
#include "support/process/host_memory.hpp"

namespace quire::test {
namespace {

using model = windows_model;
using allocations = windows_allocations;

/// Exists until its handle is closed and its last view is unmapped.
struct section {
  int file;
  std::size_t bytes;
  bool open;
  std::vector<const std::byte*> views;
};
std::vector<section*> sections;

calls::mapping refused(int code) noexcept { return {nullptr, code}; }

bool is_of_pages(std::uintptr_t n) noexcept { return n % model::machine.page == 0; }
bool is_of_pages(const void* p) noexcept { return is_of_pages(reinterpret_cast<std::uintptr_t>(p)); }

/// Returns the placeholder with exactly this range.
windows_allocation* placeholder_at(void* where, std::size_t bytes) noexcept {
  windows_allocation* const found = allocations::at(where);
  const bool fits = found != nullptr && found->part == windows_part::placeholder && found->base == where &&
                    found->pages.bytes() == bytes;
  return fits ? found : nullptr;
}
bool may_be_charged(std::size_t bytes) noexcept {
  return model::committed_bytes() + bytes <= model::machine.commit_limit;
}
void commit_all(windows_allocation& a, unsigned protection) {
  a.pages.change(0, a.pages.bytes(),
                 [=](page_states::run& run) { run.state = {.committed = true, .protection = protection}; });
}
void drop_if_unused(section* s) noexcept {
  if (s->open || !s->views.empty()) return;
  (void)::close(s->file);
  sections.erase(std::find(sections.begin(), sections.end(), s));
  delete s;
}
void forget_view(const std::byte* base) noexcept {
  for (section* const s : sections)
    if (const auto it = std::find(s->views.begin(), s->views.end(), base); it != s->views.end()) {
      s->views.erase(it);
      return drop_if_unused(s);
    }
}
void become_placeholder(windows_allocation& a) {
  host_memory::forget(a.base, a.pages.bytes());
  a.pages = page_states(a.pages.bytes());
  a.part = windows_part::placeholder;
}

calls::mapping reserve_placeholder(void* where, std::size_t bytes, unsigned protection) noexcept {
  if (protection != model::page_no_access) return refused(model::invalid_parameter);
  const calls::mapping got = model::virtual_alloc(where, bytes, model::mem_reserve, protection);
  if (got.error == 0) {
    windows_allocation& made = *allocations::at(got.address);
    made.pages = page_states(made.taken());
    made.part = windows_part::placeholder;
  }
  return got;
}

}  // namespace

int leave_placeholder(void* p, std::size_t bytes) noexcept {
  windows_allocation* const found = allocations::at(p);
  if (found == nullptr) return model::invalid_address;
  if (found->part == windows_part::in_place_of_one) {
    if (found->base != p || found->pages.bytes() != bytes) return model::invalid_parameter;
    become_placeholder(*found);
    return 0;
  }
  const std::size_t all = found->pages.bytes();
  if (found->part != windows_part::placeholder || bytes == 0 || !is_of_pages(p) || !is_of_pages(bytes))
    return model::invalid_parameter;
  // Only a beginning part can be split off, and not the whole placeholder.
  if (found->base != p || bytes >= all) return model::invalid_address;
  std::byte* const rest = found->base + bytes;
  found->pages = page_states(bytes);
  allocations::all.push_back({rest, page_states(all - bytes), found->node, windows_part::placeholder});
  return 0;
}

calls::mapping windows_model::virtual_alloc_over(void* where, std::size_t bytes, unsigned type,
                                                 unsigned protection) noexcept {
  if (!machine.has_placeholders) return refused(procedure_not_found);
  if (bytes == 0 || !is_of_pages(bytes)) return refused(invalid_parameter);
  if (type == (mem_reserve | mem_reserve_placeholder)) return reserve_placeholder(where, bytes, protection);
  const bool commits = type == (mem_reserve | mem_commit | mem_replace_placeholder);
  if (!commits && type != (mem_reserve | mem_replace_placeholder)) return refused(invalid_parameter);
  windows_allocation* const found = placeholder_at(where, bytes);
  if (found == nullptr) return refused(invalid_address);
  if (commits && !may_be_charged(bytes)) return refused(commitment_limit);
  found->part = windows_part::in_place_of_one;
  if (!commits) return {where, 0};
  const calls::mapping done = virtual_alloc(where, bytes, mem_commit, protection);
  if (done.error != 0) found->part = windows_part::placeholder;
  return done;
}

int windows_model::create_section(std::size_t bytes, void*& made) noexcept {
  if (bytes == 0) return invalid_parameter;
  const std::size_t whole = align_up(bytes, machine.page);
  if (!may_be_charged(whole)) return commitment_limit;
  const int file = ::memfd_create("section", MFD_CLOEXEC);
  if (file < 0 || ::ftruncate(file, static_cast<off_t>(whole)) != 0) {
    std::perror("memfd");
    std::abort();
  }
  sections.push_back(new section{file, whole, true, {}});
  made = sections.back();
  return 0;
}

void windows_model::close_section(void* handle) noexcept {
  auto* const s = static_cast<section*>(handle);
  s->open = false;
  drop_if_unused(s);
}

calls::mapping windows_model::map_view(void* handle, void* where, std::size_t offset, std::size_t bytes, unsigned type,
                                       unsigned protection) noexcept {
  if (!machine.has_placeholders) return refused(procedure_not_found);
  auto* const s = static_cast<section*>(handle);
  const bool copies = protection == page_write_copy, replaces = type == mem_replace_placeholder;
  if (!copies && protection != page_read_write) return refused(invalid_parameter);
  if ((!replaces && type != 0) || (!replaces && where != nullptr)) return refused(invalid_parameter);
  const std::size_t granule = replaces ? machine.page : allocation_granularity;
  if (offset % granule != 0 || bytes == 0 || !is_of_pages(bytes) || offset > s->bytes || bytes > s->bytes - offset)
    return refused(invalid_parameter);
  // Each page of a copy-on-write view may become a private copy.
  if (copies && !may_be_charged(bytes)) return refused(commitment_limit);
  if (!replaces) where = virtual_alloc(nullptr, bytes, mem_reserve, page_no_access).address;
  windows_allocation* const found = replaces ? placeholder_at(where, bytes) : allocations::at(where);
  if (found == nullptr) return refused(invalid_address);
  found->part = copies ? windows_part::copying_view : windows_part::shared_view;
  commit_all(*found, protection);
  constexpr int both = PROT_READ | PROT_WRITE;
  const auto from = static_cast<long>(offset);
  if (copies)
    host_memory::copy_on_write(found->base, bytes, s->file, from, both);
  else
    host_memory::share(found->base, bytes, s->file, from, both);
  s->views.push_back(found->base);
  return {where, 0};
}

int windows_model::unmap_view(void* p, unsigned flags) noexcept {
  if (!machine.has_placeholders) return procedure_not_found;
  windows_allocation* const found = allocations::at(p);
  if (found == nullptr || !found->is_view() || found->base != p) return invalid_address;
  if (flags != 0 && flags != mem_preserve_placeholder) return invalid_parameter;
  forget_view(found->base);
  if (flags == mem_preserve_placeholder) {
    become_placeholder(*found);
  } else {
    host_memory::release(found->base, found->taken());
    allocations::erase(found);
  }
  return 0;
}

std::size_t windows_model::open_sections() noexcept { return sections.size(); }

std::uint64_t section_bytes() noexcept {
  std::uint64_t sum = 0;
  for (const section* const s : sections) sum += s->bytes;
  return sum;
}
std::uint64_t shared_bytes() noexcept {
  std::uint64_t sum = 0;
  for (const auto& each : allocations::all)
    if (each.part == windows_part::shared_view) sum += each.pages.bytes();
  return sum;
}

}  // namespace quire::test

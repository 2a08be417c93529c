// SPDX-License-Identifier: BSL-1.0
// The conformance cases on Windows itself, or on an environment that runs Windows programs, over the system's own
// calls. Cases whose feature has no effect here are skipped.
#include <cstdio>
#include <cstring>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/detect.hpp>
#include <quire/effective.hpp>
#include <quire/explain.hpp>
#include <quire/jit_memory.hpp>
#include <quire/quire.hpp>

#include "conformance/cases.hpp"
#include "models/windows/bare_environment.hpp"
#include "models/windows/model/configs.hpp"
#include "unit/pools/pooled.hpp"

namespace quire::test {
namespace {

using system = calls::windows;
using here = bare_environment;

template <class M>
void conform(const char* name) {
  std::printf("%s\n", name);
  run_conformance_cases<here, M>();
}

/// The pool is opened before, and closed afterwards.
template <class M>
void conform_in_a_pool(const char* name) {
  here::check(M::missing() == nullptr, "the pool opens");
  conform<M>(name);
  here::check(M::slots().close().has_value(), "and closes, as nothing is lost");
}

/// Users of one slot follow each other, and none sees what another wrote.
template <class Recycling>
void nothing_passes_on() {
  pool<windows_allocator, Recycling> slots;
  here::check(slots.open({.slots = 1, .maximum = pages{4}}).has_value(), "open");
  for (std::uint64_t i = 0; i < 20; ++i) {
    auto m = slots.acquire(pages{i % 4 + 1});
    here::check(m.has_value() && all_zero(m->bytes()), "zeros, whatever the last user wrote");
    fill(m->bytes(), 0x5c);
    here::check(m->grow(pages{0}).has_value() && m->protect(0, 65536, access::read).has_value(), "read-only");
  }
  here::check(slots.statistics().recycled == 20 && slots.statistics().retired == 0, "by one slot");
}

bool can_lock() {
  const std::size_t enough = std::size_t{16} << 20;
  if (::SetProcessWorkingSetSize(::GetCurrentProcess(), 2 * enough, 4 * enough) == 0) return false;
  const auto got =
      system::virtual_alloc(nullptr, enough, system::mem_reserve | system::mem_commit, system::page_read_write);
  if (got.error != 0) return false;
  const bool locked = system::virtual_lock(got.address, enough) == 0;
  (void)system::virtual_free(got.address, 0, system::mem_release);
  return locked;
}

bool has(const char* function) {
  return ::GetProcAddress(::GetModuleHandleA("kernelbase.dll"), function) != nullptr ||
         ::GetProcAddress(::GetModuleHandleA("kernel32.dll"), function) != nullptr;
}

/// effective reports what was done.
void effective_is_true() {
  windows_allocator a;
  here::check(a.allocate(pages{2}, pages{8}).has_value(), "allocate");
  a.data()[0] = std::byte{1};
  const effective_t e = effective(a);
  here::check(e.inaccessible_before == std::size_t{65536}, "the guard before");
  here::check(e.inaccessible_after.value_or(0) >= 6 * 65536 + 65536, "what is reserved, and the guard behind");
  here::check(e.page_bytes == std::size_t{4096}, "pages of 4 KiB");
  here::check(!e.resident_bytes || *e.resident_bytes >= 4096, "the touched page is there");
}

void an_absent_node_is_not_supported() {
  numa_windows_allocator a{placement::prefer{.node = 63}};
  const auto got = a.allocate(pages{1}, pages{1});
  here::check(!got && got.error().code == errc::not_supported, "no machine of the tests has 64 nodes");
}

/// Purgeable contents return unchanged, or as zeros.
void volatile_memory_comes_back() {
  windows_allocator::with_residency<residency::purgeable<>> a;
  here::check(a.allocate(pages{2}, pages{2}).has_value(), "allocate");
  fill(a.bytes(), 0x41);
  here::check(a.mark_purgeable(0, 2 * 65536, volatility::normal).has_value(), "offer");
  const auto got = a.unmark_purgeable(0, 2 * 65536);
  here::check(got.has_value(), "reclaim");
  here::check(got != purge_state::intact || holds(a.bytes(), 0x41), "intact is intact");
}

void an_older_system_is_told_of() {
  windows_allocator::with_residency<residency::purgeable<>> a;
  here::check(a.allocate(pages{1}, pages{1}).has_value(), "allocate");
  const auto got = a.mark_purgeable(0, 65536, volatility::normal);
  here::check(!got && got.error().code == errc::not_supported, "what is missing is not supported");
  here::check(explain(got.error(), a).kind == limit_kind::unsupported, "and explained so");
}

void the_native_allocator_is_this_one() {
  static_assert(std::is_same_v<native_allocator, windows_allocator>);
  const auto caps = detect();
  here::check(caps && caps->memory.page_bytes.value() == std::uint64_t{4096}, "the machine's pages are known");
  windows_allocator a{limits{pages{std::uint64_t{1} << 33}}};
  const auto got = a.allocate(pages{0});
  here::check(!got && got.error().code == errc::out_of_address_space, "there is no such address space");
  here::check(explain(got.error(), a, std::size_t{1} << 49).kind == limit_kind::address_space, "which is the limit");
}

/// Pages populated at once cannot be views, whatever this system supports.
void an_image_is_copied() {
  using starting = with_images<windows_allocator>::with_residency<residency::populated>;
  const std::vector<std::byte> contents(100'000, std::byte{0x5a});
  const auto image = starting::image::from(contents);
  here::check(image.has_value(), "an image");
  starting a;
  here::check(a.allocate_from(*image, 65536, pages{4}, pages{8}).has_value(), "a memory that starts from it");
  here::check(effective(a).image == image_mode::copied, "which is said");
  here::check(holds(a.bytes().subspan(65536, 100'000), 0x5a) && all_zero(a.bytes().first(65536)), "its contents");
  fill(a.bytes(), 0x5b);
  here::check(a.reset(pages{4}).has_value() && holds(a.bytes().subspan(65536, 100'000), 0x5a), "again after a reset");
}

bool has_placeholders() {
  const auto got = system::virtual_alloc_over(nullptr, 65536, system::mem_reserve | system::mem_reserve_placeholder,
                                              system::page_no_access);
  return got.error == 0 && system::virtual_free(got.address, 0, system::mem_release) == 0;
}

void an_image_comes_as_this_system_can() {
  using starting = with_images<windows_allocator>;
  const std::vector<std::byte> contents(200'000, std::byte{0x6a});
  const auto image = starting::image::from(contents);
  here::check(image.has_value(), "an image");
  starting a;
  here::check(a.allocate_from(*image, 65536, pages{6}, pages{8}).has_value(), "a memory that starts from it");
  here::check(a.image_mode() == (has_placeholders() ? image_mode::mapped : image_mode::copied),
              "how it starts is said");
  here::check(holds(a.bytes().subspan(65536, 200'000), 0x6a) && all_zero(a.bytes().first(65536)), "its contents");
  fill(a.bytes(), 0x6b);
  here::check(a.shrink(pages{4}).has_value() && holds(a.bytes(), 0x6b), "to the middle of the image");
  here::check(a.grow(pages{5}).has_value() && all_zero(a.bytes().subspan(2 * 65536)), "zeros come back");
  here::check(a.discard(65536, 65536).has_value() && all_zero(a.bytes().subspan(65536)), "discard clears");
  here::check(a.protect(0, 3 * 65536, access::read).has_value(), "read-only");
  here::check(a.reset(pages{6}).has_value() && holds(a.bytes().subspan(65536, 200'000), 0x6a), "again after a reset");
  here::check(a.deallocate(a.data(), a.size()).has_value(), "released");
}

/// On x86-64: mov eax, 42; ret.
void generated_code_runs() {
  constexpr unsigned char returning[] = {0xb8, 42, 0, 0, 0, 0xc3};
  jit_memory<> jit;
  for (int i = 0; i < 100; ++i) {
    auto scope = jit.write(sizeof returning);
    here::check(scope.has_value(), "a place for code");
    std::memcpy(scope->bytes().data(), returning, sizeof returning);
    const auto code = scope->finalize();
    here::check(code && code->entry<int()>()() == 42, "it runs");
    here::check(i % 2 != 0 || jit.release(*code).has_value(), "and is released");
  }
  const auto data = jit.allocate_data(100);
  here::check(data && jit.protect_data(*data, access::read) && jit.release_data(*data), "data beside it");
}

void a_part_is_not_released() {
  const auto got = system::virtual_alloc(nullptr, 4 * 65536, system::mem_reserve, system::page_no_access);
  here::check(got.error == 0, "reserve");
  auto* const base = static_cast<std::byte*>(got.address);
  here::check(system::virtual_free(base + 65536, 65536, system::mem_release) != 0, "a part is not released");
  here::check(system::virtual_free(base, 0, system::mem_release) == 0, "the whole is");
}

}  // namespace
}  // namespace quire::test

int main() {
  using namespace quire;
  using namespace quire::test;
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  conform<plain<windows_allocator>>("windows_allocator");
  conform<plain<wasm_windows_allocator>>("wasm_windows_allocator");
  conform<on_node_0<numa_windows_allocator>>("numa_windows_allocator");
  conform<plain<windows_allocator::with_page_size<at_two_megabytes>>>("bases at 2 MiB");
  conform<plain<windows_allocator::with_page_size<in_units<4096>>>>("units of 4 KiB");
  conform<plain<windows_allocator::with_residency<residency::populated>>>("populated");
  conform<executing<windows_allocator::with_backing<backing::executable_windows_virtual<>>>>("executable");
  if (can_lock())
    conform<plain<windows_allocator::with_residency<residency::locked>>>("locked");
  else
    bare_environment::skip("locked", "16 MiB cannot be locked here");
  conform_in_a_pool<pooled<windows_allocator, recycling::decommit>>("in a pool, decommit");
  conform_in_a_pool<pooled<windows_allocator, recycling::verified<recycling::zero_high_water>>>(
      "in a pool, zero_high_water");
  conform_in_a_pool<pooled<windows_allocator::with_residency<residency::populated>, recycling::zero_all>>(
      "in a pool, populated");
  bare_environment::run_isolated("decommit", nothing_passes_on<recycling::decommit>);
  bare_environment::run_isolated("zero_all", nothing_passes_on<recycling::zero_all>);
  bare_environment::run_isolated("zero_high_water", nothing_passes_on<recycling::zero_high_water>);
  bare_environment::run_isolated("effective is true", effective_is_true);
  bare_environment::run_isolated("an absent node is not supported", an_absent_node_is_not_supported);
  bare_environment::run_isolated("an image is copied", an_image_is_copied);
  bare_environment::run_isolated("an image comes as this system can", an_image_comes_as_this_system_can);
  if (!has_placeholders())
    bare_environment::skip("views of images", "there are no placeholders here: on the model only");
  bare_environment::run_isolated("generated code runs", generated_code_runs);
  bare_environment::run_isolated("parts are not released", a_part_is_not_released);
  bare_environment::run_isolated("the native allocator is this one", the_native_allocator_is_this_one);
  if (has("OfferVirtualMemory")) {
    bare_environment::run_isolated("volatile memory comes back", volatile_memory_comes_back);
  } else {
    bare_environment::run_isolated("an older system is told of", an_older_system_is_told_of);
    bare_environment::skip("purgeable", "there is no OfferVirtualMemory here: on the model only");
  }
  std::printf("%u checks, %u failed\n", bare_environment::checks, bare_environment::failures);
  const unsigned all = bare_environment::passed + bare_environment::failed + bare_environment::skipped;
  std::printf("%u test cases: %u passed, %u failed, %u skipped\n", all, bare_environment::passed,
              bare_environment::failed, bare_environment::skipped);
  return bare_environment::failures == 0 ? 0 : 1;
}

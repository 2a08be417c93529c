// SPDX-License-Identifier: BSL-1.0
#pragma once
// A memory provider of the Unified Memory Framework over a region_allocator (tested with 1.2.0): each allocation is a
// region. The headers are UMF's own.
//
//   quire::region_allocator<quire::huge_linux_allocator> regions;
//   const auto provider = quire::heap::make_umf_provider(regions);
//   umfPoolCreate(umfScalablePoolOps(), provider.value(), nullptr, 0, &pool);
#include <umf/base.h>
#include <umf/memory_provider.h>
#include <umf/memory_provider_ops.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <quire/access.hpp>
#include <quire/heap/detail/heap_pages.hpp>
#include <quire/region_allocator.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

namespace quire::heap {

/// The functions that UMF calls, from any thread. Extents are neither split nor merged.
template <class Regions>
class umf_provider_functions : detail::heap_needs<typename Regions::allocator_type> {
  using allocator = typename Regions::allocator_type;

 public:
  /// The table for umfMemoryProviderCreate.
  [[nodiscard]] static umf_memory_provider_ops_t operations() noexcept {
    umf_memory_provider_ops_t made{};
    made.version = UMF_PROVIDER_OPS_VERSION_CURRENT;
    made.initialize = &initialize;
    made.finalize = [](void*) noexcept { return UMF_RESULT_SUCCESS; };
    made.alloc = &alloc;
    made.free = &free;
    made.get_last_native_error = &get_last_native_error;
    made.get_recommended_page_size = &get_recommended_page_size;
    made.get_min_page_size = &get_min_page_size;
    made.get_name = &get_name;
    made.ext_purge_force = &purge;
    add_later_functions(made);
    return made;
  }

 private:
  [[nodiscard]] static Regions& from(void* provider) noexcept { return *static_cast<Regions*>(provider); }
  [[nodiscard]] static umf_result_t told(error why) noexcept {
    switch (why.code) {
      case errc::out_of_memory:
      case errc::out_of_address_space: return UMF_RESULT_ERROR_OUT_OF_HOST_MEMORY;
      case errc::invalid_argument:
      case errc::size_mismatch:
      case errc::limit_exceeded:
      case errc::out_of_range: return UMF_RESULT_ERROR_INVALID_ARGUMENT;
      case errc::not_supported: return UMF_RESULT_ERROR_NOT_SUPPORTED;
      default: last_ = why; return UMF_RESULT_ERROR_MEMORY_PROVIDER_SPECIFIC;
    }
  }
  [[nodiscard]] static umf_result_t told(const result<void>& done) noexcept {
    return done ? UMF_RESULT_SUCCESS : told(done.error());
  }

  static umf_result_t initialize(const void* regions, void** provider) noexcept {
    *provider = const_cast<void*>(regions);
    return UMF_RESULT_SUCCESS;
  }
  /// An alignment of 0 is any.
  static umf_result_t alloc(void* provider, std::size_t bytes, std::size_t alignment, void** made) noexcept {
    const auto got = from(provider).reserve(
        bytes, {.alignment = std::max<std::size_t>(alignment, 1), .initial = access::read_write});
    *made = got ? got->data() : nullptr;
    return got ? UMF_RESULT_SUCCESS : told(got.error());
  }
  static umf_result_t free(void* provider, void* address, std::size_t bytes) noexcept {
    Regions& regions = from(provider);
    const std::size_t granule = regions.granularity();
    if (bytes > max_bytes - granule) return UMF_RESULT_ERROR_INVALID_ARGUMENT;
    return told(regions.release(detail::run_at(address, align_up(bytes, granule))));
  }
  static umf_result_t purge(void* provider, void* address, std::size_t bytes) noexcept {
    Regions& regions = from(provider);
    if (!is_aligned(reinterpret_cast<std::uintptr_t>(address) | bytes, regions.granularity()))
      return UMF_RESULT_ERROR_INVALID_ALIGNMENT;
    if constexpr (requires(std::span<std::byte> run) { regions.discard(run); })
      return told(regions.discard(detail::run_at(address, bytes)));
    return UMF_RESULT_ERROR_NOT_SUPPORTED;
  }
  static umf_result_t get_last_native_error(void*, const char** text, std::int32_t* code) noexcept {
    *text = last_.message();
    *code = last_.native;
    return UMF_RESULT_SUCCESS;
  }
  /// Regions of multiples of this can consist of huge pages, where the typedef asks for these.
  static umf_result_t get_recommended_page_size(void* provider, std::size_t, std::size_t* bytes) noexcept {
    *bytes = std::max(from(provider).granularity(), allocator::contract.alignment);
    return UMF_RESULT_SUCCESS;
  }
  static umf_result_t get_min_page_size(void* provider, const void*, std::size_t* bytes) noexcept {
    *bytes = from(provider).granularity();
    return UMF_RESULT_SUCCESS;
  }
  static umf_result_t get_name(void*, const char** name) noexcept {
    *name = "quire";
    return UMF_RESULT_SUCCESS;
  }
  /// Since 1.2 the size of a cache line is asked for.
  template <class Operations>
  static void add_later_functions(Operations& made) noexcept {
    if constexpr (requires { made.get_cache_line_size; })
      made.get_cache_line_size = [](void*, std::size_t* bytes) noexcept {
        *bytes = 64;
        return UMF_RESULT_SUCCESS;
      };
  }

  static inline thread_local error last_{errc::system, step::plan, 0};
};

/// Makes a provider, which UMF's umfMemoryProviderDestroy ends. The regions outlive it and all pools over it. Errors:
/// `out_of_memory`, with UMF's code.
template <class A>
[[nodiscard]] result<umf_memory_provider_handle_t> make_umf_provider(region_allocator<A>& from) noexcept {
  const umf_memory_provider_ops_t functions = umf_provider_functions<region_allocator<A>>::operations();
  umf_memory_provider_handle_t made = nullptr;
  if (const umf_result_t n = umfMemoryProviderCreate(&functions, &from, &made))
    return failure(errc::out_of_memory, step::configure, static_cast<int>(n));
  return made;
}

}  // namespace quire::heap

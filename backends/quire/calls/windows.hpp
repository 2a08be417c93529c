// SPDX-License-Identifier: BSL-1.0
#pragma once
// The calls of Windows that a page allocator needs, one function each, returning 0 or the code of GetLastError.
// Functions newer than Windows 7 are looked up when they are called.
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>

#include <quire/calls/mapping.hpp>
#include <quire/calls/windows/types.hpp>

#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
// After windows.h, which it needs.
#include <psapi.h>

namespace quire::calls {

struct windows : windows_types {
  static constexpr std::size_t largest_page = allocation_granularity;
  static std::size_t page_bytes() noexcept {
    SYSTEM_INFO told;
    ::GetSystemInfo(&told);
    return told.dwPageSize;
  }

  BOOST_FORCEINLINE static mapping virtual_alloc(void* where, std::size_t bytes, unsigned type,
                                                 unsigned protection) noexcept {
    return mapping_of(::VirtualAlloc(where, bytes, type, protection));
  }
  /// VirtualAllocExNuma: the node applies to new reservations, and to everything that is committed in them later.
  static mapping virtual_alloc_on(unsigned node, void* where, std::size_t bytes, unsigned type,
                                  unsigned protection) noexcept {
    return mapping_of(::VirtualAllocExNuma(::GetCurrentProcess(), where, bytes, type, protection, node));
  }
  BOOST_FORCEINLINE static int virtual_free(void* p, std::size_t bytes, unsigned type) noexcept {
    return of(::VirtualFree(p, bytes, type));
  }
  /// The old access is dropped; without a place for it the call would fail.
  BOOST_FORCEINLINE static int virtual_protect(void* p, std::size_t bytes, unsigned protection) noexcept {
    DWORD old = 0;
    return of(::VirtualProtect(p, bytes, protection, &old));
  }
  static void flush_instructions(const std::byte* code, std::size_t bytes) noexcept {
    (void)::FlushInstructionCache(::GetCurrentProcess(), code, bytes);
  }
  static int virtual_lock(void* p, std::size_t bytes) noexcept { return of(::VirtualLock(p, bytes)); }
  /// The shortest time in milliseconds in which threads of lower priority run as well.
  static void pause() noexcept { ::Sleep(1); }

  /// Windows 8.1. `busy` from reclaim is success: all pages are accessible again, but contents are lost.
  static int offer_virtual_memory(void* p, std::size_t bytes, unsigned priority) noexcept {
    using function = DWORD(WINAPI*)(void*, SIZE_T, int);
    const auto offer = newer<function>("OfferVirtualMemory");
    return offer == nullptr ? procedure_not_found : static_cast<int>(offer(p, bytes, static_cast<int>(priority)));
  }
  static int reclaim_virtual_memory(void* p, std::size_t bytes) noexcept {
    using function = DWORD(WINAPI*)(const void*, SIZE_T);
    const auto reclaim = newer<function>("ReclaimVirtualMemory");
    return reclaim == nullptr ? procedure_not_found : static_cast<int>(reclaim(p, bytes));
  }

  /// VirtualAlloc2; placeholders exist since Windows 10 1803, as do the two calls on views.
  static mapping virtual_alloc_over(void* where, std::size_t bytes, unsigned type, unsigned protection) noexcept {
    const auto alloc = newer<alloc_function>("VirtualAlloc2");
    if (alloc == nullptr) return {nullptr, procedure_not_found};
    return mapping_of(alloc(nullptr, where, bytes, type, protection, nullptr, 0));
  }
  /// CreateFileMapping over the paging file: zeroed, and charged in full.
  static int create_section(std::size_t bytes, void*& section) noexcept {
    const auto high = static_cast<DWORD>(std::uint64_t{bytes} >> 32), low = static_cast<DWORD>(bytes & 0xffffffff);
    section = ::CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, high, low, nullptr);
    return section != nullptr ? 0 : error();
  }
  static void close_section(void* section) noexcept { (void)::CloseHandle(section); }
  /// MapViewOfFile3.
  static mapping map_view(void* section, void* where, std::size_t offset, std::size_t bytes, unsigned type,
                          unsigned protection) noexcept {
    const auto map = newer<map_function>("MapViewOfFile3");
    if (map == nullptr) return {nullptr, procedure_not_found};
    return mapping_of(map(section, ::GetCurrentProcess(), where, offset, bytes, type, protection, nullptr, 0));
  }
  /// UnmapViewOfFile2.
  static int unmap_view(void* p, unsigned flags) noexcept {
    const auto unmap = newer<unmap_function>("UnmapViewOfFile2");
    return unmap == nullptr ? procedure_not_found : of(unmap(::GetCurrentProcess(), p, flags));
  }

  static int virtual_query(const void* p, memory_region& told) noexcept {
    MEMORY_BASIC_INFORMATION info;
    if (::VirtualQuery(p, &info, sizeof info) == 0) return error();
    told = {static_cast<std::byte*>(info.BaseAddress),
            static_cast<std::byte*>(info.AllocationBase),
            info.RegionSize,
            info.State,
            info.Protect,
            info.Type};
    return 0;
  }
  static int query_working_set(working_set_page* pages, std::size_t count) noexcept {
    return of(::K32QueryWorkingSetEx(::GetCurrentProcess(), pages, static_cast<DWORD>(count * sizeof *pages)));
  }
  /// In bytes; the amount that can be locked is the minimum less a little.
  static int working_set_limits(std::size_t& minimum, std::size_t& maximum) noexcept {
    SIZE_T least = 0, most = 0;
    if (::GetProcessWorkingSetSize(::GetCurrentProcess(), &least, &most) == 0) return error();
    minimum = least;
    maximum = most;
    return 0;
  }
  static int query_memory(memory_status& told) noexcept {
    MEMORYSTATUSEX status{};
    status.dwLength = sizeof status;
    if (::GlobalMemoryStatusEx(&status) == 0) return error();
    told = {status.ullTotalPhys,     status.ullAvailPhys,    status.ullTotalPageFile,
            status.ullAvailPageFile, status.ullTotalVirtual, status.ullAvailVirtual};
    return 0;
  }
  static int highest_node(unsigned& node) noexcept {
    ULONG told = 0;
    if (::GetNumaHighestNodeNumber(&told) == 0) return error();
    node = told;
    return 0;
  }

 private:
  // The last two arguments are MEM_EXTENDED_PARAMETERs; none are given.
  using alloc_function = void*(WINAPI*)(HANDLE, void*, SIZE_T, ULONG, ULONG, void*, ULONG);
  using map_function = void*(WINAPI*)(HANDLE, HANDLE, void*, ULONG64, SIZE_T, ULONG, ULONG, void*, ULONG);
  using unmap_function = BOOL(WINAPI*)(HANDLE, void*, ULONG);

  /// Null if this version of the system does not have the function.
  template <class Function>
  static Function newer(const char* name) noexcept {
    const HMODULE library = ::GetModuleHandleA("kernelbase.dll");
    if (library == nullptr) return nullptr;
    return reinterpret_cast<Function>(reinterpret_cast<void*>(::GetProcAddress(library, name)));
  }
  /// Never 0, whatever the failed call left behind.
  static int error() noexcept {
    const DWORD code = ::GetLastError();
    return code == 0 ? static_cast<int>(ERROR_GEN_FAILURE) : static_cast<int>(code);
  }
  BOOST_FORCEINLINE static int of(int succeeded) noexcept { return succeeded != 0 ? 0 : error(); }
  BOOST_FORCEINLINE static mapping mapping_of(void* p) noexcept {
    return p != nullptr ? mapping{p, 0} : mapping{nullptr, error()};
  }

  static_assert(mem_commit == MEM_COMMIT && mem_reserve == MEM_RESERVE && mem_decommit == MEM_DECOMMIT);
  static_assert(mem_release == MEM_RELEASE && mem_free == MEM_FREE);
  static_assert(mem_private == MEM_PRIVATE && mem_mapped == MEM_MAPPED);
  static_assert(page_no_access == PAGE_NOACCESS && page_read_only == PAGE_READONLY);
  static_assert(page_write_copy == PAGE_WRITECOPY);
#ifdef MEM_REPLACE_PLACEHOLDER
  static_assert(mem_replace_placeholder == MEM_REPLACE_PLACEHOLDER);
  static_assert(mem_reserve_placeholder == MEM_RESERVE_PLACEHOLDER);
  static_assert(mem_preserve_placeholder == MEM_PRESERVE_PLACEHOLDER);
#endif
  static_assert(page_read_write == PAGE_READWRITE && page_execute_read == PAGE_EXECUTE_READ);
  static_assert(page_execute_read_write == PAGE_EXECUTE_READWRITE);
  static_assert(access_denied == ERROR_ACCESS_DENIED && not_enough_memory == ERROR_NOT_ENOUGH_MEMORY);
  static_assert(out_of_memory == ERROR_OUTOFMEMORY && not_supported == ERROR_NOT_SUPPORTED);
  static_assert(invalid_parameter == ERROR_INVALID_PARAMETER && call_not_implemented == ERROR_CALL_NOT_IMPLEMENTED);
  static_assert(procedure_not_found == ERROR_PROC_NOT_FOUND && busy == ERROR_BUSY);
  static_assert(invalid_address == ERROR_INVALID_ADDRESS && no_access == ERROR_NOACCESS);
  static_assert(privilege_not_held == ERROR_PRIVILEGE_NOT_HELD && no_system_resources == ERROR_NO_SYSTEM_RESOURCES);
  static_assert(working_set_quota == ERROR_WORKING_SET_QUOTA && pagefile_quota == ERROR_PAGEFILE_QUOTA);
  static_assert(commitment_limit == ERROR_COMMITMENT_LIMIT);
  static_assert(offer_very_low == VmOfferPriorityVeryLow && offer_low == VmOfferPriorityLow);
  static_assert(offer_below_normal == VmOfferPriorityBelowNormal && offer_normal == VmOfferPriorityNormal);
  static_assert(sizeof(working_set_page) == sizeof(PSAPI_WORKING_SET_EX_INFORMATION));
};

}  // namespace quire::calls

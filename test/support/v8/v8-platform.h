// SPDX-License-Identifier: BSL-1.0
// Declarations of V8's page allocator, written anew for tests: what the adapter overrides, in the form of V8 11.
#pragma once
#include <cstddef>
#include <cstdint>

namespace v8 {

class PageAllocator {
 public:
  enum Permission { kNoAccess, kRead, kReadWrite, kReadWriteExecute, kReadExecute, kNoAccessWillJitLater };

  virtual ~PageAllocator() = default;

  virtual std::size_t AllocatePageSize() = 0;
  virtual std::size_t CommitPageSize() = 0;
  virtual void SetRandomMmapSeed(std::int64_t seed) = 0;
  virtual void* GetRandomMmapAddr() = 0;

  virtual void* AllocatePages(void* address, std::size_t length, std::size_t alignment, Permission permissions) = 0;
  virtual bool FreePages(void* address, std::size_t length) = 0;
  virtual bool ReleasePages(void* address, std::size_t length, std::size_t new_length) = 0;
  virtual bool SetPermissions(void* address, std::size_t length, Permission permissions) = 0;
  virtual bool RecommitPages(void*, std::size_t, Permission) { return false; }
  virtual bool DiscardSystemPages(void*, std::size_t) { return true; }
  virtual bool DecommitPages(void* address, std::size_t size) = 0;
};

}  // namespace v8

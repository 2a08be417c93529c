// SPDX-License-Identifier: BSL-1.0
// shm_open for objects without names, and shm_ctl.
#include <cstdint>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

#include "models/qnx/model/entry.hpp"
#include "models/qnx/model/numbers.hpp"
#include "models/qnx/model/state.hpp"

namespace quire::test::qnx_model {
namespace {

/// Fills the object with stale contents: QNX does not document that the memory is zero.
bool fill(int file, std::size_t bytes) {
  if (::ftruncate(file, static_cast<off_t>(bytes)) != 0) return false;
  void* const p = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (p == MAP_FAILED) return false;
  std::memset(p, 0xd5, bytes);
  return ::munmap(p, bytes) == 0;
}

}  // namespace
}  // namespace quire::test::qnx_model

using namespace quire::test::qnx_model;

int qnx_model_shm_open(const char* name, int access, mode_t) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  // Objects with names are not simulated.
  if (reinterpret_cast<std::uintptr_t>(name) != anonymous_object || access != access_read_write) return fail(e_invalid);
  const int fd = ::memfd_create("shared memory", MFD_CLOEXEC);
  if (fd < 0) return fail(e_too_many_objects);
  now.objects[fd] = {nullptr};
  return fd;
}

int qnx_model_shm_ctl(int object, int flags, std::uint64_t physical, std::uint64_t size) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  const auto found = now.objects.find(object);
  if (found == now.objects.end()) return fail(e_bad_object);
  if (found->second.sealed) return fail(e_perm);
  if (found->second.pool != nullptr || found->second.memory != nullptr)
    return fail(e_invalid);  // the object has been set up already
  if ((flags & ~object_sealed) != object_of_memory || physical != 0 || size == 0 || size > now.is.room)
    return fail(e_invalid);
  std::vector<run> taken = now.ram().take(now.whole_pages(size), false);
  if (taken.empty()) return fail(e_no_memory);
  auto memory = std::make_shared<object_memory>(now.ram(), std::move(taken));
  if (!fill(object, memory->bytes())) return fail(e_no_memory);
  found->second.memory = std::move(memory);
  found->second.sealed = (flags & object_sealed) != 0;
  return 0;
}

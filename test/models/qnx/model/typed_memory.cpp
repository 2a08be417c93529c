// SPDX-License-Identifier: BSL-1.0
// posix_typed_mem_open and the calls that go with it.
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

#include "models/qnx/model/entry.hpp"
#include "models/qnx/model/numbers.hpp"
#include "models/qnx/model/state.hpp"

namespace quire::test::qnx_model {
namespace {

/// A name that begins with a slash is a whole path; any other name matches trailing whole components.
bool matches(std::string_view path, std::string_view name) {
  if (name.starts_with('/')) return path == name;
  return !name.empty() && path.size() > name.size() && path.ends_with(name) &&
         path[path.size() - name.size() - 1] == '/';
}

physical_memory* pool_called(std::string_view name) {
  for (auto& each : state().memory)
    if (matches(each.path(), name)) return &each;
  return nullptr;
}

}  // namespace
}  // namespace quire::test::qnx_model

using namespace quire::test::qnx_model;

int qnx_model_posix_typed_mem_open(const char* name, int access, int how) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  const bool at_most_one =
      how == 0 || how == typed_allocate || how == typed_allocate_contiguous || how == typed_map_allocatable;
  if (!at_most_one || access < 0 || access > access_read_write) return fail(e_invalid);
  physical_memory* const pool = pool_called(name);
  if (pool == nullptr) return fail(e_no_entry);
  if (!now.is.may_map_physical) return fail(e_access);
  const int fd = ::memfd_create("typed memory", MFD_CLOEXEC);  // a unique descriptor
  if (fd < 0) return fail(e_too_many_objects);
  now.objects[fd] = {pool, how};
  return fd;
}

int qnx_model_posix_typed_mem_get_info(int object, void* info) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  const auto found = now.objects.find(object);
  if (found == now.objects.end()) return fail(e_bad_object);
  if (found->second.pool == nullptr) return fail(e_no_device);
  const bool allocates = (found->second.how & (typed_allocate | typed_allocate_contiguous)) != 0;
  *static_cast<std::size_t*>(info) = allocates ? found->second.pool->room() : 0;
  return 0;
}

int qnx_model_close(int object) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  now.objects.erase(object);
  return ::close(object);
}

// SPDX-License-Identifier: BSL-1.0
#include "models/qnx/model/state.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace quire::test::qnx_model {

system_state& state() {
  static system_state all;
  return all;
}

void boot(const machine& m) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  if (now.space.mapped() != 0 || !now.objects.empty()) {
    std::fputs("an earlier machine is still in use\n", stderr);
    std::abort();
  }
  now.is = m;
  now.memory.clear();
  now.memory.emplace_back("/memory/ram/sysram", std::uint64_t{1} << 31, m.ram);
  std::uint64_t begin = std::uint64_t{1} << 40;
  for (const set_aside& each : m.pools) {
    now.memory.emplace_back(each.name, begin, each.bytes);
    begin += std::uint64_t{1} << 36;
  }
}

usage used() {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  return {now.space.mapped(), now.is.ram - now.ram().room(), now.space.locked(), now.objects.size()};
}

std::size_t room_in(const std::string& pool) {
  auto& now = state();
  const std::lock_guard guard(now.mutex);
  for (const auto& each : now.memory)
    if (each.path() == pool) return each.room();
  return 0;
}

int fail(int code) {
  errno = code;
  return -1;
}

bool is_mapped(std::uintptr_t where, std::size_t bytes) {
  return state().space.mapped_in(where, where + bytes) == bytes;
}

}  // namespace quire::test::qnx_model

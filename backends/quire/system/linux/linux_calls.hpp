#pragma once
// How Linux is told from other systems: by the calls of a store.
#include <concepts>

#include <quire/system/rlimits.hpp>

namespace quire::detail {

/// Calls of a system that also describes itself in files.
template <class Calls>
concept linux_calls = posix_calls<Calls> && requires(const char* path) {
  { Calls::open_to_read(path) } noexcept -> std::same_as<int>;
};

}  // namespace quire::detail

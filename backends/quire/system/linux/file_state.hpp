// SPDX-License-Identifier: BSL-1.0
#pragma once
// Whether a system has a file at all, as opposed to whether the file can be read.
#include <quire/system/descriptor.hpp>
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

enum class file_state : unsigned char { exists, absent, unknown };

/// The state of a file or directory. Unknown if opening it fails for any other reason than its absence, or if the path
/// did not fit.
template <class Calls>
[[nodiscard]] file_state file_state_of(const path_buffer& path) noexcept {
  if (!path.complete() || path.view().empty()) return file_state::unknown;
  const descriptor<Calls> file(Calls::open_to_read(path.c_str()));
  if (file.is_open()) return file_state::exists;
  return file.error() == Calls::no_entry ? file_state::absent : file_state::unknown;
}

}  // namespace quire::detail

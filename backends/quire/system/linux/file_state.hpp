#pragma once
// Whether a system has a file at all, which is not the same as whether it lets itself be read.
#include <quire/system/text/path_buffer.hpp>

namespace quire::detail {

enum class presence : unsigned char { there, absent, unknown };

/// Of a file or a folder. Unknown where it cannot be opened for any other reason than that it is not there, and of a
/// path that did not fit.
template <class Calls>
[[nodiscard]] presence presence_of(const path_text& path) noexcept {
  if (path.view().empty()) return presence::unknown;
  const int file = Calls::open_to_read(path.c_str());
  if (file >= 0) Calls::close(file);
  if (file >= 0) return presence::there;
  return file == -Calls::no_entry ? presence::absent : presence::unknown;
}

}  // namespace quire::detail

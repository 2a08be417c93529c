// SPDX-License-Identifier: BSL-1.0
#pragma once
// The calls of POSIX.1-2024 on memory and on files that Quire needs.
#include <quire/calls/posix/files.hpp>
#include <quire/calls/posix/memory.hpp>

namespace quire::calls {

struct posix : posix_memory, posix_files {};

}  // namespace quire::calls

// SPDX-License-Identifier: BSL-1.0
#pragma once
// A path that is assembled without a heap.
#include <quire/system/bounded.hpp>

namespace quire::detail {

using path_buffer = bounded_text<511>;

}  // namespace quire::detail

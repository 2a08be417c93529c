// SPDX-License-Identifier: BSL-1.0
#pragma once
// Helpers shared by the parts of the model.
#include <cstddef>

#include "models/macos/model/map.hpp"

namespace quire::test {

/// Applies the access and the inheritance of an entry to the pages of this machine.
void apply_access(const mach_entry& e);
/// Subtracts unmapped pages from the count of wired bytes.
void unwire(std::byte* p, std::size_t bytes);

}  // namespace quire::test

#pragma once
// What the parts of the model share.
#include <cstddef>

#include "models/macos/model/map.hpp"

namespace quire::test {

/// Gives this machine's pages the access and the inheritance of an entry.
void apply_access(const mach_entry& e);
/// What unmapping does to the count of wired bytes.
void unwire(std::byte* p, std::size_t bytes);

}  // namespace quire::test

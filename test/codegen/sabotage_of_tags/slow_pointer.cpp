// SPDX-License-Identifier: BSL-1.0
// expect: pointers::with_tag: not one instruction
#include <cstddef>

#include <quire/tagged_ptr.hpp>

namespace pointers {
using quire::tagged_ptr;

tagged_ptr<std::byte> with_tag(tagged_ptr<std::byte> p, unsigned tag) { return p.with_tag(tag % 8); }
}  // namespace pointers

// SPDX-License-Identifier: BSL-1.0
// expect: spoilt::contains: and .* looks at a tag
#include <quire/platform/linux.hpp>
#include <quire/tags.hpp>

#include "../tagged_code.hpp"

using allocator = quire::linux_allocator;
struct untagging : allocator {
  bool contains(const void* p) const noexcept { return allocator::contains(quire::without_tag_in(p)); }
};

namespace untagged {
struct spoilt : of<untagging> {};
}  // namespace untagged
template struct operations<untagged::spoilt>;

// SPDX-License-Identifier: BSL-1.0
// expect: nothing
#include <quire/platform/linux_arm64_mte.hpp>

#include "../tagged_code.hpp"

namespace untagged {
struct unspoilt : of<quire::linux_allocator> {};
}  // namespace untagged
namespace tagged {
struct unspoilt : of<quire::linux_arm64_mte_allocator> {};
}  // namespace tagged
template struct operations<untagged::unspoilt>;
template struct operations<tagged::unspoilt>;

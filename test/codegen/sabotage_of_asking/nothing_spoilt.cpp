// SPDX-License-Identifier: BSL-1.0
// expect: nothing
#include <quire/headroom.hpp>

namespace asking {
quire::explanation headroom() { return quire::headroom(); }
}  // namespace asking

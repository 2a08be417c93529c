// SPDX-License-Identifier: BSL-1.0
// expect: allocates: operator new
#include <string>

namespace asking {
std::string* detect() { return new std::string; }
}  // namespace asking

// SPDX-License-Identifier: BSL-1.0
// A buffer between two symbols; the linker defines the end. See meson.build.
#include <cstddef>

extern "C" {
extern std::byte quire_test_begin[];
alignas(16) std::byte quire_test_begin[131072];
}

// SPDX-License-Identifier: BSL-1.0
// expect: the elements' alignment exceeds that of this allocator: add protection::aligned
#include <quire/pinned_vector.hpp>

#ifdef CONTROL
struct alignas(65536) element {};
#else
struct alignas(131072) element {};
#endif

quire::pinned_vector<element> elements;

void fill() { elements.resize(1); }

// SPDX-License-Identifier: BSL-1.0
// expect: elements of a ring are trivially copyable, and neither const nor volatile
#include <string>

#include <quire/ring_buffer.hpp>

#ifdef CONTROL
using element = char;
#else
using element = std::string;
#endif

quire::ring_buffer<element> ring;

// SPDX-License-Identifier: BSL-1.0
// expect: a page unit is a power of two
#include "compile_fail/buffers/buffers.hpp"

quire::static_storage<4096> storage;

#ifdef CONTROL
memory_over<quire::backing::static_buffer<storage>, 128> memory;
#else
memory_over<quire::backing::static_buffer<storage>, 100> memory;
#endif

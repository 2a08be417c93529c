// SPDX-License-Identifier: BSL-1.0
// expect: this store's buffer does not hold one page
#include "buffers.hpp"

quire::static_storage<4096> storage;

#ifdef CONTROL
memory_over<quire::backing::static_buffer<storage>, 256> memory;
#else
memory_over<quire::backing::static_buffer<storage>> memory;
#endif

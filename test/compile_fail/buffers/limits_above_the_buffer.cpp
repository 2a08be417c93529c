// SPDX-License-Identifier: BSL-1.0
// expect: fixed_limits are larger than the buffer of this store
#include "buffers.hpp"

quire::static_storage<4096> storage;

#ifdef CONTROL
constexpr std::uint64_t most = 16;
#else
constexpr std::uint64_t most = 17;
#endif
memory_over<quire::backing::static_buffer<storage>, 256> memory{quire::fixed_limits<most>{}};

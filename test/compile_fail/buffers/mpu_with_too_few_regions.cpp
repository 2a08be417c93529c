// SPDX-License-Identifier: BSL-1.0
// expect: this part's memory protection unit has too few regions for a guarded memory
#include <quire/backing/cortex_m.hpp>

#include "buffers.hpp"
#include "fake_mpu.hpp"

quire::static_storage<4096, quire::verification::off, 4096> storage;

#ifdef CONTROL
constexpr std::size_t regions = 8;
#else
constexpr std::size_t regions = 2;
#endif
memory_over<quire::backing::cortex_m<quire::backing::static_buffer<storage>, fake_mpu<regions>>, 256> memory;

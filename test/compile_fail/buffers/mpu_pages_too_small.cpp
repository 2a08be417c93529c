// SPDX-License-Identifier: BSL-1.0
// expect: PMSAv7 tells at most 64 pages apart
#include <quire/backing/cortex_m.hpp>

#include "buffers.hpp"
#include "fake_mpu.hpp"

quire::static_storage<4096, quire::verification::off, 4096> storage;

#ifdef CONTROL
constexpr std::size_t page = 64;
#else
constexpr std::size_t page = 32;
#endif
memory_over<quire::backing::cortex_m<quire::backing::static_buffer<storage>, fake_mpu<8>, page>, 256> memory;

// SPDX-License-Identifier: BSL-1.0
// expect: the size of this storage is known at run time, so that the page must be said
#include <span>

#include <quire/backing/cortex_m.hpp>

#include "buffers.hpp"
#include "fake_mpu.hpp"

#ifdef CONTROL
using store = quire::backing::cortex_m<quire::backing::static_buffer<>, fake_mpu<8>, 128>;
#else
using store = quire::backing::cortex_m<quire::backing::static_buffer<>, fake_mpu<8>>;
#endif
memory_over<store, 256> memory{quire::backing::static_buffer{std::span<std::byte>{}}};

// SPDX-License-Identifier: BSL-1.0
// expect: quire: a memory that verifies its own bookkeeping cannot be grown by several threads
#include <quire/backing/concurrent.hpp>
#include <quire/backing/verified.hpp>

#include "buffers.hpp"

quire::static_storage<131072> storage;
using quire::verification;
#ifdef CONTROL
constexpr verification level = verification::standard;
#else
constexpr verification level = verification::critical;
#endif
using checked = quire::backing::verified<quire::backing::static_buffer<storage>, level>;

quire::with_concurrent_growth<memory_over<checked>> memory;

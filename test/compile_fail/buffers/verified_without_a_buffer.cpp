// SPDX-License-Identifier: BSL-1.0
// expect: verification needs a store over a buffer in which nothing faults
#include <quire/backing/verified.hpp>

#include "buffers.hpp"
#include "compile_fail/core/bare_store.hpp"

quire::static_storage<65536> storage;

#ifdef CONTROL
quire::backing::verified<quire::backing::static_buffer<storage>, quire::verification::minimal> store;
#else
quire::backing::verified<bare_store, quire::verification::minimal> store;
#endif

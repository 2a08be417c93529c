// SPDX-License-Identifier: BSL-1.0
// expect: quire: backing::qnx_typed_memory is given the pool that it draws from
#include <quire/backing/qnx_typed_memory.hpp>
#include <quire/calls/qnx.hpp>
#include <quire/platform/qnx.hpp>

using store = quire::backing::qnx_typed_memory<>;

void make([[maybe_unused]] const store::pool& pool) {
#ifdef CONTROL
  quire::qnx_allocator::with_backing<store> m{store{pool}};
#else
  quire::qnx_allocator::with_backing<store> m{store{}};
#endif
}

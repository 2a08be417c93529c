// SPDX-License-Identifier: BSL-1.0
// expect: quire: this residency policy needs
#include <quire/platform/qnx.hpp>
#include <quire/residency/locked.hpp>

#ifdef CONTROL
using memory_type = quire::qnx_allocator;
#else
using memory_type = quire::lazy_qnx_allocator;
#endif

memory_type::with_residency<quire::residency::locked> memory;

// SPDX-License-Identifier: BSL-1.0
// expect: the policies in all_of belong to one axis
#include <quire/all_of.hpp>
#include <quire/platform/linux.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/populated.hpp>

#ifdef CONTROL
using joined = quire::all_of<quire::residency::populated, quire::residency::excluded_from_dumps>;
#else
using joined = quire::all_of<quire::residency::populated, quire::placement::anywhere>;
#endif

quire::linux_allocator::with_residency<joined> memory;

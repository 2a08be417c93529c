// expect: first_of goes around all_of, not into it
#include <quire/all_of.hpp>
#include <quire/first_of.hpp>
#include <quire/platform/linux.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>

using namespace quire::residency;
#ifdef CONTROL
using residency =
    quire::first_of<quire::all_of<locked, excluded_from_dumps>, quire::all_of<populated, excluded_from_dumps>>;
#else
using residency = quire::all_of<quire::first_of<locked, populated>, excluded_from_dumps>;
#endif

quire::linux_allocator::with_residency<residency> memory;

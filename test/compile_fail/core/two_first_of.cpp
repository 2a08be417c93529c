// expect: at most one axis of a typedef has a first_of
#include <quire/first_of.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/residency/populated.hpp>

using page_sizes = quire::first_of<quire::page_size::explicit_huge<2097152>, quire::page_size::native>;
#ifdef CONTROL
using residency = quire::residency::populated;
#else
using residency = quire::first_of<quire::residency::populated, quire::residency::on_demand>;
#endif

quire::linux_allocator::with_page_size<page_sizes>::with_residency<residency> memory;

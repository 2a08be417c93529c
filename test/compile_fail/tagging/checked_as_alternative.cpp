// expect: tags that a registry checks have no alternatives
#include <quire/first_of.hpp>
#include <quire/platform/linux.hpp>
#include <quire/tagging/checked.hpp>

#ifdef CONTROL
using policy = quire::tagging::checked<>;
#else
using policy = quire::first_of<quire::tagging::checked<>, quire::tagging::untagged>;
#endif

quire::linux_allocator::with_tagging<policy> memory;

// SPDX-License-Identifier: BSL-1.0
// expect: a_policy_or_store_that_holds_data_must_be_given_to_the_constructor
#include <quire/platform/linux.hpp>

#include <type_traits>

static_assert(!std::is_default_constructible_v<quire::numa_linux_allocator>);

#ifdef CONTROL
quire::numa_linux_allocator memory{quire::placement::prefer{.node = 0}};
#else
quire::numa_linux_allocator memory;
#endif

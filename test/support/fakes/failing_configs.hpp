// SPDX-License-Identifier: BSL-1.0
#pragma once
// Typedefs over failing calls, as test configs.
#include "support/fakes/failing_calls.hpp"
#include "support/fakes/permissive_fake_kernel.hpp"
#include "support/test_configs.hpp"

namespace quire::test {

template <class Calls>
using failing_linux = backing::linux_mmap<failing_calls<Calls>>;
using failing_store = failing_linux<permissive_fake_kernel>;

template <class A, class Store = failing_store>
using failing = sole<plain<typename A::template with_backing<Store>>>;

}  // namespace quire::test

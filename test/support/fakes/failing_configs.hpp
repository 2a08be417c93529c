#pragma once
// Typedefs over failing calls, as subjects.
#include "support/failing_calls.hpp"
#include "support/obliging_kernel.hpp"
#include "support/subjects.hpp"

namespace quire::test {

template <class Calls>
using failing_linux = backing::linux_mmap<failing_calls<Calls>>;
using failing_store = failing_linux<obliging_kernel>;

template <class A, class Store = failing_store>
using failing = sole<plain<typename A::template with_backing<Store>>>;

}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
// expect: quire: generated code needs a store whose pages may become executable
#include <quire/basic_jit_memory.hpp>
#include <quire/platform/linux.hpp>

#include "models/macos/configs.hpp"

#ifdef CONTROL
quire::basic_jit_memory<quire::linux_jit_allocator> jit;
#else
quire::basic_jit_memory<quire::test::modelled> jit;
#endif

// SPDX-License-Identifier: BSL-1.0
// expect: wasm2c's code keeps the base of a memory: its tag must not change on reset
#include <quire/engine/wasm2c.hpp>
#include <quire/tagging/mte.hpp>

#include "compile_fail/tagging/tagging_store.hpp"

#ifdef CONTROL
using policy = quire::tagging::mte<>;
#else
using policy = quire::tagging::mte<>::retag_on_reset;
#endif

quire::engine::wasm2c_memory<tagged_by<policy>::with_protection<quire::protection::index_space<>>> runtime;

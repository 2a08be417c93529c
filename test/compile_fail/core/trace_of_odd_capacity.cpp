// SPDX-License-Identifier: BSL-1.0
// expect: quire: the capacity of a trace is a power of two from 2 to 65536
#include <quire/step_trace.hpp>

#ifdef CONTROL
quire::step_trace<4> trace;
#else
quire::step_trace<5> trace;
#endif

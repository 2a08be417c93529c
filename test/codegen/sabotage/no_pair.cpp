// SPDX-License-Identifier: BSL-1.0
// expect: nothing to compare
#include "ordinary.hpp"

int answer() { return 42; }

// SPDX-License-Identifier: BSL-1.0
// Precompiled once for each program: most of what a small test file reads is Catch2.
#include "support/catch/catch.hpp"

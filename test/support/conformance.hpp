// SPDX-License-Identifier: BSL-1.0
#pragma once
// Runs all conformance cases for one test config, as a Catch2 test case or part of one.
#include "conformance/cases.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/test_configs.hpp"

namespace quire::test {

template <config M>
void conform() {
  if (const char* const reason = M::missing()) return skip(reason);
  run_conformance_cases<test_environment, M>();
}

}  // namespace quire::test

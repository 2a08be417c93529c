// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a case of the lab reports beyond passing, from which docs/lab-results.md is made.
#include <source_location>

#include <quire/error.hpp>

#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"

namespace quire::test {

/// A check that also counts in a child.
inline void expect(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
}

/// Reports that the machine lacks the feature, and that the library returned this error.
void refused_with(const error& e);

/// Returns null in a guest of the lab; elsewhere, why a case that changes settings of the machine is not carried out.
const char* not_in_a_guest();

}  // namespace quire::test

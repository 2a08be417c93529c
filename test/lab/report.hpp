#pragma once
// What a case of the lab tells the table of results, beyond that it passed: docs/lab-results.md is made of it.
#include <source_location>

#include <quire/error.hpp>

#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"

namespace quire::test {

/// A check that counts in a child as well.
inline void expect(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
}

/// The machine lacks the thing, and the library said so with this error.
void refused_with(const error& e);

/// Null in a guest of the lab. Elsewhere why a case that changes the machine's settings is not carried out.
const char* not_in_a_guest();

}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
#pragma once

// One header for Catch2 v2 and v3; catch/main.cpp is the program's entry point for both.
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_message.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>

namespace quire::test {

/// Reports that the running test case cannot be carried out on this machine, and why; the caller then returns. (Catch2
/// v2 has no SKIP.)
void skip(std::string reason);

/// Reports that the machine lacks the tested feature, and that the library returned this error.
void refused(std::string with);

}  // namespace quire::test

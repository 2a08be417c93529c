#pragma once

// Catch2 v2 and v3 behind one header; support/main.cpp is the program's entry for both.
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

/// Notes that the running test case cannot be carried out on this machine, and why; the caller then returns.
/// (Catch2 v2 has no SKIP of its own.)
void skip(std::string reason);

/// Notes that the machine lacks what the running test case is about, and that the library said so with this error.
void refused(std::string with);

}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
#pragma once
// All results of the doctor, and the two ways to print them.
#include <iosfwd>
#include <vector>

#include <quire/system/platform_capabilities.hpp>

#include "findings.hpp"
#include "needs.hpp"

namespace doctor {

struct report {
  quire::platform_capabilities caps;
  std::vector<finding> findings;
  std::vector<demand> demands;  // empty if no need was stated
};

enum class colours : bool { none, ansi };

void print_for_people(std::ostream& out, const report& r, colours with, bool with_sources);

/// Prints one object: "values" by group and name, each with "value" (null if unknown) and "source"; "findings"; and
/// "need", null if none was stated. Sizes are in bytes; "no limit" stands for an unlimited value.
void print_as_json(std::ostream& out, const report& r);

}  // namespace doctor

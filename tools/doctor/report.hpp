#pragma once
// All that the doctor has to say, and the two ways to say it.
#include <iosfwd>
#include <vector>

#include <quire/system/platform_capabilities.hpp>

#include "findings.hpp"
#include "needs.hpp"

namespace doctor {

struct report {
  quire::platform_capabilities caps;
  std::vector<finding> findings;
  std::vector<demand> demands;  // empty where no need was stated
};

enum class colours : bool { none, ansi };

void print_for_people(std::ostream& out, const report& r, colours with, bool with_sources);

/// One object: "values" by group and name, each with "value" (null where it is unknown) and "source"; "findings"; and
/// "need", null where none was stated. Sizes are in bytes; "no limit" stands where nothing is limited.
void print_as_json(std::ostream& out, const report& r);

}  // namespace doctor

// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include <cstdlib>
#include <sstream>

#include <quire/ostream.hpp>

namespace quire::test {

void refused_with(const error& e) {
  std::ostringstream text;
  text << e;
  refused(text.str());
}

const char* not_in_a_guest() {
  return std::getenv("QUIRE_LAB_GUEST") != nullptr ? nullptr : "it changes the machine, so only in a guest of the lab";
}

}  // namespace quire::test

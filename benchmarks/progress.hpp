// SPDX-License-Identifier: BSL-1.0
#pragma once
// One line on standard error: the current measurement, and the total time so far. On a terminal the next line
// overwrites it.
#include <string>

namespace bench {

void progress(const std::string& what);
void end_progress();  // call before printing anything else

}  // namespace bench

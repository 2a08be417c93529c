#pragma once
// One line on standard error: what is being measured, and how long everything has taken so far. On a terminal it is
// overwritten by the next one.
#include <string>

namespace bench {

void progress(const std::string& what);
void end_progress();  // before anything else is printed

}  // namespace bench

// SPDX-License-Identifier: BSL-1.0
#pragma once
// Questions that a script answers: programs on their own memory and on Quire's, in turns.
#include <string>

#include "report.hpp"

namespace bench {

/// Adds the script's answers to the table, and for each of them a limit: processor time of what is measured, to its own
/// memory. Such programs run threads of their own, so that their times are less steady than those of calls.
void ask_by_script(report& r, table& t, const std::string& command, int pairs, double largest);

}  // namespace bench

// SPDX-License-Identifier: BSL-1.0
#pragma once
// Questions that a script answers: programs on their own memory and on Quire's, in turns.
#include <expected>
#include <string>

#include "report.hpp"

namespace bench {

/// Adds the script's answers to the table, and for each of them a limit: processor time of what is measured, to its own
/// memory. Such programs run threads of their own, so that their times are less steady than those of calls.
void ask_by_script(report& r, table& t, const std::string& command, int pairs, double largest);

/// The path that a script prints as its last line; or else its last line is the reason why there is none.
[[nodiscard]] std::expected<std::string, std::string> path_by_script(const std::string& command);
/// The version of a Python package, which is a part of its file's name: package-1.2.3-….
[[nodiscard]] std::string version_in(const std::string& path);

}  // namespace bench

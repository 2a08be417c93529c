// SPDX-License-Identifier: BSL-1.0
#pragma once
// The page beside the figures, and the comparison with an earlier run: both are made by page/report.py.
#include <string>

#include "json.hpp"

namespace bench {

/// Whether figures that begin so can be compared with those of an earlier file. If not, says why.
[[nodiscard]] bool can_compare(const json& begin, const std::string& earlier);

/// Makes the page from the figures in a file, and prints where it is. If `earlier` is not empty, prints and shows which
/// figures have changed since. Returns false if there is no page.
[[nodiscard]] bool make_page(const std::string& results, const std::string& earlier);

}  // namespace bench

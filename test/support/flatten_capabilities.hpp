// SPDX-License-Identifier: BSL-1.0
#pragma once
// Lists all results of a detection as text by name, so that two of them can be compared.
#include <map>
#include <string>

#include <quire/system/each_reading.hpp>
#include <quire/system/platform_capabilities.hpp>

namespace quire::test {

/// Unknown values are left out. A list has an entry for each value of each element: "pools[2097152].free".
[[nodiscard]] std::map<std::string, std::string> flattened(const platform_capabilities& caps);

}  // namespace quire::test

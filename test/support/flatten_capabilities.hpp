#pragma once
// All that a detection told, as text by name, so that two of them can be compared.
#include <map>
#include <string>

#include <quire/system/each_reading.hpp>
#include <quire/system/platform_capabilities.hpp>

namespace quire::test {

/// What is unknown is left out. Lists have an entry for each value of each element: "pools[2097152].free".
[[nodiscard]] std::map<std::string, std::string> flattened(const platform_capabilities& caps);

}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a machine's values mean for memory: each finding has its figure, its consequence and its remedy.
#include <string>
#include <vector>

#include <quire/system/platform_capabilities.hpp>

namespace doctor {

enum class weight : unsigned char { in_the_way, costs, worth_knowing };

struct finding {
  std::string id;  // stable between versions
  doctor::weight weight;
  std::string title, figure, consequence;
  std::string remedy;  // a command, a setting or a policy; empty if there is none
  std::string hint{};  // further information
};

/// Returns the most important findings first.
[[nodiscard]] std::vector<finding> findings_in(const quire::platform_capabilities& caps);

namespace detail {

using findings = std::vector<finding>;

void find_in_features(const quire::platform_capabilities& caps, findings& all);
void find_in_huge_pages(const quire::platform_capabilities& caps, findings& all);
void find_in_limits(const quire::platform_capabilities& caps, findings& all);
void find_in_machine(const quire::platform_capabilities& caps, findings& all);

}  // namespace detail
}  // namespace doctor

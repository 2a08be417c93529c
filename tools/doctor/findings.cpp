// SPDX-License-Identifier: BSL-1.0
#include "findings.hpp"

#include <algorithm>
#include <iterator>

namespace doctor {

std::vector<finding> findings_in(const quire::platform_capabilities& caps) {
  std::vector<finding> all, sorted;
  detail::find_in_machine(caps, all);
  detail::find_in_limits(caps, all);
  detail::find_in_huge_pages(caps, all);
  detail::find_in_features(caps, all);
  for (const auto weight : {weight::in_the_way, weight::costs, weight::worth_knowing})
    std::copy_if(all.begin(), all.end(), std::back_inserter(sorted),
                 [weight](const finding& each) { return each.weight == weight; });
  return sorted;
}

}  // namespace doctor

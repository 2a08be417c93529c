// SPDX-License-Identifier: BSL-1.0
// Random sequences over the typedefs of macOS, on the model of Mach.
#include <tuple>

#include "fault/mach_rules.hpp"
#include "models/macos/configs.hpp"
#include "models/macos/model/watched_calls.hpp"
#include "random_operations/sequences.hpp"

namespace quire::test::sequences {
namespace {

using random_mach = watched_mach_calls<mach_model, fault_injector>;

struct mach_family : fault_rules<random_mach> {
  static bool takes_away(const made_call& c) { return takes_contents(c) || effect_of(c) == effect::unmaps; }
  static access access_of(int protection) {
    if ((protection & mach_model::prot_write) != 0) return access::read_write;
    return (protection & mach_model::prot_read) != 0 ? access::read : access::none;
  }
};
constexpr system_rules rules = rules_from<random_mach, mach_family>();

using base = macos_over<random_mach>;
struct ready : plain<base> {
  static constexpr const char* name = "macos";
};
struct unguarded : plain<base::with_protection<protection::unguarded>> {
  static constexpr const char* name = "macos, unguarded";
};
struct vm_tagged : plain<base::with_tagging<tagging::vm_tag<240>>> {
  static constexpr const char* name = "macos, vm_tag";
};
struct populated : plain<base::with_residency<residency::populated>> {
  static constexpr const char* name = "macos, populated";
  static constexpr bool eager = false;  // pages of the model may be larger than those of this machine
};
struct locked : plain<base::with_residency<residency::locked>> {
  static constexpr const char* name = "macos, locked";
  static constexpr bool never_empties = true;  // discarded pages are locked again at once
};
struct not_inherited_memory : plain<base::with_residency<residency::not_inherited>> {
  static constexpr const char* name = "macos, not_inherited";
};
struct purgeable : plain<base::with_residency<residency::purgeable<>>> {
  static constexpr const char* name = "macos, purgeable";
};
struct by_bytes : plain<base::with_page_size<in_units<1>>> {
  static constexpr const char* name = "macos, units of 1 byte";
  static constexpr std::size_t usual_maximum = 6 * 65536 + 17;
};
struct imaged : plain<with_images<base>> {
  static constexpr const char* name = "macos, images";
  static constexpr bool never_empties = true;
};

using memories =
    std::tuple<ready, unguarded, vm_tagged, populated, locked, not_inherited_memory, purgeable, by_bytes, imaged>;

TEMPLATE_LIST_TEST_CASE("memories over macOS agree with the model in random sequences of operations", "[lives]",
                        memories) {
  expect_no_difference<TestType>(rules, {}, std::tuple_size_v<memories>);
}

}  // namespace
}  // namespace quire::test::sequences

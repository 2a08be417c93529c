// SPDX-License-Identifier: BSL-1.0
// Random sequences over the typedefs of Windows, on the model of Windows.
#include <tuple>

#include <quire/backing/imaged.hpp>
#include <quire/backing/windows_image_views.hpp>
#include <quire/residency/purgeable.hpp>

#include "fault/windows_rules.hpp"
#include "models/windows/model/configs.hpp"
#include "models/windows/model/model.hpp"
#include "models/windows/model/watched_calls.hpp"
#include "random_operations/sequences.hpp"

namespace quire::test::sequences {
namespace {

using random_windows = watched_windows_calls<windows_model, fault_injector>;

struct windows_family : fault_rules<random_windows> {
  static bool takes_away(const made_call& c) { return takes_contents(c) || effect_of(c) == effect::unmaps; }
  static access access_of(int protection) {
    switch (static_cast<unsigned>(protection)) {
      case windows_model::page_read_only: return access::read;
      case windows_model::page_read_write:
      case windows_model::page_write_copy: return access::read_write;
      default: return access::none;
    }
  }
};
constexpr system_rules rules = rules_from<random_windows, windows_family>();

using base = windows_over<random_windows>;
struct ready : plain<base> {
  static constexpr const char* name = "windows";
};
struct unguarded : plain<base::with_protection<protection::unguarded>> {
  static constexpr const char* name = "windows, unguarded";
};
struct on_a_node : on_node_0<base::with_placement<placement::prefer>> {
  static constexpr const char* name = "windows, placement::prefer";
};
struct at_multiples : plain<base::with_page_size<at_two_megabytes>> {
  static constexpr const char* name = "windows, aligned to 2 MiB";
};
struct by_small_pages : plain<base::with_page_size<in_units<4096>>> {
  static constexpr const char* name = "windows, units of 4096 bytes";
};
struct by_bytes : plain<base::with_page_size<in_units<1>>> {
  static constexpr const char* name = "windows, units of 1 byte";
};
struct populated : plain<base::with_residency<residency::populated>> {
  static constexpr const char* name = "windows, populated";
};
struct locked : plain<base::with_residency<residency::locked>> {
  static constexpr const char* name = "windows, locked";
  static constexpr bool never_empties = true;  // discarded pages are locked again at once
};
struct purgeable : plain<base::with_residency<residency::purgeable<>>> {
  static constexpr const char* name = "windows, purgeable";
};
struct imaged : plain<with_images<base>> {
  static constexpr const char* name = "windows, images";
  static constexpr bool never_empties = true;
};
struct imaged_populated : plain<with_images<base::with_residency<residency::populated>>> {
  static constexpr const char* name = "windows, images, populated";
  static constexpr bool never_empties = true;
};

using memories = std::tuple<ready, unguarded, on_a_node, at_multiples, by_small_pages, by_bytes, populated, locked,
                            purgeable, imaged, imaged_populated>;

TEMPLATE_LIST_TEST_CASE("memories over Windows agree with the model in random sequences of operations", "[lives]",
                        memories) {
  windows_model::machine.minimum_working_set = std::size_t{1} << 32;
  expect_no_difference<TestType>(rules, {}, std::tuple_size_v<memories>);
  windows_model::machine = {};
}

}  // namespace
}  // namespace quire::test::sequences

// Every call of the model of Windows fails, in every way that is documented.
#include <tuple>

#include <quire/first_of.hpp>

#include "fault/every_failure.hpp"
#include "fault/windows_rules.hpp"
#include "support/catch.hpp"
#include "support/failing_calls.hpp"
#include "support/windows/model.hpp"
#include "support/windows/subjects.hpp"
#include "support/windows/watched_calls.hpp"

namespace quire::test {

using failing_windows = watched_windows_calls<windows_model, saboteur<windows_model>>;
using ready = windows_over<failing_windows>;
using preferring_node_9 = first_of<placement::prefer, placement::anywhere>;

template <class A>
struct alone : plain<A> {
  static constexpr bool has_alternatives = false;
};
template <class A>
struct alone_on_node_0 : on_node_0<A> {
  static constexpr bool has_alternatives = false;
};
struct preferring_a_node : plain<ready::with_placement<preferring_node_9>> {
  static constexpr bool has_alternatives = true;
  template <class... Limits>
  static allocator make(Limits... limits) noexcept {
    return allocator{preferring_node_9{placement::prefer{1}, placement::anywhere{}}, limits...};
  }
};

using memories =
    std::tuple<alone<ready>, alone<ready::with_protection<protection::unguarded>>,
               alone_on_node_0<ready::with_placement<placement::prefer>>, preferring_a_node,
               alone<ready::with_page_size<at_two_megabytes>>, alone<ready::with_page_size<in_units<4096>>>,
               alone<ready::with_residency<residency::populated>>, alone<ready::with_residency<residency::locked>>>;

TEMPLATE_LIST_TEST_CASE("a memory of Windows survives every failure", "[fault]", memories) {
  windows_model::machine.minimum_working_set = std::size_t{1} << 32;
  survive_every_failure<TestType>();
  windows_model::machine = {};
}

}  // namespace quire::test

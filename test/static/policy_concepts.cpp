// SPDX-License-Identifier: BSL-1.0
// Each policy concept holds for a model, and not for a type that is incomplete, on another axis, or not a plain value.
#include <quire/policy.hpp>
#include <quire/quire.hpp>
#include <quire/tagging/checked.hpp>
#include <quire/tagging/vm_tag.hpp>

namespace quire::test {

template <class Axis>
struct complete {
  using axis = Axis;
  static constexpr std::size_t unit = 65536;
  constexpr void request(attributes&) const noexcept {}
  static constexpr void shape(geometry&) noexcept {}
};
using protection_model = complete<axes::protection>;
using tagging_model = complete<axes::tagging>;
using page_size_model = complete<axes::page_size>;
using placement_model = complete<axes::placement>;
using residency_model = complete<axes::residency>;

/// The number of axes on which the type is a policy.
template <class P>
inline constexpr int roles =
    protection_policy<P> + tagging_policy<P> + page_size_policy<P> + placement_policy<P> + residency_policy<P>;
static_assert(protection_policy<protection_model> && roles<protection_model> == 1);
static_assert(tagging_policy<tagging_model> && roles<tagging_model> == 1);
static_assert(page_size_policy<page_size_model> && roles<page_size_model> == 1);
static_assert(placement_policy<placement_model> && roles<placement_model> == 1);
static_assert(residency_policy<residency_model> && roles<residency_model> == 1);
static_assert(policy<protection_model> && policy<residency_model>);

static_assert(on_axis<tagging_model, axes::tagging> && !on_axis<tagging_model, axes::placement>);
static_assert(!on_axis<int, axes::tagging> && !on_axis<void, axes::tagging>);

// A type with one defect is a policy of no axis.
template <class Axis>
struct requests_nothing {
  using axis = Axis;
  static constexpr std::size_t unit = 65536;
  static constexpr void shape(geometry&) noexcept {}
};
template <class Axis>
struct request_throws : requests_nothing<Axis> {
  constexpr void request(attributes&) const {}
};
template <class Axis>
struct request_changes_it : requests_nothing<Axis> {
  constexpr void request(attributes&) noexcept {}
};
template <class Axis>
struct request_returns : requests_nothing<Axis> {
  constexpr int request(attributes&) const noexcept { return 0; }
};
template <class Axis>
struct polymorphic : complete<Axis> {
  virtual void f() {}
};
template <class Axis>
struct not_copied_bitwise : complete<Axis> {
  ~not_copied_bitwise() {}
};
template <class Axis>
struct no_default : complete<Axis> {
  explicit no_default(int) {}
};
template <template <class> class Wrong>
inline constexpr bool is_a_policy =
    policy<Wrong<axes::protection>> || policy<Wrong<axes::tagging>> || policy<Wrong<axes::page_size>> ||
    policy<Wrong<axes::placement>> || policy<Wrong<axes::residency>>;
static_assert(is_a_policy<complete>);
static_assert(!is_a_policy<requests_nothing> && !is_a_policy<request_throws> && !is_a_policy<request_changes_it> &&
              !is_a_policy<request_returns>);
static_assert(!is_a_policy<polymorphic> && !is_a_policy<not_copied_bitwise> && !is_a_policy<no_default>);

struct no_axis : complete<int> {};
static_assert(!policy<no_axis> && !policy<int> && !policy<void>);
static_assert(!policy_of<tagging_model, axes::placement> && policy_of<tagging_model, axes::tagging>);

// Members that only some axes have.
template <class Axis>
struct unshaped {
  using axis = Axis;
  static constexpr std::size_t unit = 65536;
  constexpr void request(attributes&) const noexcept {}
};
template <class Axis>
struct shape_throws : unshaped<Axis> {
  static constexpr void shape(geometry&) {}
};
template <class Axis>
struct shape_of_an_object : unshaped<Axis> {
  constexpr void shape(geometry&) const noexcept {}
};
static_assert(shaping<protection_model> && !shaping<unshaped<axes::protection>> && !shaping<int>);
static_assert(!shaping<shape_throws<axes::protection>> && !shaping<shape_of_an_object<axes::protection>>);
static_assert(!policy<unshaped<axes::protection>> && !policy<unshaped<axes::page_size>>);
static_assert(!policy<shape_throws<axes::page_size>> && !policy<shape_of_an_object<axes::protection>>);
// A shape that could not be called is refused rather than ignored, on every axis.
static_assert(!policy<shape_throws<axes::tagging>> && !policy<shape_of_an_object<axes::placement>> &&
              !policy<shape_throws<axes::residency>>);
static_assert(tagging_policy<unshaped<axes::tagging>> && placement_policy<unshaped<axes::placement>> &&
              residency_policy<unshaped<axes::residency>>);

struct without_unit {
  using axis = axes::page_size;
  constexpr void request(attributes&) const noexcept {}
  static constexpr void shape(geometry&) noexcept {}
};
struct unit_of_nothing : page_size_model {
  static constexpr std::size_t unit = 0;
};
struct unit_at_run_time : page_size_model {
  static inline std::size_t unit = 65536;
};
static_assert(!policy<without_unit> && !policy<unit_of_nothing> && !policy<unit_at_run_time>);

// The policies themselves, and the templates that join them.
static_assert(protection_policy<protection::unguarded> && protection_policy<protection::guarded<>> &&
              protection_policy<protection::index_space<>>);
static_assert(tagging_policy<tagging::untagged> && tagging_policy<tagging::named<"text">> &&
              tagging_policy<tagging::checked<>> && tagging_policy<tagging::checked<>::retag_on_reset> &&
              tagging_policy<tagging::vm_tag<240>> && tagging_policy<tagging::vm_tag<255>> &&
              tagging_policy<tagging::vm_tag<tagging::vm_tag_webassembly>>);
static_assert(tagging_policy<all_of<tagging::checked<>, tagging::vm_tag<250>, tagging::named<"text">>>);
static_assert(!detail::agree<tagging::vm_tag<240>, tagging::vm_tag<241>> &&
              !detail::agree<tagging::checked<0x20>, tagging::checked<0x40>>);
static_assert(!detail::agree<tagging::named<"text">, tagging::named<"other">> &&
              detail::agree<tagging::named<"text">, tagging::checked<>> &&
              !detail::agree<placement::bind, placement::local>);

// Requests that hold pointers are compared in constant expressions; GCC's UBSan cannot compare addresses there.
inline constexpr int one_object = 1, another_object = 2;
inline constexpr optional_pointer<const int> to_one = &one_object, to_another = &another_object, to_none = nullptr;
static_assert(to_one.given() && to_one == &one_object && to_one != to_another && to_one != to_none);
static_assert(!to_none.given() && to_none == nullptr && to_one != nullptr && to_none == optional_pointer<const int>{});
static_assert(is_registry<&tagging::software_tags> && !is_registry<nullptr>);
static_assert(page_size_policy<page_size::native> && page_size_policy<page_size::no_huge> &&
              page_size_policy<page_size::transparent_huge<>> && page_size_policy<page_size::explicit_huge<2097152>>);
static_assert(placement_policy<placement::anywhere> && placement_policy<placement::local> &&
              placement_policy<placement::prefer> && placement_policy<placement::bind> &&
              placement_policy<placement::interleave> && placement_policy<placement::weighted_interleave>);
static_assert(residency_policy<residency::on_demand> && residency_policy<residency::populated> &&
              residency_policy<residency::locked> && residency_policy<residency::excluded_from_dumps> &&
              residency_policy<residency::not_inherited>);
static_assert(residency_policy<all_of<residency::locked, residency::not_inherited>>);

}  // namespace quire::test

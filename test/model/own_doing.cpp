// Random lives in a process that locks, advises, protects and forks by itself, and whose limits are lowered for a
// while.
#include <tuple>

#include <quire/page_size/no_huge.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/residency/assured.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>
#include <quire/tagging/checked.hpp>

#include "model/linux_subjects.hpp"
#include "support/page_units.hpp"

namespace quire::test::lives {
namespace {

namespace r = residency;
namespace z = page_size;

struct plain_linux : plain<base> {
  static constexpr const char* name = "linux";
};
struct no_huge : plain<base::with_page_size<z::no_huge>> {
  static constexpr const char* name = "no_huge";
};
struct in_blocks : plain<base::with_page_size<z::transparent_huge<z::in_blocks>>> {
  static constexpr const char* name = "transparent_huge in blocks";
  static constexpr std::size_t usual_maximum = 5_MiB;
};
struct by_bytes : plain<base::with_page_size<in_units<1>>> {
  static constexpr const char* name = "units of 1 byte";
};
struct populated : plain<base::with_residency<r::populated>> {
  static constexpr const char* name = "populated";
};
struct assured : plain<base::with_residency<r::assured>> {
  static constexpr const char* name = "assured";
};
struct locked : if_available<plain<base::with_residency<r::locked>>, no_locking> {
  static constexpr const char* name = "locked";
};
struct not_dumped : plain<base::with_residency<r::excluded_from_dumps>> {
  static constexpr const char* name = "excluded_from_dumps";
};
struct checked : plain<base::with_tagging<tagging::checked<>>> {
  static constexpr const char* name = "checked";
};
struct imaged : plain<with_images<base>> {
  static constexpr const char* name = "images";
  static constexpr bool never_empties = true;
};
struct drawing : drawing_from<base, 0> {
  static constexpr const char* name = "partition";
};
struct drawing_blocks : drawing_from<base, 8 * 65536> {
  static constexpr const char* name = "partition with a minimum";
};
using posix_base = posix_allocator::with_backing<backing::posix_mmap<random_posix>>;
struct plain_posix : plain<posix_base> {
  static constexpr const char* name = "posix";
};

using memories = std::tuple<plain_linux, no_huge, in_blocks, by_bytes, populated, assured, locked, not_dumped, checked,
                            imaged, drawing, drawing_blocks, plain_posix>;

constexpr std::size_t share = 5 * std::tuple_size_v<memories>;  // of the operations, a fifth in each case

TEMPLATE_LIST_TEST_CASE("what a process did to itself is expected", "[lives]", memories) {
  expect_no_difference<TestType>(linux_rules, {.faults = false, .self_inflicted = true}, share);
}

TEMPLATE_LIST_TEST_CASE("what a process did to itself is expected when calls fail, too", "[lives]", memories) {
  expect_no_difference<TestType>(linux_rules, {.faults = true, .self_inflicted = true}, share);
}

}  // namespace
}  // namespace quire::test::lives

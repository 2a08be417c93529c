// SPDX-License-Identifier: BSL-1.0
// Random sequences over typedefs of Linux and POSIX.
#include <tuple>

#include <quire/all_of.hpp>
#include <quire/fallback.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/placement/bind.hpp>
#include <quire/placement/interleave.hpp>
#include <quire/placement/local.hpp>
#include <quire/placement/near_to.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/assured.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/not_inherited.hpp>
#include <quire/residency/populated.hpp>
#include <quire/tagging/checked.hpp>
#include <quire/tagging/named.hpp>

#include "random_operations/linux_configs.hpp"
#include "support/page_units.hpp"
#include "support/stores.hpp"

namespace quire::test::sequences {
namespace {

using explicit_2m = z::explicit_huge<2_MiB>;

struct unguarded : plain<base::with_protection<protection::unguarded>> {
  static constexpr const char* name = "unguarded";
};
struct wide_guards : plain<on_linux<checked_linux_allocator>> {
  static constexpr const char* name = "guards of 64 MiB";
};
struct odd_guards : plain<base::with_protection<protection::guarded<4096, 3 * 65536>>> {
  static constexpr const char* name = "guards of other sizes";
};
struct wasm : plain<on_linux<wasm_linux_allocator>> {
  static constexpr const char* name = "wasm";
  static constexpr std::uint64_t index_span = std::uint64_t{1} << 32;
};
struct narrow_index : plain<base::with_protection<protection::index_space<18, 16>>> {
  static constexpr const char* name = "index space of 18 bits";
  static constexpr std::uint64_t index_span = std::uint64_t{1} << 18;
};
struct huge : plain<on_linux<huge_linux_allocator>> {
  static constexpr const char* name = "transparent_huge";
  static constexpr std::size_t usual_maximum = 5_MiB;
};
struct pool : plain<base::with_page_size<explicit_2m>> {
  static constexpr const char* name = "explicit_huge";
  static constexpr std::size_t usual_maximum = 5_MiB;
};
struct pool_or_small : plain<fallback<base::with_page_size<explicit_2m>, base::with_page_size<z::no_huge>>> {
  static constexpr const char* name = "explicit_huge, or no_huge";
  static constexpr std::size_t usual_maximum = 5_MiB;
};
struct by_small_pages : plain<base::with_page_size<in_units<4096, z::no_huge>>> {
  static constexpr const char* name = "units of 4096 bytes";
};
struct by_half_pages : plain<base::with_page_size<in_units<2048, z::transparent_huge<z::in_blocks, 131072>>>> {
  static constexpr const char* name = "units of 2048 bytes, in blocks of 128 KiB";
  static constexpr std::size_t usual_maximum = 5 * 131072;
};

template <class Subject>
using with_numa_calls = if_available<Subject, no_numa_calls>;
struct preferring_a_node : with_numa_calls<on_node_0<on_linux<numa_linux_allocator>>> {
  static constexpr const char* name = "placement::prefer";
};
struct bound : with_numa_calls<on_node_0<base::with_placement<placement::bind>>> {
  static constexpr const char* name = "placement::bind";
};
struct interleaved : with_numa_calls<on_node_0<base::with_placement<placement::interleave>>> {
  static constexpr const char* name = "placement::interleave";
};
struct near_the_code : near_the_program<base::with_placement<placement::near_to>> {
  static constexpr const char* name = "placement::near_to";
};
struct local : with_numa_calls<plain<base::with_placement<placement::local>>> {
  static constexpr const char* name = "placement::local";
};

struct not_inherited_memory : plain<base::with_residency<r::not_inherited>> {
  static constexpr const char* name = "not_inherited";
  static constexpr bool not_inherited = true;
};
struct everything : plain<base::with_residency<all_of<r::populated, r::excluded_from_dumps, r::not_inherited>>> {
  static constexpr const char* name = "populated, not dumped, not inherited";
  static constexpr bool not_inherited = true;
};
struct locked_or_not
    : if_available<plain<fallback<base::with_residency<r::locked>, base::with_residency<r::populated>>>, no_locking> {
  static constexpr const char* name = "locked, or populated";
};
struct populated_or_not : plain<fallback<base::with_residency<r::populated>, base>> {
  static constexpr const char* name = "populated, or on demand";
  static constexpr bool eager = false;
};

struct named : plain<base::with_tagging<tagging::named<"lives">>> {
  static constexpr const char* name = "named";
};
struct retagging : plain<base::with_tagging<tagging::checked<>::retag_on_reset>> {
  static constexpr const char* name = "checked, retagged on reset";
};
struct remapped
    : plain<on_linux<linux_allocator>::with_backing<remapping<backing::linux_mmap<random_linux>>>::with_residency<
          all_of<r::populated, r::excluded_from_dumps>>> {
  static constexpr const char* name = "a store that maps anew";
};

struct imaged_populated : plain<with_images<base::with_residency<r::populated>>> {
  static constexpr const char* name = "images, populated";
  static constexpr bool never_empties = true;
};
struct imaged_locked : if_available<plain<with_images<base::with_residency<r::locked>>>, no_locking> {
  static constexpr const char* name = "images, locked";
  static constexpr bool never_empties = true;
};
struct imaged_in_bytes : plain<with_images<base::with_page_size<in_units<1>>>> {
  static constexpr const char* name = "images, units of 1 byte";
  static constexpr bool never_empties = true;
};
struct imaged_in_pool : plain<with_images<base::with_page_size<explicit_2m>>> {
  static constexpr const char* name = "images, explicit_huge";
  static constexpr std::size_t usual_maximum = 5_MiB;
};
struct drawing_populated : drawing_from<base::with_residency<r::populated>, 4 * 65536> {
  static constexpr const char* name = "partition with a minimum, populated";
};
struct drawing_images : drawing_from_with_images<base, 4 * 65536> {
  static constexpr const char* name = "partition with a minimum, images";
};

using over_linux = std::tuple<plain_linux, unguarded, wide_guards, odd_guards, wasm, narrow_index, no_huge, huge,
                              in_blocks, pool, pool_or_small, by_bytes, by_small_pages, by_half_pages,
                              preferring_a_node, bound, interleaved, near_the_code, local, populated, assured, locked,
                              not_dumped, not_inherited_memory, everything, locked_or_not, populated_or_not, named,
                              checked, retagging, remapped, imaged, imaged_populated, imaged_locked, imaged_in_bytes,
                              imaged_in_pool, drawing, drawing_blocks, drawing_populated, drawing_images>;

struct posix_by_bytes : plain<posix_base::with_page_size<in_units<1>>> {
  static constexpr const char* name = "posix, units of 1 byte";
};
struct posix_images : plain<with_images<posix_base>> {
  static constexpr const char* name = "posix, images";
};
struct posix_partition : drawing_from<posix_base, 0> {
  static constexpr const char* name = "posix, partition";
};
using over_posix = std::tuple<plain_posix, posix_by_bytes, posix_images, posix_partition>;
constexpr std::size_t share = std::tuple_size_v<over_linux> + std::tuple_size_v<over_posix>;

TEMPLATE_LIST_TEST_CASE("memories over Linux agree with the model in random sequences of operations", "[lives]",
                        over_linux) {
  expect_no_difference<TestType>(linux_rules, {}, share);
}

TEMPLATE_LIST_TEST_CASE("memories over POSIX agree with the model in random sequences of operations", "[lives]",
                        over_posix) {
  expect_no_difference<TestType>(posix_rules, {}, share);
}

}  // namespace
}  // namespace quire::test::sequences

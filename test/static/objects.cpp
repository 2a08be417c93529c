// SPDX-License-Identifier: BSL-1.0
// The contents of an allocator: four words, and the data of its policies and stores. It has no virtual function.
#include <type_traits>

#include <quire/fallback.hpp>
#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>
#include <quire/tagging/checked.hpp>
#include <quire/tagging/vm_tag.hpp>

#include "support/stores.hpp"

namespace quire::test {

constexpr std::size_t word = sizeof(void*);

template <class A>
inline constexpr bool is_well_made =
    !std::is_polymorphic_v<A> && !std::is_copy_constructible_v<A> && !std::is_copy_assignable_v<A> &&
    std::is_nothrow_move_constructible_v<A> && std::is_nothrow_move_assignable_v<A> &&
    std::is_nothrow_destructible_v<A> && std::is_standard_layout_v<A> == std::is_standard_layout_v<linux_allocator>;
template <class A>
inline constexpr bool is_four_words = sizeof(A) == 4 * word && alignof(A) == word && is_well_made<A>;
template <class A, std::size_t Bytes>
inline constexpr bool has_beyond_that = sizeof(A) == 4 * word + Bytes && is_well_made<A>;

// An allocator can be the value of a result, as a factory returns it.
static_assert(std::is_nothrow_move_constructible_v<result<linux_allocator>> &&
              std::is_constructible_v<result<linux_allocator>, linux_allocator> &&
              std::is_move_constructible_v<result<fallback<huge_linux_allocator, linux_allocator>>>);
static_assert(!std::is_constructible_v<linux_allocator, result<linux_allocator>>);

// The ready-made typedefs.
static_assert(is_four_words<linux_allocator> && is_four_words<wasm_linux_allocator> &&
              is_four_words<huge_linux_allocator> && is_four_words<checked_linux_allocator> &&
              is_four_words<posix_allocator> && is_four_words<native_allocator>);
static_assert(has_beyond_that<numa_linux_allocator, word>);

// An empty policy takes no space, alone and joined.
template <class P>
using with = linux_allocator::with_protection<P>;
static_assert(is_four_words<with<protection::unguarded>> &&
              is_four_words<with<all_of<protection::index_space<>, protection::guarded<>>>>);
static_assert(is_four_words<linux_allocator::with_tagging<tagging::named<"quire">>> &&
              is_four_words<linux_allocator::with_tagging<tagging::checked<>>> &&
              is_four_words<linux_allocator::with_tagging<tagging::checked<>::retag_on_reset>>);
template <class Z>
using sized = linux_allocator::with_page_size<Z>;
static_assert(is_four_words<sized<page_size::no_huge>> && is_four_words<sized<page_size::explicit_huge<2_MiB>>> &&
              is_four_words<sized<page_size::transparent_huge<page_size::in_blocks>>>);
static_assert(is_four_words<linux_allocator::with_placement<placement::local>>);
template <class R>
using residing = linux_allocator::with_residency<R>;
static_assert(
    is_four_words<residing<residency::populated>> && is_four_words<residing<residency::assured>> &&
    is_four_words<residing<residency::locked>> &&
    is_four_words<residing<all_of<residency::locked, residency::excluded_from_dumps, residency::not_inherited>>>);
static_assert(is_four_words<linux_allocator::with_backing<remapping<backing::linux_mmap<>>>>);

// A policy or store with data adds its own size; a fallback adds an index, and an error for each further candidate.
static_assert(has_beyond_that<linux_allocator::with_placement<placement::bind>, sizeof(node_set)>);
static_assert(has_beyond_that<fallback<sized<page_size::no_huge>, linux_allocator>, word + sizeof(error)>);
static_assert(has_beyond_that<page_allocator<in_buffer<65536>, protection::unguarded, tagging::untagged,
                                             page_size::native, placement::anywhere>,
                              word>);

template <class... T>
inline constexpr bool all_empty = (std::is_empty_v<T> && ...);
static_assert(all_empty<backing::linux_mmap<>, backing::posix_mmap<>, calls::linux_kernel, calls::posix>);
static_assert(
    all_empty<protection::unguarded, protection::guarded<>, protection::index_space<>, tagging::untagged,
              tagging::named<"quire">, tagging::checked<>, tagging::checked<>::retag_on_reset, tagging::vm_tag<240>,
              page_size::native, page_size::no_huge, page_size::transparent_huge<>, page_size::explicit_huge<2_MiB>,
              placement::anywhere, placement::local, residency::on_demand, residency::populated, residency::assured,
              residency::locked, residency::excluded_from_dumps, residency::not_inherited>);
static_assert(all_empty<all_of<residency::locked, residency::not_inherited>>);
static_assert(!std::is_empty_v<placement::prefer> && !std::is_empty_v<placement::bind>);

// Objects of different typedefs and units do not convert into each other.
static_assert(!std::is_convertible_v<huge_linux_allocator, linux_allocator>);
static_assert(!std::is_assignable_v<linux_allocator&, wasm_linux_allocator>);
static_assert(!std::is_convertible_v<limits, linux_allocator>);  // the constructor is explicit

}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
// A tagged pointer is an iterator like a raw pointer, equally small where bits carry the tag, and converts to nothing
// else.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <span>
#include <type_traits>

#include <quire/tagged_ptr.hpp>

namespace quire::test {

inline constexpr tag_registry nobody{};  // for types only: it registers nothing
template <class T>
using kept_ptr = tagged_ptr<T, &nobody>;

template <class P>
inline constexpr bool is_plain = std::is_trivially_copyable_v<P> && std::is_trivially_destructible_v<P> &&
                                 std::is_standard_layout_v<P> && std::is_nothrow_default_constructible_v<P>;
static_assert(is_plain<tagged_ptr<int>> && is_plain<kept_ptr<int>> && is_plain<tagged_span>);
static_assert(sizeof(tagged_ptr<int>) == sizeof(int*) && alignof(tagged_ptr<int>) == alignof(int*));
static_assert(sizeof(kept_ptr<int>) == 2 * sizeof(int*));

template <class P, class T>
inline constexpr bool iterates_over =
    std::contiguous_iterator<P> && std::totally_ordered<P> && std::sized_sentinel_for<P, P> &&
    std::same_as<std::iter_value_t<P>, std::remove_cv_t<T>> && std::same_as<std::iter_reference_t<P>, T&> &&
    std::same_as<decltype(std::to_address(P{})), T*> &&
    std::same_as<typename std::pointer_traits<P>::element_type, T> &&
    std::ranges::contiguous_range<std::ranges::subrange<P>> && std::constructible_from<std::span<T>, P, P>;
static_assert(iterates_over<tagged_ptr<int>, int> && iterates_over<tagged_ptr<const int>, const int>);
static_assert(iterates_over<kept_ptr<std::byte>, std::byte> &&
              iterates_over<kept_ptr<const std::byte>, const std::byte>);
static_assert(std::output_iterator<tagged_ptr<int>, int> && !std::output_iterator<tagged_ptr<const int>, int>);

// It converts implicitly only to a more qualified pointer.
struct animal {};
struct dog : animal {};
template <template <class> class P>
inline constexpr bool converts_like_a_pointer_to_an_array =
    std::is_nothrow_convertible_v<P<int>, P<const int>> && std::is_nothrow_convertible_v<P<int>, P<volatile int>> &&
    !std::is_constructible_v<P<int>, P<const int>> && !std::is_constructible_v<P<long>, P<int>> &&
    !std::is_constructible_v<P<animal>, P<dog>> && !std::is_convertible_v<P<int>, int*> &&
    !std::is_convertible_v<int*, P<int>> && !std::is_constructible_v<int*, P<int>>;
template <class T>
using hardware_ptr = tagged_ptr<T>;
static_assert(converts_like_a_pointer_to_an_array<hardware_ptr> && converts_like_a_pointer_to_an_array<kept_ptr>);
static_assert(!std::is_constructible_v<tagged_ptr<int>, kept_ptr<int>> &&
              !std::is_constructible_v<kept_ptr<int>, tagged_ptr<int>>);
static_assert(std::is_constructible_v<tagged_ptr<int>, int*> && !std::is_constructible_v<kept_ptr<int>, int*>);

// In constant expressions: every operation where bits carry the tag and no check is made; elsewhere all but
// dereferencing.
constexpr int numbers[] = {1, 2, 3, 4};
constexpr tagged_ptr first{numbers};
static_assert(*first == 1 && first[3] == 4 && *(first + 1) == 2 && *(2 + first) == 3 && *std::next(first) == 2);
static_assert(first + 4 - first == 4 && first < first + 1 && first == tagged_ptr<const int>(numbers));
static_assert((first + 4)[-1] == 4 && std::to_address(first) == numbers && first.get() == numbers);
static_assert(std::ranges::equal(std::ranges::subrange(first, first + 4), numbers));

constexpr kept_ptr<const int> kept{numbers, 5};
static_assert(kept.tag() == 5 && kept.with_tag(7).tag() == 7 && (kept + 2).tag() == 5 && kept_ptr<int>{}.tag() == 0);
static_assert(kept.with_tag(16 + 7).tag() == 7 && kept_ptr<const int>(numbers, 32 + 9).tag() == 9);
static_assert(kept != kept.with_tag(7) && kept == kept.with_tag(7).with_tag(5) && kept + 4 - kept == 4);
static_assert(kept.get() == numbers && kept.untagged() == numbers && std::to_address(kept + 4) == numbers + 4);

}  // namespace quire::test

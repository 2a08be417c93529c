// SPDX-License-Identifier: BSL-1.0
// The concept for allocators that adapters require: Quire's satisfy it, and a type that lacks any part does not.
#include <quire/page_allocator_like.hpp>
#include <quire/quire.hpp>
#include <quire/tagged_ptr.hpp>
#include <quire/tagging/checked.hpp>

namespace quire::test {

static_assert(page_allocator_like<linux_allocator> && protectable_page_allocator<linux_allocator>);
static_assert(page_allocator_like<numa_linux_allocator> && page_allocator_like<native_allocator>);
static_assert(!page_allocator_like<int> && !page_allocator_like<void> && !protectable_page_allocator<int>);

/// A user's own allocator without bookkeeping.
struct model {
  using pages = basic_pages<4096>;
  static constexpr contract_t contract{};
  model() = default;
  model(model&&) = default;
  model& operator=(model&&) = default;

  result<std::span<std::byte>> allocate(pages, std::optional<pages> = {});
  result<pages> grow(pages, pages);
  result<void> deallocate(std::byte*, std::size_t);
  std::byte* data() const;
  std::size_t size() const;
  pages size_pages() const;
  std::size_t capacity() const;
  std::size_t reserved() const;
  bool contains(const void*) const;
  zone zone_of(const void*) const;
};
static_assert(page_allocator_like<model> && !protectable_page_allocator<model>);

struct protects : model {
  result<void> protect(std::size_t, std::size_t, access);
};
struct protects_in_vain : model {
  void protect(std::size_t, std::size_t, access);
};
static_assert(protectable_page_allocator<protects> && !protectable_page_allocator<protects_in_vain>);

struct tags : model {
  result<tagged_span> allocate_tagged(pages, unsigned, std::optional<pages> = {});
  tagged_ptr<std::byte> tagged_data() const;
  unsigned tag() const;
};
struct tags_without_maximum : tags {
  result<tagged_span> allocate_tagged(pages, unsigned);
};
struct tags_pointers_alone : tags {
  result<tagged_ptr<std::byte>> allocate_tagged(pages, unsigned, std::optional<pages> = {});
};
struct tags_with_another_registry : tags {
  tagged_ptr<std::byte, &tagging::software_tags> tagged_data() const;
};
struct tag_not_const : tags {
  unsigned tag();
};
static_assert(tagged_page_allocator<tags> && !tagged_page_allocator<model> && !tagged_page_allocator<linux_allocator>);
static_assert(tagged_page_allocator<linux_allocator::with_tagging<tagging::checked<>>> &&
              !tagged_page_allocator<linux_allocator::with_tagging<tagging::named<"text">>>);
static_assert(!tagged_page_allocator<tags_without_maximum> && !tagged_page_allocator<tags_pointers_alone> &&
              !tagged_page_allocator<tags_with_another_registry> && !tagged_page_allocator<tag_not_const>);

// One part is wrong in each of these.
struct copyable : model {
  copyable() = default;
  copyable(const copyable&);
  copyable& operator=(const copyable&);
};
struct unmovable : model {
  unmovable(unmovable&&) = delete;
};
struct another_unit : model {
  using pages = std::uint64_t;
};
struct no_contract : model {
  static constexpr bool contract = true;
};
struct allocates_pointer : model {
  void* allocate(pages, std::optional<pages> = {});
};
struct allocates_without_maximum : model {
  result<std::span<std::byte>> allocate(pages);
};
struct grows_in_vain : model {
  bool grow(pages, pages);
};
struct grows_bytes : model {
  result<std::size_t> grow(pages, pages);
};
struct deallocates_in_vain : model {
  void deallocate(std::byte*, std::size_t);
};
struct data_not_const : model {
  std::byte* data();
};
struct size_in_pages : model {
  pages size() const;
};
struct size_pages_in_bytes : model {
  std::size_t size_pages() const;
};
struct capacity_in_pages : model {
  pages capacity() const;
};
struct reserved_not_const : model {
  std::size_t reserved();
};
struct contains_not_const : model {
  bool contains(const void*);
};
struct zone_is_bool : model {
  bool zone_of(const void*) const;
};
template <class... A>
inline constexpr bool none = !(page_allocator_like<A> || ...);
static_assert(none<copyable, unmovable, another_unit, no_contract, allocates_pointer, allocates_without_maximum>);
static_assert(none<grows_in_vain, grows_bytes, deallocates_in_vain, data_not_const, size_in_pages>);
static_assert(none<size_pages_in_bytes, capacity_in_pages, reserved_not_const, contains_not_const, zone_is_bool>);

}  // namespace quire::test

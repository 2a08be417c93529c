// SPDX-License-Identifier: BSL-1.0
// Each store concept holds for a model, and not for a type that lacks a member, returns another type or may throw.
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/store.hpp>
#include <quire/store/mirrors.hpp>
#include <quire/store/populating.hpp>

#include "static/bare_store.hpp"

namespace quire::test {

static_assert(backing_store<bare>);
static_assert(backing_store<backing::linux_mmap<>> && backing_store<backing::posix_mmap<>>);

// plain_value
struct has_virtual {
  virtual void f();
};
struct copies {
  copies(const copies&);
};
struct destroys {
  ~destroys();
};
static_assert(plain_value<int> && plain_value<bare>);
static_assert(!plain_value<has_virtual> && !plain_value<copies> && !plain_value<destroys> && !plain_value<void>);

// backing_store: one member is wrong in each
struct virtual_store : bare {
  virtual void f();
};
struct store_with_destructor : bare {
  ~store_with_destructor();
};
struct reserves_pointer : bare {
  void* reserve(std::size_t, std::size_t, const attributes&) noexcept;
};
struct reserves_without_alignment : bare {
  reservation reserve(std::size_t, const attributes&) noexcept;
};
struct reserve_throws : bare {
  reservation reserve(std::size_t, std::size_t, const attributes&);
};
struct commit_returns_nothing : bare {
  void commit(page_run, const attributes&) noexcept;
};
struct commit_returns_bool : bare {
  bool commit(page_run, const attributes&) noexcept;
};
struct commit_throws : bare {
  int commit(page_run, const attributes&);
};
struct decommit_without_requests : bare {
  int decommit(page_run) noexcept;
};
struct decommit_throws : bare {
  int decommit(page_run, const attributes&);
};
struct release_of_one_run : bare {
  int release(page_run, const attributes&) noexcept;
};
struct release_throws : bare {
  int release(page_run, page_run, const attributes&);
};
struct page_of_int : bare {
  int page_bytes() const noexcept;
};
struct page_not_const : bare {
  std::size_t page_bytes() noexcept;
};
struct code_is_int : bare {
  static int code_of(step, int) noexcept;
};
struct code_not_static : bare {
  errc code_of(step, int) noexcept;
};
struct largest_page_at_run_time : bare {
  static std::size_t largest_page;
};
struct traits_of_another_type : bare {
  static constexpr struct {
    bool honours_alignment;
  } traits{};
};
template <class... S>
inline constexpr bool none_is_a_store = !(backing_store<S> || ...);
static_assert(none_is_a_store<int, void, has_virtual, virtual_store, store_with_destructor>);
static_assert(none_is_a_store<reserves_pointer, reserves_without_alignment, reserve_throws>);
static_assert(none_is_a_store<commit_returns_nothing, commit_returns_bool, commit_throws>);
static_assert(none_is_a_store<decommit_without_requests, decommit_throws, release_of_one_run, release_throws>);
static_assert(none_is_a_store<page_of_int, page_not_const, code_is_int, code_not_static>);
static_assert(none_is_a_store<largest_page_at_run_time, traits_of_another_type>);

// The capabilities: types that have them, types that lack them, and types that only look alike.
template <class S>
inline constexpr int capabilities =
    buffer_store<S> + protectable_store<S> + executable_store<S> + discarding_store<S> + huge_advising_store<S> +
    collapsing_store<S> + address_choosing_store<S> + huge_pool_store<S> + numa_placing_store<S> + populating_store<S> +
    assuring_store<S> + locking_store<S> + dump_excluding_store<S> + fork_excluding_store<S> + naming_store<S> +
    vm_tagging_store<S> + tagging_store<S> + observing_store<S> + effect_checking_store<S>;
static_assert(capabilities<bare> == 0 && capabilities<int> == 0);

struct protects : bare {
  int protect(page_run, access, const attributes&) noexcept;
};
struct protects_in_vain : bare {
  void protect(page_run, access, const attributes&) noexcept;
};
struct protect_throws : bare {
  int protect(page_run, access, const attributes&);
};
static_assert(protectable_store<protects> && capabilities<protects> == 1);
static_assert(!protectable_store<protects_in_vain> && !protectable_store<protect_throws>);

struct executes : protects {
  static constexpr bool may_execute = true;
};
struct refuses_to_execute : protects {
  static constexpr bool may_execute = false;
};
struct executes_unprotected : bare {
  static constexpr bool may_execute = true;
};
static_assert(executable_store<executes> && capabilities<executes> == 2);
static_assert(!executable_store<refuses_to_execute> && !executable_store<executes_unprotected>);

struct in_place : bare {
  std::size_t buffer_bytes() const noexcept;
};
struct in_some_place : bare {
  int buffer_bytes() const noexcept;
};
struct in_place_not_const : bare {
  std::size_t buffer_bytes() noexcept;
};
static_assert(buffer_store<in_place> && capabilities<in_place> == 1);
static_assert(!buffer_store<in_some_place> && !buffer_store<in_place_not_const>);

struct discards : bare {
  int discard(page_run, const attributes&) noexcept;
};
struct discards_in_vain : bare {
  bool discard(page_run, const attributes&) noexcept;
};
struct discard_throws : bare {
  int discard(page_run, const attributes&);
};
static_assert(discarding_store<discards> && capabilities<discards> == 1);
static_assert(!discarding_store<discards_in_vain> && !discarding_store<discard_throws>);

struct advises : bare {
  int advise_huge(page_run, huge_request) noexcept;
};
struct advises_anything : bare {
  int advise_huge(page_run, const char*) noexcept;
};
struct advice_throws : bare {
  int advise_huge(page_run, huge_request);
};
static_assert(huge_advising_store<advises> && capabilities<advises> == 1);
static_assert(!huge_advising_store<advises_anything> && !huge_advising_store<advice_throws>);

struct collapses : bare {
  int collapse(page_run, std::size_t) noexcept;
};
struct collapses_without_block : bare {
  int collapse(page_run) noexcept;
};
struct collapse_throws : bare {
  int collapse(page_run, std::size_t);
};
static_assert(collapsing_store<collapses> && capabilities<collapses> == 1);
static_assert(!collapsing_store<collapses_without_block> && !collapsing_store<collapse_throws>);

struct has_pool : bare {
  static bool serves_pool_of(std::size_t) noexcept;
};
struct has_pool_perhaps : bare {
  static int serves_pool_of(std::size_t) noexcept;
};
struct has_pool_of_its_own : bare {
  bool serves_pool_of(std::size_t) noexcept;
};
static_assert(huge_pool_store<has_pool> && capabilities<has_pool> == 1);
static_assert(!huge_pool_store<has_pool_perhaps> && !huge_pool_store<has_pool_of_its_own>);

struct places : bare {
  int place(page_run, const numa_request&) noexcept;
};
struct places_by_number : bare {
  int place(page_run, unsigned) noexcept;
};
struct place_throws : bare {
  int place(page_run, const numa_request&);
};
static_assert(numa_placing_store<places> && capabilities<places> == 1);
static_assert(!numa_placing_store<places_by_number> && !numa_placing_store<place_throws>);

struct populates : bare {
  int populate(page_run, const attributes&) noexcept;
};
struct populates_in_vain : bare {
  void populate(page_run, const attributes&) noexcept;
};
struct populate_throws : bare {
  int populate(page_run, const attributes&);
};
static_assert(populating_store<populates> && capabilities<populates> == 1);
static_assert(!populating_store<populates_in_vain> && !populating_store<populate_throws>);

struct assures : bare {
  int assure(page_run, const attributes&) noexcept;
  int recheck_headroom(page_run, const attributes&) const noexcept;
};
struct assures_one_at_a_time : bare {
  int assure(page_run, const attributes&) noexcept;
  int recheck_headroom(page_run, const attributes&) noexcept;
};
struct assures_in_vain : assures {
  bool assure(page_run, const attributes&) noexcept;
};
struct assure_throws : assures {
  int assure(page_run, const attributes&);
};
struct assures_once : bare {
  int assure(page_run, const attributes&) noexcept;
};
static_assert(assuring_store<assures> && capabilities<assures> == 1);
static_assert(!assuring_store<assures_in_vain> && !assuring_store<assure_throws> && !assuring_store<assures_once>);
static_assert(!assuring_store<assures_one_at_a_time>);

struct populates_parts : bare {
  int populate_part(page_run, const attributes&, std::size_t&) const noexcept;
};
struct populates_parts_one_at_a_time : bare {
  int populate_part(page_run, const attributes&, std::size_t&) noexcept;
};
struct populates_untold_parts : bare {
  int populate_part(page_run, const attributes&) const noexcept;
};
static_assert(part_populating_store<populates_parts> && capabilities<populates_parts> == 0);
static_assert(!part_populating_store<populates_parts_one_at_a_time>);
static_assert(!part_populating_store<populates_untold_parts> && !part_populating_store<bare>);

struct prefaults : bare {
  int prefault(page_run, const attributes&) const noexcept;
};
struct prefaults_one_at_a_time : bare {
  int prefault(page_run, const attributes&) noexcept;
};
static_assert(prefaulting_store<prefaults> && capabilities<prefaults> == 0);
static_assert(!prefaulting_store<prefaults_one_at_a_time> && !prefaulting_store<bare>);

struct mirrors_nothing : bare {
  std::size_t mirror_granule() const noexcept;
  static constexpr bool mirrors(const attributes&) noexcept { return true; }
  int reserve_mirror(mirror_place&, std::size_t, const attributes&) noexcept;
  int map_mirror(mirror_place&, const attributes&) noexcept;
};
struct mirrors_memory : mirrors_nothing {
  int release_mirror(mirror_place&, const attributes&) noexcept;
};
static_assert(mirroring_store<mirrors_memory> && capabilities<mirrors_memory> == 0);
static_assert(!mirroring_store<mirrors_nothing> && !mirroring_store<bare>);

struct locks : bare {
  int lock(page_run) noexcept;
};
struct locks_in_vain : bare {
  bool lock(page_run) noexcept;
};
struct lock_throws : bare {
  int lock(page_run);
};
static_assert(locking_store<locks> && capabilities<locks> == 1);
static_assert(!locking_store<locks_in_vain> && !locking_store<lock_throws>);

struct keeps_from_dumps : bare {
  int exclude_from_dumps(page_run) noexcept;
};
struct keeps_from_dumps_in_vain : bare {
  void exclude_from_dumps(page_run) noexcept;
};
struct keep_from_dumps_throws : bare {
  int exclude_from_dumps(page_run);
};
static_assert(dump_excluding_store<keeps_from_dumps> && capabilities<keeps_from_dumps> == 1);
static_assert(!dump_excluding_store<keeps_from_dumps_in_vain> && !dump_excluding_store<keep_from_dumps_throws>);

struct keeps_from_forks : bare {
  int exclude_from_forks(page_run) noexcept;
};
struct keeps_from_forks_in_vain : bare {
  void exclude_from_forks(page_run) noexcept;
};
struct keep_from_forks_throws : bare {
  int exclude_from_forks(page_run);
};
static_assert(fork_excluding_store<keeps_from_forks> && capabilities<keeps_from_forks> == 1);
static_assert(!fork_excluding_store<keeps_from_forks_in_vain> && !fork_excluding_store<keep_from_forks_throws>);

struct names : bare {
  int name(page_run, const char*) noexcept;
};
struct names_by_number : bare {
  int name(page_run, int) noexcept;
};
struct name_throws : bare {
  int name(page_run, const char*);
};
static_assert(naming_store<names> && capabilities<names> == 1);
static_assert(!naming_store<names_by_number> && !naming_store<name_throws>);

struct takes_numbers : bare {
  static constexpr bool takes_vm_tags = true;
};
struct takes_no_numbers : bare {
  static constexpr bool takes_vm_tags = false;
};
static_assert(vm_tagging_store<takes_numbers> && capabilities<takes_numbers> == 1);
static_assert(!vm_tagging_store<takes_no_numbers>);

struct chooses : bare {
  static constexpr bool chooses_addresses = true;
};
struct chooses_none : bare {
  static constexpr bool chooses_addresses = false;
};
static_assert(address_choosing_store<chooses> && capabilities<chooses> == 1);
static_assert(!address_choosing_store<chooses_none>);

struct tags : bare {
  int permit_tags(const tag_request&, std::uint16_t&) noexcept;
  int draw_tag(std::uint16_t, unsigned char&) noexcept;
  int tag(page_run, unsigned char) noexcept;
  int check_writable(page_run) noexcept;
};
struct permits_what_it_likes : tags {
  int permit_tags(const tag_request&) noexcept;
};
struct permit_throws : tags {
  int permit_tags(const tag_request&, std::uint16_t&);
};
struct draws_for_itself : tags {
  int draw_tag(std::uint16_t) noexcept;
};
struct tags_in_vain : tags {
  void tag(page_run, unsigned char) noexcept;
};
struct tag_throws : tags {
  int tag(page_run, unsigned char);
};
struct checks_in_vain : tags {
  bool check_writable(page_run) noexcept;
};
static_assert(tagging_store<tags> && capabilities<tags> == 1);
static_assert(!tagging_store<permits_what_it_likes> && !tagging_store<permit_throws> &&
              !tagging_store<draws_for_itself> && !tagging_store<tags_in_vain> && !tagging_store<tag_throws> &&
              !tagging_store<checks_in_vain>);

struct observes : bare {
  void observe(page_run, page_run, observation&) const noexcept;
};
struct observes_something : bare {
  int observe(page_run, page_run, observation&) const noexcept;
};
struct observe_throws : bare {
  void observe(page_run, page_run, observation&) const;
};
struct observes_and_changes : bare {
  void observe(page_run, page_run, observation&) noexcept;
};
static_assert(observing_store<observes> && capabilities<observes> == 1);
static_assert(!observing_store<observes_something> && !observing_store<observe_throws> &&
              !observing_store<observes_and_changes>);

struct tries : bare {
  std::optional<step> ineffective_request(page_run, const attributes&) const noexcept;
};
struct tries_in_words : bare {
  bool ineffective_request(page_run, const attributes&) const noexcept;
};
struct try_throws : bare {
  std::optional<step> ineffective_request(page_run, const attributes&) const;
};
struct tries_and_changes : bare {
  std::optional<step> ineffective_request(page_run, const attributes&) noexcept;
};
static_assert(effect_checking_store<tries> && capabilities<tries> == 1);
static_assert(!effect_checking_store<tries_in_words> && !effect_checking_store<try_throws> &&
              !effect_checking_store<tries_and_changes>);

// The capabilities of the two systems.
static_assert(capabilities<backing::linux_mmap<>> == 15);  // all except a buffer and execution
static_assert(!buffer_store<backing::linux_mmap<>> && !executable_store<backing::linux_mmap<>>);
static_assert(executable_store<backing::linux_mmap<calls::linux_kernel, execution::allowed>>);
static_assert(capabilities<backing::posix_mmap<>> == 1 && protectable_store<backing::posix_mmap<>>);

}  // namespace quire::test

// SPDX-License-Identifier: BSL-1.0
// Memories of Windows that start from an image: copy-on-write views that replace placeholders.
#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/backing/windows_image_views.hpp>
#include <quire/effective.hpp>
#include <quire/residency/purgeable.hpp>

#include "fault/every_failure.hpp"
#include "fault/windows_rules.hpp"
#include "models/windows/model/configs.hpp"
#include "models/windows/model/model.hpp"
#include "models/windows/model/watched_calls.hpp"
#include "support/catch/catch.hpp"
#include "support/conformance.hpp"
#include "support/fakes/failing_calls.hpp"
#include "support/fakes/recording_calls.hpp"
#include "unit/images/contents.hpp"

namespace quire::test {
namespace {

using w = windows_model;
using modelled = with_images<windows_over<w>>;
using failing_windows = watched_windows_calls<w, failure_injector<w>>;
using failing = with_images<windows_over<failing_windows>>;
using journal = failing_windows::watcher;
using rules = fault_rules<failing_windows>;

static_assert(image_placing_store<backing::windows_views<w>> && !image_store<backing::windows_virtual<w>>);
static_assert(image_placing_store<modelled::backing_type::wrapped>);
static_assert(!image_store<backing::executable_windows_virtual<w>>);

/// Whether `bytes` are zero apart from the contents at `offset`, as far as `bytes` reach.
bool starts_with(std::span<const std::byte> bytes, const std::vector<std::byte>& contents, std::size_t offset) {
  const std::size_t there = std::min(contents.size(), bytes.size() - offset);
  return all_zero(bytes.first(offset)) &&
         std::ranges::equal(std::span(contents).first(there), bytes.subspan(offset, there)) &&
         all_zero(bytes.subspan(offset + there));
}
/// Calls `f` with each page size, and checks that nothing is left afterwards.
template <class F>
void with_each_page(F f) {
  for (const std::size_t page : {4096U, 16384U, 65536U}) {
    w::machine = {};
    w::machine.page = page;
    w::machine.minimum_working_set = std::size_t{1} << 32;
    INFO("pages of " << page << " bytes");
    f();
    CHECK((w::reserved_bytes() == 0 && w::committed_bytes() == 0 && w::open_sections() == 0));
  }
  w::machine = {};
}

}  // namespace

using conforming = always_from_image<modelled>;
using conforming_unguarded = always_from_image<modelled::with_protection<protection::unguarded>>;

TEMPLATE_TEST_CASE("a Windows memory that starts from an image passes every conformance case", "[conformance]",
                   conforming, conforming_unguarded) {
  for (const std::size_t page : {4096U, 16384U, 65536U}) {
    w::machine.page = page;
    INFO("pages of " << page << " bytes");
    const typename TestType::world zeros;
    TestType a;
    REQUIRE(a.allocate(pages{2}).has_value());
    CHECK(a.image_mode() == image_mode::mapped);  // as in the conformance cases
    conform<plain<TestType>>();
  }
  w::machine = {};
}

TEST_CASE("windows: each reset restores the image, and growth adds zeros", "[images]") {
  with_each_page([] {
    const auto contents = pattern(3 * chunk + 777);
    for (const std::size_t offset : {std::size_t{0}, chunk}) {
      const auto image = image_of<modelled>(contents);
      modelled a, another;
      REQUIRE(a.allocate_from(image, offset, pages{6}, pages{9}).has_value());
      CHECK((a.image_mode() == image_mode::mapped && effective(a).image == image_mode::mapped));
      CHECK(starts_with(a.bytes(), contents, offset));
      fill(a.bytes(), 0x55);
      REQUIRE(another.allocate_from(image, offset, pages{5}).has_value());
      CHECK(starts_with(another.bytes(), contents, offset));

      REQUIRE(a.grow(pages{2}).has_value());
      CHECK((holds(a.bytes().first(6 * chunk), 0x55) && all_zero(a.bytes().subspan(6 * chunk))));
      REQUIRE(a.shrink(pages{6}).has_value());  // to the middle of the image: the bytes written before stay
      CHECK(holds(a.bytes(), 0x55));
      REQUIRE(a.grow(pages{7}).has_value());
      CHECK((holds(a.bytes().first(2 * chunk), 0x55) && all_zero(a.bytes().subspan(2 * chunk))));
      fill(a.bytes(), 0x66);
      REQUIRE(a.shrink(pages{6}).has_value());  // the image is replaced by private pages
      REQUIRE(a.grow(pages{1}).has_value());
      CHECK((holds(a.bytes().first(3 * chunk), 0x66) && all_zero(a.bytes().subspan(3 * chunk))));

      REQUIRE(a.reset(pages{6}).has_value());
      CHECK(starts_with(a.bytes(), contents, offset));
      REQUIRE(a.reset(pages{2}).has_value());
      CHECK(starts_with(a.bytes(), contents, offset));
      REQUIRE(a.grow(pages{4}).has_value());
      CHECK(all_zero(a.bytes().subspan(2 * chunk)));
      REQUIRE(a.reset(pages{0}).has_value());
      REQUIRE(a.reset(pages{6}).has_value());
      CHECK(starts_with(a.bytes(), contents, offset));
    }
  });
}

TEST_CASE("windows: protect and discard work across a memory that maps an image", "[images]") {
  with_each_page([] {
    const auto contents = pattern(2 * chunk);
    const auto image = image_of<modelled>(contents);
    modelled a;
    REQUIRE(a.allocate_from(image, chunk, pages{4}, pages{6}).has_value());
    const std::size_t page = w::machine.page;
    REQUIRE(a.protect(0, 4 * chunk, access::read).has_value());
    CHECK(starts_with(a.bytes(), contents, chunk));
    REQUIRE(a.discard(2 * chunk - page, 2 * page).has_value());  // across two granules, which stay read-only
    CHECK(all_zero(a.bytes().subspan(2 * chunk - page, 2 * page)));
    CHECK(std::ranges::equal(std::span(contents).first(chunk - page), a.bytes().subspan(chunk, chunk - page)));
    w::memory_region told{};
    REQUIRE(w::virtual_query(a.data() + 2 * chunk - page, told) == 0);
    CHECK(told.protection == w::page_read_only);
    REQUIRE(a.protect(0, 4 * chunk, access::none).has_value());
    REQUIRE(a.protect(0, 4 * chunk, access::read_write).has_value());
    CHECK(all_zero(a.bytes().subspan(2 * chunk - page, 2 * page)));
    fill(a.bytes(), 0x71);
    REQUIRE(a.discard(0, 4 * chunk).has_value());
    CHECK(all_zero(a.bytes()));
    REQUIRE(a.reset(pages{4}).has_value());
    CHECK(starts_with(a.bytes(), contents, chunk));
  });
}

TEST_CASE("windows: views are charged in full until shrink removes their granules", "[images]") {
  const auto contents = pattern(2 * chunk);
  {
    const auto image = image_of<modelled>(contents);
    CHECK(w::committed_bytes() == 2 * chunk);
    modelled a;
    REQUIRE(a.allocate_from(image, chunk, pages{4}, pages{4}).has_value());
    CHECK(w::committed_bytes() == 6 * chunk);
    REQUIRE(a.shrink(pages{2}).has_value());
    CHECK(w::committed_bytes() == 4 * chunk);
    w::machine.commit_limit = 5 * chunk;
    const auto got = a.grow(pages{2});  // one granule of the image fits; the part after it does not
    REQUIRE(!got.has_value());
    CHECK(got.error() == error{errc::out_of_memory, step::commit, w::commitment_limit});
    CHECK((a.size() == 2 * chunk && w::committed_bytes() == 4 * chunk));
    CHECK(a.grow(pages{1}).has_value());
    w::machine = {};
  }
  CHECK((w::committed_bytes() == 0 && w::open_sections() == 0));
}

TEST_CASE("windows: an image outlives its handle in the memories that map it", "[images]") {
  const auto contents = pattern(chunk + 1);
  std::optional image = image_of<modelled>(contents);
  modelled a;
  REQUIRE(a.allocate_from(*image, 0, pages{2}).has_value());
  image.reset();
  CHECK(w::open_sections() == 1);
  CHECK(starts_with(a.bytes(), contents, 0));
  REQUIRE(a.deallocate(a.data(), a.size()).has_value());
  CHECK(w::open_sections() == 0);
}

namespace r = residency;
using copying =
    std::tuple<plain<modelled::with_page_size<in_units<4096>>>, plain<modelled::with_residency<r::locked>>,
               plain<modelled::with_residency<r::populated>>, plain<modelled::with_residency<r::purgeable<>>>,
               plain<modelled::with_page_size<at_two_megabytes>>,
               on_node_0<modelled::with_placement<placement::prefer>>>;

template <class M>
void expect_copy() {
  using A = typename M::allocator;
  const auto contents = pattern(chunk + 5000);
  const auto image = image_of<A>(contents);
  A a = M::make();
  REQUIRE(a.allocate_from(image, chunk, chunks<A>(3), chunks<A>(4)).has_value());
  CHECK(a.image_mode() == image_mode::copied);
  CHECK(starts_with(a.bytes(), contents, chunk));
  fill(a.bytes(), 0x21);
  REQUIRE(a.reset(chunks<A>(3)).has_value());
  CHECK(starts_with(a.bytes(), contents, chunk));
  REQUIRE(a.shrink(typename A::pages{1}).has_value());
  REQUIRE(a.deallocate(a.data(), a.size()).has_value());
}

TEMPLATE_LIST_TEST_CASE("windows: a memory whose policies views cannot satisfy copies its image", "[images]", copying) {
  w::machine.minimum_working_set = std::size_t{1} << 32;
  expect_copy<TestType>();
  CHECK((w::reserved_bytes() == 0 && w::open_sections() == 0));
  w::machine = {};
}

TEST_CASE("windows: without placeholders images are copied, and need no section", "[images]") {
  w::machine.has_placeholders = false;
  expect_copy<plain<modelled>>();
  CHECK(w::open_sections() == 0);
  w::machine = {};
  journal::forget();
  journal::arm({0, {w::invalid_parameter, false}});  // VirtualAlloc2 exists, but knows no placeholders
  const auto contents = pattern(chunk);
  const auto image = image_of<failing>(contents);
  CHECK(w::open_sections() == 0);
  failing a;
  REQUIRE(a.allocate_from(image, 0, pages{1}).has_value());
  CHECK((a.image_mode() == image_mode::copied && starts_with(a.bytes(), contents, 0)));
}

TEST_CASE("windows: commit of committed pages changes nothing, and remap_image restores views", "[images]") {
  using store = backing::windows_views<w>;
  const auto contents = pattern(2 * chunk);
  store::image_object object;
  REQUIRE(store::make_image(contents, object) == 0);
  store s;
  attributes requested{};
  requested.locked = true;
  s.expect_image(object, chunk, contents.size());
  const reservation locked = s.reserve(4 * chunk, chunk, requested);
  CHECK(!s.expects_image());
  REQUIRE(s.release({locked.base, 4 * chunk}, {locked.base, 0}, requested) == 0);

  requested.locked = false;
  s.expect_image(object, chunk, contents.size());
  const reservation got = s.reserve(4 * chunk, chunk, requested);
  REQUIRE((got.native == 0 && s.expects_image()));
  const page_run whole{got.base, 4 * chunk}, views{got.base + chunk, 2 * chunk};
  const std::span bytes(got.base, whole.bytes);
  REQUIRE(s.place_image(got.base) == 0);
  REQUIRE(s.map_image(views, object, 0, requested) == 0);
  REQUIRE(s.commit(whole, requested) == 0);
  CHECK(starts_with(bytes, contents, chunk));
  fill(bytes, 0x44);
  REQUIRE(s.remap_image(views, object, 0, requested).native == 0);
  REQUIRE(s.commit(whole, requested) == 0);
  CHECK(std::ranges::equal(contents, bytes.subspan(chunk, 2 * chunk)));
  CHECK((holds(bytes.first(chunk), 0x44) && holds(bytes.last(chunk), 0x44)));
  REQUIRE(s.release(whole, whole, requested) == 0);
  store::release_image(object);
  CHECK((w::reserved_bytes() == 0 && w::open_sections() == 0));
}

TEST_CASE("windows: a memory without an image makes the same calls as without image support", "[images]") {
  using recorded_calls = watched_windows_calls<w, recorder<w>>;
  using recorded = with_images<windows_over<recorded_calls>>;
  const auto names = [] {
    std::vector<std::string_view> made;
    for (const auto& c : recorder<w>::take()) made.push_back(name(c.what));
    return made;
  };
  using list = std::vector<std::string_view>;
  recorded a;
  (void)names();
  REQUIRE(a.allocate(pages{2}, pages{8}).has_value());
  CHECK(names() == list{"VirtualAlloc", "VirtualAlloc"});
  REQUIRE(a.grow(pages{1}).has_value());
  REQUIRE(a.shrink(pages{1}).has_value());
  REQUIRE(a.deallocate(a.data(), a.size()).has_value());
  CHECK(names() == list{"VirtualAlloc", "VirtualFree", "VirtualFree"});

  // An image of one granule: reserve, split twice, replace both parts, commit the first one, map the view.
  const auto contents = pattern(chunk);
  const auto image = image_of<recorded>(contents);
  CHECK(names() == list{"VirtualAlloc", "VirtualFree", "CreateFileMapping", "MapViewOfFile3", "UnmapViewOfFile2"});
  REQUIRE(a.allocate_from(image, 0, pages{1}, pages{4}).has_value());
  CHECK(names() ==
        list{"VirtualAlloc", "VirtualFree", "VirtualFree", "VirtualAlloc", "VirtualAlloc", "MapViewOfFile3"});
  REQUIRE(a.deallocate(a.data(), a.size()).has_value());
  CHECK(names() == list{"VirtualFree", "UnmapViewOfFile2", "VirtualFree"});
}

// Failures.

namespace {

/// Runs `attempt(a)` on a memory that `prepare(a)` made, with each of its calls failing in turn, in each way, and then
/// `judge(a, result, call, code)`.
template <class P, class F, class J>
void with_each_failure(P prepare, F attempt, J judge) {
  journal::forget();
  std::vector<made_call> calls;
  {
    failing a;
    prepare(a);
    journal::arm();
    REQUIRE(attempt(a).has_value());
    calls = journal::made;
  }
  REQUIRE(!calls.empty());
  const auto before = journal::mapped.all();
  for (std::size_t i = 0; i != calls.size(); ++i)
    for (const int code : rules::errors_of(calls[i]))
      for (const bool halfway : {false, true}) {
        if (halfway && !rules::may_stop_halfway(calls[i])) continue;
        INFO("call " << i << ", " << name(calls[i].what) << ", fails with " << code << (halfway ? " halfway" : ""));
        {
          failing a;
          prepare(a);
          journal::arm({i, {code, halfway}});
          const result<void> got = attempt(a);
          journal::disarm();
          REQUIRE(journal::failed.size() == 1);
          REQUIRE(!got.has_value());
          CHECK(got.error().native == code);
          CHECK(got.error().code == failing::backing_type::code_of(got.error().at, code));
          judge(a, got.error(), i);
        }
        CHECK(journal::mapped.all() == before);
        CHECK(!journal::touched_foreign_memory);
      }
}

struct mapped_memories {
  std::vector<std::byte> contents = pattern(2 * chunk);
  failing::image image = image_of<failing>(contents);

  void full(failing& a) const {
    REQUIRE(a.allocate_from(image, chunk, pages{4}, pages{6}).has_value());
    REQUIRE(a.image_mode() == image_mode::mapped);
    fill(a.bytes(), 0x33);
  }
  void restarts(failing& a) const {
    REQUIRE(a.allocate_from(image, chunk, pages{4}, pages{6}).has_value());
    CHECK(starts_with(a.bytes(), contents, chunk));
  }
  void breaks(failing& a) const {
    CHECK(a.grow(pages{0}).error().code == errc::broken);
    CHECK((a.size() == 0 && a.bytes().empty()));
    REQUIRE(a.deallocate(a.data(), a.size()).has_value());
    restarts(a);
  }
  template <class F>
  void break_in(F attempt) const {
    with_each_failure([&](failing& a) { full(a); }, attempt,
                      [&](failing& a, error, std::size_t at) {
                        if (at != 0 || !a.grow(pages{0}).has_value()) return breaks(a);
                        // The failing call came before any change.
                        CHECK((a.size() == 4 * chunk && holds(a.bytes(), 0x33)));
                      });
  }
};

template <class T>
result<void> plainly(const result<T>& got) {
  return got ? result<void>{} : std::unexpected(got.error());
}

}  // namespace

TEST_CASE("with a Windows memory from an image every failing call leaves an allowed state", "[fault]") {
  using guarded = always_from_image<failing>;
  using unguarded = always_from_image<failing::with_protection<protection::unguarded>>;
  const guarded::world zeros;
  const unguarded::world others;
  survive_every_failure<sole<plain<guarded>>>();
  survive_every_failure<sole<plain<unguarded>>>();
}

TEST_CASE("windows: a failure to make an image leaves no section behind", "[images][fault]") {
  const auto contents = pattern(chunk + 1);
  for (const int code : {w::not_enough_memory, w::access_denied, w::commitment_limit})
    for (std::size_t at = 1; at != 5; ++at) {  // after the test for placeholders
      journal::forget();
      journal::arm({at, {code, false}});
      const auto made = failing::image::from(contents);
      journal::disarm();
      REQUIRE(journal::failed.size() == 1);
      REQUIRE(!made.has_value());
      CHECK((made.error().at == step::populate && made.error().native == code));
      const auto left = journal::mapped.all();
      CHECK(left.empty() == !journal::has_failed(effect::unmaps));
      for (const auto& each : left)
        if (w::unmap_view(const_cast<std::byte*>(each.begin), 0) != 0) rules::release(each);
      CHECK((w::open_sections() == 0 && w::reserved_bytes() == 0));
    }
}

TEST_CASE("windows: a failed allocation from an image leaves the memory vacant", "[images][fault]") {
  const mapped_memories m;
  with_each_failure([](failing&) {},
                    [&](failing& a) { return plainly(a.allocate_from(m.image, chunk, pages{4}, pages{6})); },
                    [&](failing& a, error, std::size_t) {
                      CHECK((a.data() == nullptr && a.image_mode() == image_mode::none));
                      CHECK(w::reserved_bytes() == 0);
                      m.restarts(a);
                    });
}

TEST_CASE("windows: growth over addresses of a former image fails as a whole", "[images][fault]") {
  const mapped_memories m;
  with_each_failure(
      [&](failing& a) {
        m.full(a);
        REQUIRE(a.shrink(pages{2}).has_value());
      },
      [](failing& a) { return plainly(a.grow(pages{3})); },
      [&](failing& a, error, std::size_t) {
        CHECK((a.size() == 2 * chunk && holds(a.bytes(), 0x33)));
        REQUIRE(a.grow(pages{3}).has_value());
        CHECK((holds(a.bytes().first(2 * chunk), 0x33) && all_zero(a.bytes().subspan(2 * chunk))));
        REQUIRE(a.reset(pages{4}).has_value());
        CHECK(starts_with(a.bytes(), m.contents, chunk));
      });
}

TEST_CASE("windows: an operation that fails halfway on an image leaves only deallocate", "[images][fault]") {
  const mapped_memories m;
  SECTION("shrink") {
    m.break_in([](failing& a) { return plainly(a.shrink(pages{3})); });
  }
  SECTION("reset to the same size") {
    m.break_in([](failing& a) { return a.reset(pages{4}); });
  }
  SECTION("reset to a smaller size") {
    m.break_in([](failing& a) { return a.reset(pages{2}); });
  }
}

TEST_CASE("windows: discard changes nothing if its first step fails; a later failure breaks the memory",
          "[images][fault]") {
  const mapped_memories m;
  const std::size_t page = w::machine.page;
  for (const bool restricted : {false, true}) {
    INFO("pages that may only be read: " << restricted);
    with_each_failure(
        [&](failing& a) {
          m.full(a);
          if (restricted) REQUIRE(a.protect(chunk, 2 * page, access::read).has_value());
        },
        [&](failing& a) { return a.discard(chunk, 2 * chunk); },
        [&](failing& a, error e, std::size_t at) {
          CHECK(e.at == step::discard);
          const std::size_t asked = restricted ? 2 : 0;  // VirtualQuery, for two runs
          CHECK((a.grow(pages{0}).has_value()) == (at <= asked));
          if (at > asked) return m.breaks(a);
          CHECK((a.size() == 4 * chunk && holds(a.bytes(), 0x33)));
          REQUIRE(a.discard(chunk, 2 * chunk).has_value());
          CHECK(all_zero(a.bytes().subspan(chunk, 2 * chunk)));
          REQUIRE(a.reset(pages{4}).has_value());
          CHECK(starts_with(a.bytes(), m.contents, chunk));
        });
  }
}

TEST_CASE("windows: discarded granules of an image become private pages and keep their access", "[images]") {
  with_each_page([] {
    const auto contents = pattern(5 * chunk);
    const auto image = image_of<modelled>(contents);
    const std::size_t page = w::machine.page;
    modelled a;
    REQUIRE(a.allocate_from(image, 0, pages{6}, pages{8}).has_value());
    const auto kind_at = [&](std::size_t offset) {
      w::memory_region told{};
      REQUIRE(w::virtual_query(a.data() + offset, told) == 0);
      return told;
    };
    fill(a.bytes().subspan(chunk, 3 * chunk), 0x42);
    REQUIRE(a.protect(2 * chunk, page, access::read).has_value());
    REQUIRE(a.protect(3 * chunk - page, 2 * page, access::none).has_value());
    const auto committed = w::committed_bytes();
    REQUIRE(a.discard(chunk, 3 * chunk).has_value());
    CHECK(w::committed_bytes() == committed);
    for (const std::size_t at : {chunk, 2 * chunk, 3 * chunk}) CHECK(kind_at(at).kind == w::mem_private);
    CHECK((kind_at(0).kind == w::mem_mapped && kind_at(4 * chunk).kind == w::mem_mapped));
    CHECK(kind_at(chunk).protection == w::page_read_write);
    if (page != chunk) CHECK(kind_at(2 * chunk).protection == w::page_read_only);
    CHECK(kind_at(3 * chunk - page).protection == w::page_no_access);
    CHECK(kind_at(3 * chunk).protection == w::page_no_access);
    REQUIRE(a.protect(0, 6 * chunk, access::read_write).has_value());  // views and private pages
    CHECK(all_zero(a.bytes().subspan(chunk, 3 * chunk)));
    CHECK(std::ranges::equal(std::span(contents).first(chunk), a.bytes().first(chunk)));
    CHECK(std::ranges::equal(std::span(contents).last(chunk), a.bytes().subspan(4 * chunk, chunk)));

    fill(a.bytes(), 0x43);
    REQUIRE(a.discard(chunk, 2 * chunk).has_value());  // private pages this time
    REQUIRE(a.shrink(pages{4}).has_value());
    CHECK((holds(a.bytes().first(chunk), 0x43) && all_zero(a.bytes().subspan(chunk))));
    REQUIRE(a.grow(pages{4}).has_value());
    CHECK(all_zero(a.bytes().subspan(2 * chunk)));
    REQUIRE(a.reset(pages{6}).has_value());
    CHECK(starts_with(a.bytes(), contents, 0));
    REQUIRE(a.discard(2 * chunk, chunk).has_value());
  });
}

TEST_CASE("windows: an undo that fails as well breaks the memory", "[images][fault]") {
  const mapped_memories m;
  for (std::size_t second = 1;; ++second) {
    failing a;
    m.full(a);
    REQUIRE(a.shrink(pages{2}).has_value());
    // The granule of the image is mapped; committing the part after it fails.
    journal::arm({1, {w::commitment_limit, false}}, {1 + second, {w::commitment_limit, false}});
    const auto got = a.grow(pages{3});
    journal::disarm();
    REQUIRE(!got.has_value());
    if (journal::failed.size() == 1) break;
    INFO("and then call " << 1 + second);
    m.breaks(a);
  }
}

TEST_CASE("windows: a failed protect keeps contents, and each page has its old or new access", "[images][fault]") {
  const mapped_memories m;
  with_each_failure([&](failing& a) { m.full(a); }, [](failing& a) { return a.protect(0, 4 * chunk, access::read); },
                    [&](failing& a, error e, std::size_t) {
                      CHECK(e.at == step::protect);
                      REQUIRE(a.protect(0, 4 * chunk, access::read_write).has_value());
                      CHECK(holds(a.bytes(), 0x33));
                      REQUIRE(a.reset(pages{4}).has_value());
                      CHECK(starts_with(a.bytes(), m.contents, chunk));
                    });
}

TEST_CASE("windows: release changes nothing if its first part fails; a later failure breaks the memory",
          "[images][fault]") {
  const mapped_memories m;
  with_each_failure([&](failing& a) { m.full(a); }, [](failing& a) { return a.deallocate(a.data(), a.size()); },
                    [&](failing& a, error e, std::size_t at) {
                      CHECK(e.at == step::release);
                      if (at != 0) return m.breaks(a);
                      CHECK((a.size() == 4 * chunk && holds(a.bytes(), 0x33)));
                      REQUIRE(a.grow(pages{1}).has_value());
                      REQUIRE(a.reset(pages{4}).has_value());
                      CHECK(starts_with(a.bytes(), m.contents, chunk));
                    });
}

TEST_CASE("windows: a destructor whose release fails still gives all memory back", "[images][fault]") {
  const mapped_memories m;
  for (std::size_t at = 0;; ++at) {
    journal::forget();
    const std::uint64_t images = w::committed_bytes();
    {
      failing a;
      m.full(a);
      journal::arm({at, {w::invalid_address, false}});
    }
    journal::disarm();
    if (journal::failed.empty()) break;
    INFO("call " << at);
    CHECK(w::committed_bytes() == images);
    for (const auto& each : journal::mapped.all())
      for (const std::byte* p = each.begin; p != each.end;) {
        w::memory_region part{};
        REQUIRE(w::virtual_query(p, part) == 0);
        p += part.bytes;
        CHECK(part.state == w::mem_reserve);
        CHECK(w::virtual_free(part.base, 0, w::mem_release) == 0);
      }
  }
  CHECK(journal::mapped.all().empty());
}

TEST_CASE("windows: the model refuses what placeholders and views do not allow", "[model]") {
  constexpr unsigned reserving = w::mem_reserve | w::mem_reserve_placeholder,
                     keeping = w::mem_release | w::mem_preserve_placeholder;
  constexpr unsigned replacing = w::mem_reserve | w::mem_replace_placeholder;
  const auto whole = w::virtual_alloc_over(nullptr, 4 * chunk, reserving, w::page_no_access);
  REQUIRE(whole.error == 0);
  auto* const p = static_cast<std::byte*>(whole.address);
  CHECK(w::virtual_alloc_over(nullptr, chunk, reserving, w::page_read_write).error == w::invalid_parameter);
  CHECK(w::virtual_free(p + chunk, chunk, keeping) != 0);
  CHECK(w::virtual_free(p, 4 * chunk, keeping) != 0);
  CHECK(w::virtual_alloc(p, chunk, w::mem_commit, w::page_read_write).error == w::invalid_address);
  CHECK(w::virtual_alloc_over(p, chunk, replacing, w::page_no_access).error == w::invalid_address);
  REQUIRE(w::virtual_free(p, chunk, keeping) == 0);
  REQUIRE(w::virtual_free(p + chunk, chunk, keeping) == 0);
  REQUIRE(w::virtual_alloc_over(p, chunk, replacing, w::page_no_access).error == 0);
  CHECK(w::virtual_free(p, chunk / 2, keeping) == w::invalid_parameter);
  CHECK(w::virtual_alloc(p, 2 * chunk, w::mem_commit, w::page_read_write).error == w::invalid_address);

  void* section = nullptr;
  REQUIRE(w::create_section(chunk, section) == 0);
  const auto map = [&](std::byte* where, std::size_t offset, std::size_t bytes, unsigned protection) {
    return w::map_view(section, where, offset, bytes, w::mem_replace_placeholder, protection).error;
  };
  CHECK(map(p + chunk, 0, 2 * chunk, w::page_write_copy) == w::invalid_parameter);  // larger than the section
  CHECK(map(p + 2 * chunk, 0, chunk, w::page_write_copy) == w::invalid_address);    // smaller than the placeholder
  CHECK(map(p, 0, chunk, w::page_write_copy) == w::invalid_address);                // no placeholder
  REQUIRE(map(p + chunk, 0, chunk, w::page_write_copy) == 0);
  std::byte* const view = p + chunk;
  CHECK(w::virtual_protect(view, chunk, w::page_read_write) == w::invalid_parameter);
  CHECK(w::virtual_protect(view, chunk, w::page_read_only) == 0);
  CHECK(w::virtual_protect(view, chunk, w::page_write_copy) == 0);
  CHECK(w::virtual_protect(p, 2 * chunk, w::page_read_only) != 0);
  CHECK(w::virtual_free(view, chunk, w::mem_decommit) != 0);
  CHECK(w::virtual_free(view, 0, w::mem_release) != 0);
  CHECK(w::virtual_free(view, chunk, keeping) != 0);
  CHECK(w::unmap_view(view + 4096, 0) == w::invalid_address);
  CHECK(w::unmap_view(p, 0) == w::invalid_address);
  REQUIRE(w::virtual_alloc(p, chunk, w::mem_commit, w::page_read_write).error == 0);
  CHECK(w::virtual_protect(p, chunk, w::page_write_copy) == w::invalid_parameter);
  REQUIRE(w::virtual_free(p, chunk, keeping) == 0);

  w::close_section(section);
  CHECK(w::committed_bytes() == 2 * chunk);  // the section, and the copies of its view
  CHECK(w::unmap_view(view, w::mem_preserve_placeholder) == 0);
  CHECK((w::committed_bytes() == 0 && w::open_sections() == 0));
  for (std::byte* each : {p, p + chunk, p + 2 * chunk}) CHECK(w::virtual_free(each, 0, w::mem_release) == 0);
  CHECK(w::reserved_bytes() == 0);
}

}  // namespace quire::test

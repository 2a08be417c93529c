// SPDX-License-Identifier: BSL-1.0
// Random users of a pool beside a plain model: contents, sizes, access, zeros at the start of each life, and bases that
// belong to one user. Each sequence is determined by its seed.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <unistd.h>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/populated.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/older_kernel.hpp"
#include "support/process/machine.hpp"
#include "unit/pools/pooled.hpp"

namespace quire::test {
namespace {

/// Reads or writes a byte through a pipe, as the kernel reports an inaccessible page by an error and not by a signal.
class prober {
 public:
  prober() { test_environment::check(::pipe(ends_) == 0, "there is a pipe"); }
  ~prober() { ::close(ends_[0]), ::close(ends_[1]); }
  prober(const prober&) = delete;
  prober& operator=(const prober&) = delete;

  /// The access to the page of an address; its contents stay.
  [[nodiscard]] access of(std::byte* p) const {
    if (::write(ends_[1], p, 1) != 1) return access::none;
    if (::read(ends_[0], p, 1) == 1) return access::read_write;
    std::byte drained{};
    test_environment::check(::read(ends_[0], &drained, 1) == 1, "a byte that could not be stored is still there");
    return access::read;
  }

 private:
  int ends_[2];
};

struct no_image {};
template <class M>
struct images_of {
  using type = no_image;
};
template <class M>
  requires requires { typename M::image; }
struct images_of<M> {
  using type = typename M::image;
};

template <class Pool>
inline constexpr bool is_sealed = false;
template <class A, class R>
inline constexpr bool is_sealed<pool<A, R, bounds::sealed_guard_markers>> = true;

template <class Pool>
inline constexpr bool is_striped = requires { &Pool::stripes; };

template <class Pool>
class users {
  using memory = typename Pool::memory;
  using unit_pages = typename Pool::pages;
  static constexpr std::size_t unit = unit_pages::unit;
  static constexpr std::size_t most_pages = 12, most_users = 7, images = 9;
  static constexpr bool has_images = requires { typename memory::image; };
  static constexpr std::size_t page = 4096;  // in which the model keeps access

  struct user {
    memory mine;
    std::vector<std::byte> contents{};
    std::vector<access> of_pages{};  // up to the capacity
    std::size_t written = 0;
    std::uint64_t key = 0;
    std::span<const std::byte> start{};  // the image that it shows at first, and again after a reset
    std::size_t offset = 0;
  };

 public:
  explicit users(unsigned seed) : random_(seed) {
    typename Pool::terms wanted{.slots = most_users, .maximum = unit_pages{most_pages}};
    if (below(2) == 0) wanted.keep_resident = below(most_pages * unit);
    if (below(2) == 0) wanted.seed = random_();
    if (below(2) == 0) wanted.keep_resident_in_all = below(most_users * most_pages * unit);
    check(pool_.open(wanted).has_value(), "the pool opens");
    if constexpr (is_striped<Pool>) hold_all_keys<calls::linux_kernel>();
    if constexpr (has_images)
      for (std::size_t i = 0; i < images; ++i) make_image();
  }
  void run(std::size_t operations) {
    for (; operations != 0; --operations) {
      if (all_.empty() || (below(5) == 0 && all_.size() < most_users)) {
        come();
        continue;
      }
      const std::size_t which = below(all_.size());
      user& u = all_[which];
      switch (below(12)) {
        case 0:
        case 1: leave(which); break;
        case 2:
        case 3:
        case 4: write(u); break;
        case 5: grow(u); break;
        case 6: shrink(u); break;
        case 7: protect(u); break;
        case 8: discard(u); break;
        case 9: reset(u); break;
        case 10: pool_.trim(below(1 << 20)); break;
        default:
          if constexpr (requires { pool_.clean_step(); }) pool_.clean_step(static_cast<std::uint32_t>(below(4)));
      }
    }
    for (user& u : all_) compare(u);
    const pool_statistics seen = pool_.statistics();
    check(seen.live == all_.size() && seen.retired == 0 && seen.refused == 0, "all slots are in use or free");
    all_.clear();
    check(pool_.close().has_value(), "and free at last");
  }

 private:
  static void check(bool holds, const char* what) { test_environment::check(holds, what); }
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }
  static std::size_t end_of(const user& u) { return align_up(u.contents.size(), u.mine.commit_granule()); }

  void come() {
    const std::size_t maximum = 1 + below(most_pages), initial = below(maximum + 1);
    const std::uint64_t key = below(4);
    std::span<const std::byte> start;
    std::size_t offset = 0;
    auto got = [&] {
      if constexpr (has_images) {
        if (below(8) == 0) {
          images_.erase(images_.begin() + static_cast<std::ptrdiff_t>(unused_image()));
          make_image();
        }
        const auto& chosen = images_[below(images_.size())];
        offset = below(3) * page;
        if (below(4) != 0 && offset + chosen.size() <= initial * unit) {
          start = chosen.contents();
          return pool_.acquire_from(chosen, offset, unit_pages{initial}, unit_pages{maximum}, key);
        }
      }
      return pool_.acquire(unit_pages{initial}, unit_pages{maximum}, key);
    }();
    check(got.has_value(), "a slot is free");
    if (!got) return;
    for (const user& other : all_) check(other.mine.data() != got->data(), "no other user has this base");
    all_.push_back({.mine = std::move(*got), .key = key, .start = start, .offset = offset});
    begin(all_.back(), initial * unit);
    const auto found = pool_.find(all_.back().mine.data());
    check(found && found->live && (key == 0 || found->key == key) && found->slot == Pool::slot_of(all_.back().mine),
          "it is found");
  }
  void begin(user& u, std::size_t bytes) {
    u.contents.assign(bytes, std::byte{0});
    for (std::size_t i = 0; i < u.start.size() && u.offset + i < bytes; ++i) u.contents[u.offset + i] = u.start[i];
    u.of_pages.assign(u.mine.capacity() / page + 1, access::read_write);
    u.written = 0;
    compare(u);
  }
  void leave(std::size_t which) {
    user& u = all_[which];
    compare(u);
    if (below(3) != 0) u.mine.set_high_water_mark(u.written);
    if (below(2) == 0) check(u.mine.deallocate(u.mine.data(), u.mine.size()).has_value(), "deallocate returns it");
    std::swap(u, all_.back());
    all_.pop_back();
  }
  void write(user& u) {
    if (u.contents.empty()) return;
    const std::size_t from = below(u.contents.size()), bytes = 1 + below(std::min(unit, u.contents.size() - from));
    const auto value = static_cast<unsigned char>(below(4) == 0 ? 0 : below(256));
    for (std::size_t at = from; at < from + bytes;) {
      const std::size_t end = std::min(from + bytes, (at / page + 1) * page);
      if (u.of_pages[at / page] == access::read_write) {
        fill({u.mine.data() + at, end - at}, value);
        fill({u.contents.data() + at, end - at}, value);
        u.written = std::max(u.written, end);
      }
      at = end;
    }
  }
  void grow(user& u) {
    const std::size_t room = (u.mine.capacity() - u.contents.size()) / unit, more = below(room + 1), old = end_of(u);
    check(u.mine.grow(unit_pages{more}).has_value(), "it grows");
    const std::size_t slack = align_down(u.contents.size(), u.mine.granularity());
    u.contents.resize(u.contents.size() + more * unit);
    if (more != 0) open(u, old == u.contents.size() - more * unit ? old : slack, end_of(u));
    compare(u);
  }
  static void open(user& u, std::size_t from, std::size_t to) {
    for (std::size_t at = from; at < to; at += page) u.of_pages[at / page] = access::read_write;
  }
  void shrink(user& u) {
    const std::size_t less = below(u.contents.size() / unit + 1);
    check(u.mine.shrink(unit_pages{less}).has_value(), "it shrinks");
    u.contents.resize(u.contents.size() - less * unit);
    compare(u);
  }
  /// A random run of granules below the accessible end.
  std::pair<std::size_t, std::size_t> some(const user& u) {
    const std::size_t granule = u.mine.granularity(), all = end_of(u) / granule, first = below(all);
    return {first * granule, all == 0 ? 0 : (1 + below(all - first)) * granule};
  }
  void protect(user& u) {
    constexpr access any[] = {access::none, access::read, access::read_write};
    const access wanted = any[below(3)];
    const auto [from, bytes] = some(u);
    const auto changed = u.mine.protect(from, bytes, wanted);
    if (is_sealed<Pool> && from < end_of(u) && bytes != 0 && wanted != access::read_write) {
      check(changed.error().code == errc::not_permitted, "sealed pages keep their access");
      return compare(u);
    }
    check(changed.has_value(), "access changes");
    for (std::size_t at = from; at < from + bytes; at += page) u.of_pages[at / page] = wanted;
    compare(u);
  }
  void discard(user& u) {
    if constexpr (can_discard<memory>) {
      const auto [from, bytes] = some(u);
      check(u.mine.discard(from, bytes).has_value(), "pages are discarded");
      for (std::size_t at = from; at < std::min(from + bytes, u.contents.size()); ++at) u.contents[at] = std::byte{0};
      compare(u);
    }
  }
  void reset(user& u) {
    if (below(2) == 0) u.mine.set_high_water_mark(u.written);
    const std::size_t pages_left = below(u.mine.capacity() / unit + 1);
    check(u.mine.reset(unit_pages{pages_left}).has_value(), "it is reset");
    begin(u, pages_left * unit);
  }

  void compare(user& u) {
    check(u.mine.size() == u.contents.size(), "the size is the model's");
    for (std::size_t at = 0; at < u.contents.size(); at += page) {
      if (u.of_pages[at / page] == access::none) continue;
      const std::size_t bytes = std::min(page, u.contents.size() - at);
      check(std::equal(u.mine.data() + at, u.mine.data() + at + bytes, u.contents.data() + at), "and so are contents");
    }
    if (const std::size_t bytes = u.contents.size(); bytes != 0) {
      const std::size_t at = below(bytes);
      check(probe_.of(u.mine.data() + at) == u.of_pages[at / page], "and access");
      check(probe_.of(u.mine.data() + bytes - 1) == u.of_pages[(bytes - 1) / page], "also at the end");
    }
    if constexpr (is_striped<Pool>)
      compare_by_key(u);
    else
      compare_the_end(u);
  }
  void compare_the_end(user& u) {
    check(probe_.of(u.mine.data() + end_of(u)) == access::none, "nothing behind the end is accessible");
  }
  /// All pages have the key of their memory, and what is within reach of it has other ones: where a slot is used up, a
  /// neighbour may begin at its end.
  void compare_by_key(user& u) {
    const auto entered = Pool::enter(u.mine);
    compare_the_end(u);
    for (std::size_t at = 0; at < u.contents.size(); at += page)
      check(probe_.of(u.mine.data() + at) == u.of_pages[at / page], "pages have the key of their memory");
    for (user& other : all_) {
      if (&other == &u || other.contents.empty()) continue;
      const auto distance = static_cast<std::uint64_t>(other.mine.data() - u.mine.data());
      if (distance < memory::contract.reach)
        check(probe_.of(other.mine.data()) == access::none, "a neighbour's pages have another key");
    }
  }

  void make_image() {
    std::vector<std::byte> contents(1 + below(4 * unit));
    for (std::byte& each : contents) each = static_cast<std::byte>(random_());
    images_.push_back(*memory::image::from(contents));
  }
  /// One from which no memory has started. There is one, as images are more than users.
  std::size_t unused_image() {
    std::size_t i = 0;
    while (std::ranges::any_of(all_, [&](const user& u) { return u.start.data() == images_[i].contents().data(); }))
      ++i;
    return i;
  }

  prober probe_;
  std::mt19937 random_;
  Pool pool_;
  std::vector<typename images_of<memory>::type> images_;
  std::vector<user> all_;
};

namespace r = recycling;
using small_units = linux_allocator::with_page_size<page_size::in_units_of<4096>>;
using odd_units = linux_allocator::with_page_size<page_size::in_units_of<512>>;
using small_guards = small_units::with_protection<protection::guarded<4096, 4096>>;
using populated_units = small_units::with_residency<residency::populated>;
using older_guards = small_guards::with_backing<backing::linux_mmap<older_kernel>>;
using older_units = small_units::with_backing<backing::linux_mmap<older_kernel>>;
using configured = linux_allocator::with_residency<residency::excluded_from_dumps>;
using posix_units = posix_allocator::with_page_size<page_size::in_units_of<4096>>;
using marked_by = bounds::guard_markers;

std::size_t from_environment(const char* name, std::size_t usual) {
  const char* const given = std::getenv(name);
  return given == nullptr ? usual : std::strtoull(given, nullptr, 10);
}

TEMPLATE_TEST_CASE(
    "random users of a pool find what a model of memories predicts", "[pool][random]",
    (pool<linux_allocator, r::zero_dirty>), (pool<small_units, r::zero_dirty>), (pool<small_units, r::zero_all>),
    (pool<linux_allocator, r::adaptive>), (pool<small_guards, r::adaptive, marked_by>),
    (pool<small_units, r::decommit>), (pool<small_units, r::verified<r::zero_high_water>>),
    (pool<odd_units, r::zero_high_water>), (pool<small_guards, r::zero_dirty, marked_by>),
    (pool<small_guards, r::zero_high_water, marked_by>), (pool<small_guards, r::decommit, marked_by>),
    (pool<older_guards, r::zero_all, marked_by>), (pool<older_units, r::zero_dirty>),
    (pool<older_guards, r::zero_dirty, marked_by>), (pool<with_images<older_units>, r::zero_dirty>),
    (pool<populated_units, r::zero_dirty>), (pool<posix_units, r::zero_high_water>), (pool<posix_units, r::decommit>),
    (pool<small_units, r::deferred<r::zero_dirty>>), (pool<small_guards, r::batched_decommit<3>, marked_by>),
    (pool<small_guards, r::zero_dirty, bounds::sealed_guard_markers>),
    (pool<with_images<small_units>, r::batched_decommit<5>>), (pool<with_images<small_units>, r::zero_dirty>),
    (pool<with_images<small_units>, r::decommit>), (pool<with_images<linux_allocator>, r::zero_dirty>),
    (pool<with_images<configured>, r::adaptive>), (pool<with_images<linux_allocator>, r::decommit>),
    (pool<with_images<linux_allocator>, r::verified<r::zero_high_water>>),
    (pool<with_images<odd_units>, r::verified<r::adaptive>>),
    (pool<with_images<small_guards>, r::verified<r::zero_high_water>, marked_by>),
    (pool<with_images<populated_units>, r::zero_all>), (pool<with_images<posix_units>, r::zero_high_water>),
    (pool<linux_allocator, r::zero_dirty, bounds::key_stripes<4>>),
    (pool<with_images<wasm_linux_allocator>, r::decommit, bounds::key_stripes<>>)) {
  if (calls::linux_kernel::page_bytes() != 4096) return skip("the model knows pages of 4 KiB");
  if (is_sealed<TestType> && no_sealing() != nullptr) return skip(no_sealing());
  if (is_sealed<TestType> && no_guard_markers() != nullptr) return skip(no_guard_markers());
  if (is_striped<TestType> && no_protection_keys() != nullptr) return skip(no_protection_keys());
  // The number for each pool, divided among four seeds; a long run in pieces begins each with other seeds.
  constexpr unsigned sequences = 4;
  const std::size_t operations = from_environment("QUIRE_POOL_OPERATIONS", 4000) / sequences;
  const auto first = static_cast<unsigned>(from_environment("QUIRE_POOL_SEED", 1));
  for (unsigned seed = first; seed != first + sequences; ++seed)
    test_environment::run_isolated(("seed " + std::to_string(seed)).c_str(),
                                   [=] { users<TestType>(seed).run(operations); });
}

}  // namespace
}  // namespace quire::test

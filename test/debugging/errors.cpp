// SPDX-License-Identifier: BSL-1.0
// usage: errors wrongly|rightly [CASE…]     all cases without one
//
// Each case touches bytes that no memory has handed out, which the detector that this program is built for reports.
// Rightly it touches only bytes that are its own, those of the other way included.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <sys/mman.h>
#include <utility>

#include <quire/arena.hpp>
#include <quire/backing/static_buffer.hpp>
#include <quire/jit_memory.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/pinned_vector.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/deferred.hpp>
#include <quire/recycling/none.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/stack_pool.hpp>
#include <quire/static_storage.hpp>

namespace {

using quire::pages;
using memory = quire::linux_allocator;

bool is_control = false;

void expect(bool holds) {
  if (!holds) std::abort();
}
void write_to(std::byte* at) { *static_cast<volatile std::byte*>(at) = std::byte{1}; }
void touch(std::byte* mine, std::byte* not_mine) {
  write_to(mine);
  if (!is_control) write_to(not_mine);
}
std::byte* bytes_of(auto* p) { return reinterpret_cast<std::byte*>(p); }
void fill(std::byte* at, std::size_t bytes) { std::memset(at, 1, bytes); }

/// Addresses that went back to the system are another's, who knows nothing of Quire.
void use_as_another(std::byte* at, std::size_t bytes) {
  void* const got = mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (got == MAP_FAILED) return;  // a thread of the detector was faster
  fill(static_cast<std::byte*>(got), bytes);
  expect(munmap(got, bytes) == 0);
}

void behind_a_piece() {
  std::byte* piece = nullptr;
  {
    quire::arena a;
    piece = a.allocate(100).value();
    touch(piece + 99, piece + 100);
    for (std::size_t bytes = 0; bytes != 3000; ++bytes) fill(a.allocate(bytes, 1).value(), bytes);
    a.reset(65536);
    for (int i = 0; i != 300; ++i) fill(a.allocate(4096).value(), 4096);
  }
  use_as_another(piece, 1 << 20);
}
void between_pieces() {
  quire::arena a;
  std::byte* const text = a.allocate(3, 1).value();
  fill(a.allocate(16, 8).value(), 16);
  touch(text + 2, text + 3);
}
void a_piece_that_was_given_back() {
  quire::arena a;
  std::byte* const piece = a.allocate(64).value();
  std::byte* const next = a.allocate(64).value();
  a.deallocate(piece, 64);
  touch(next, piece + 8);
}
void a_piece_behind_a_mark() {
  quire::arena a;
  std::byte* const kept = a.allocate(64).value();
  const auto mark = a.mark();
  std::byte* const later = a.allocate(64).value();
  fill(a.allocate(quire::arena<>::usual_large).value(), quire::arena<>::usual_large);
  a.reset_to(mark);
  touch(kept, later);
  fill(a.allocate(4096).value(), 4096);
}

void behind_the_elements() {
  std::byte* first = nullptr;
  {
    quire::pinned_vector<int> v{1, 2, 3};
    first = bytes_of(v.data());
    touch(bytes_of(&v[2]), bytes_of(v.data() + 3));
    for (int i = 0; i != 100'000; ++i) v.push_back(i);
    v.resize(200'000);
    v.insert(v.begin(), 100, 7);
    v.erase(v.begin(), v.begin() + 199'000);
    v.shrink_to_fit();
    v.append_range(quire::pinned_vector<int>(100'000));
    quire::pinned_vector<int> other(std::move(v));
    v = {1};
    v.swap(other);
    fill(bytes_of(v.data()), v.size() * sizeof(int));
  }
  use_as_another(first, 1 << 19);
}
/// Of elements that do not fill their pages, the last ones end within a word of the detector's shadow.
struct twelve_bytes {
  std::int32_t each[3];
};
void behind_elements_that_fill_no_page() {
  std::byte* first = nullptr;
  {
    quire::pinned_vector<twelve_bytes> v;
    for (int i = 0; i != 5000; ++i) v.push_back({});
    first = bytes_of(v.data());
    v.resize(3000);
    v.shrink_to_fit();
    v.resize(v.capacity());
    v.push_back({});
    v.resize(v.capacity());
    v.resize(3000);
    touch(bytes_of(&v.back()), bytes_of(v.data() + 3000));
    v.resize(v.capacity());
  }
  use_as_another(first, 1 << 16);
}
void an_element_that_was_removed() {
  quire::pinned_vector<long> v(1000);
  long* const last = &v.back();
  v.pop_back();
  touch(bytes_of(v.data()), bytes_of(last));
}

/// One pool, so that what a report calls for help can ask it.
quire::pool<memory, quire::recycling::zero_all> pool;

template <class Pool>
void a_slot_of(Pool& from) {
  expect(from.open({.slots = 4, .maximum = pages{4}}).has_value());
  auto first = from.acquire(pages{2}, {}, 7).value(), second = from.acquire(pages{1}, {}, 8).value();
  std::byte* const returned = first.data();
  fill(returned, first.size());
  expect(first.deallocate().has_value());
  touch(second.data(), returned + 100);
  if (!is_control) return;
  for (std::uint64_t key = 1; key != 9; ++key) {
    auto again = from.acquire(pages{key % 3}, {}, key).value();
    expect(again.grow(pages{1}) && again.reset(pages{2}) && again.grow(pages{2}));
    fill(again.data(), again.size());
    expect(key % 2 == 0 || again.shrink(pages{3}));
    if (key == 4) from.trim();
  }
  for (auto left = from.acquire(pages{4}); left; left = from.acquire(pages{4})) {
    fill(left->data(), left->size());
    if (from.statistics().recycled > 20) break;
  }
  expect(second.deallocate().has_value() && from.close().has_value());
  use_as_another(returned, 65536);
}
void a_slot_that_was_returned() { a_slot_of(pool); }
void a_slot_that_waits() {
  quire::pool<memory, quire::recycling::deferred<quire::recycling::zero_all>> waiting;
  a_slot_of(waiting);
}
void a_stack_that_was_returned() {
  quire::stack_pool<memory, quire::recycling::none> stacks;
  expect(stacks.open({.stacks = 2, .bytes = 65536}).has_value());
  const auto left = stacks.acquire().value();
  fill(left.base, left.bytes);
  stacks.release(left);
  const auto other = stacks.acquire().value(), another = stacks.acquire().value();
  fill(other.base, other.bytes);
  fill(another.base, another.bytes);
  stacks.release(other);
  touch(another.base, other.top() - 8);
}

quire::static_storage<65536> storage;
using buffer = memory::with_protection<quire::protection::unguarded>::with_backing<
    quire::backing::static_buffer<storage>>::with_page_size<quire::page_size::in_units_of<1024>>;

void behind_a_memory_in_a_buffer() {
  {
    buffer m;
    fill(m.allocate(buffer::pages{2}, buffer::pages{60}).value().data(), 2048);
    expect(m.grow(buffer::pages{7}) && m.shrink(buffer::pages{3}) && m.reset(buffer::pages{8}));
    expect(m.shrink(buffer::pages{6}) && m.discard(0, 2048));
    buffer moved(std::move(m));
    touch(moved.data() + 2047, moved.data() + 2048);
  }
  fill(storage.data(), storage.bytes);
}
void behind_a_memory_that_ends_within_a_page() {
  using units = memory::with_page_size<quire::page_size::in_units_of<1024>>;
  static_assert(!units::contract.exact_bound);
  std::byte* base = nullptr;
  {
    units m;
    base = m.allocate(units::pages{3}).value().data();
    fill(base, m.size());
    expect(m.grow(units::pages{40}) && m.shrink(units::pages{42}) && m.grow(units::pages{1}));
    touch(base + m.size() - 1, base + m.size());
    expect(m.reset(units::pages{33}).has_value());
    fill(base, m.size());
    expect(m.shrink(units::pages{3}) && m.grow(units::pages{40}));
    fill(base, m.size());
    expect(m.shrink(units::pages{65}).has_value());
  }
  use_as_another(base, 65536);
}

void behind_code() {
  quire::basic_jit_memory<quire::linux_jit_allocator> jit;
  auto scope = jit.write(64).value(), next = jit.write(100).value();
  fill(next.bytes().data(), 100);
  touch(scope.bytes().data() + 63, scope.bytes().data() + 64 + 100);
  const auto code = next.finalize().value();
  auto again = jit.rewrite(code).value();
  fill(again.bytes().data(), 100);
}
void code_that_is_finished() {
  std::byte* written = nullptr;
  {
    quire::basic_jit_memory<quire::linux_jit_allocator> jit;
    auto scope = jit.write(64).value(), next = jit.write(64).value();
    std::byte* const other = next.bytes().data();
    written = scope.bytes().data();
    const auto code = scope.finalize().value();
    touch(other, written);
    expect(jit.release(code).has_value());
    fill(jit.write(64).value().bytes().data(), 64);
  }
  use_as_another(written, 1 << 16);
}

/// Only Memcheck looks at contents.
void contents_that_nothing_has_written() {
  quire::arena a;
  fill(a.allocate(64).value(), 64);
  a.reset();
  std::byte* const piece = a.allocate(64).value();
  if (is_control) fill(piece, 64);
  if (*static_cast<volatile std::byte*>(piece) == std::byte{1}) write_to(piece);
}

constexpr struct {
  std::string_view name;
  void (*run)();
} cases[] = {
    {"behind_a_piece", behind_a_piece},
    {"between_pieces", between_pieces},
    {"a_piece_that_was_given_back", a_piece_that_was_given_back},
    {"a_piece_behind_a_mark", a_piece_behind_a_mark},
    {"behind_the_elements", behind_the_elements},
    {"behind_elements_that_fill_no_page", behind_elements_that_fill_no_page},
    {"an_element_that_was_removed", an_element_that_was_removed},
    {"a_slot_that_was_returned", a_slot_that_was_returned},
    {"a_slot_that_waits", a_slot_that_waits},
    {"a_stack_that_was_returned", a_stack_that_was_returned},
    {"behind_a_memory_in_a_buffer", behind_a_memory_in_a_buffer},
    {"behind_a_memory_that_ends_within_a_page", behind_a_memory_that_ends_within_a_page},
    {"behind_code", behind_code},
    {"code_that_is_finished", code_that_is_finished},
    {"contents_that_nothing_has_written", contents_that_nothing_has_written},
};

}  // namespace

extern "C" [[gnu::weak]] void* __asan_get_report_address();
/// AddressSanitizer calls it when it reports an error.
extern "C" void __asan_on_error() {
  if (const auto found = pool.find(__asan_get_report_address()))
    std::fprintf(stderr, "slot %u, last used with key %u\n", found->slot, static_cast<unsigned>(found->key));
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  is_control = argv[1] == std::string_view("rightly");
  const std::span<char*> named(argv + 2, argv + argc);
  for (const auto& each : cases)
    if (named.empty() || std::ranges::find(named, each.name) != named.end()) each.run();
}

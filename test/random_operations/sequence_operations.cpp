// SPDX-License-Identifier: BSL-1.0
// The operations of quire::page_allocator, with valid and invalid arguments.
#include <algorithm>

#include "random_operations/sequence.hpp"

namespace quire::test::sequences {
namespace {

using injector = fault_injector;

constexpr access accesses[] = {access::none, access::read, access::read_write};

void write_pattern(std::byte* to, std::size_t bytes, std::uint32_t seed) {
  random_numbers r{seed};
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes; ++i, word >>= 8) {
    if (i % 8 == 0) word = r.next();
    to[i] = static_cast<std::byte>(word);
  }
}

}  // namespace

void sequence::carry_out(const operation& o) {
  slot &s = slots_[o.slot], &other = slots_[o.other];
  switch (o.what) {
    case verb::allocate:
    case verb::allocate_tagged: return allocate(o, s);
    case verb::allocate_from: return allocate_from(o, s);
    case verb::grow: return grow(o, s);
    case verb::shrink: return shrink(o, s);
    case verb::discard: return discard(o, s);
    case verb::protect: return protect(o, s);
    case verb::collapse: return collapse(o, s);
    case verb::reset: return reset(o, s);
    case verb::deallocate: return deallocate(o, s);
    case verb::write: return write(o, s);
    case verb::write_beyond_size: return write_beyond_size(o, s);
    case verb::move_assign: return move_assign(o, s, other);
    case verb::swap: return swap(o, s, other);
    case verb::destroy: return destroy(o, s);
    case verb::make_image: return make_image(o);
    case verb::lock_pages: return lock_pages(o, s, true);
    case verb::unlock_pages: return lock_pages(o, s, false);
    case verb::lock_all_future: return lock_all(true);
    case verb::unlock_all: return lock_all(false);
    case verb::advise: return advise(o, s);
    case verb::change_access: return change_access(o, s);
    case verb::fork: return fork_here();
    case verb::disable_huge_pages: return disable_huge_pages();
  }
}

/// Returns mostly a small count, sometimes all, none, one too many, or a count that overflows.
count sequence::pages_between(std::uint32_t n, count most) {
  switch (n % 16) {
    case 0: return 0;
    case 1:
    case 2: return most;
    case 3: return most + 1;
    case 4:
      return std::array<count, 4>{UINT64_MAX, max_bytes / of_.unit + 1, UINT64_MAX / of_.unit + 1,
                                  UINT64_MAX / 2 + 1}[n / 16 % 4];
    default: return most == 0 ? 0 : 1 + n / 16 % most;
  }
}

count sequence::wrong_count(std::uint32_t n, count right) const {
  if (n % 16 != 0) return right;
  return std::array<count, 4>{right + 1, right - 1, UINT64_MAX, right + UINT64_MAX / of_.unit + 1}[n / 16 % 4];
}

/// Returns a range within [0, end) aligned to `granule`; one in eight is misaligned, exceeds the end, or overflows.
sequence::byte_range sequence::range_in(const operation& o, const reference&, std::size_t end,
                                        std::size_t granule) const {
  const std::size_t all = end / granule;
  const std::size_t first = all == 0 ? 0 : o.n[0] % (all + 1);
  const std::size_t room = all - first;
  std::size_t n = room == 0 ? 0 : o.n[1] % (room + 1);
  if (o.n[2] % 4 != 0) n = std::min<std::size_t>(n, 1 + o.n[1] % 5);
  byte_range r{first * granule, n * granule};
  if (o.n[3] % 8 != 0) return r;
  switch (o.n[3] / 8 % 6) {
    case 0: r.offset += 1; break;
    case 1: r.bytes += granule / 2; break;
    case 2: r.bytes = end - r.offset + granule; break;
    case 3: r.offset = end + granule; break;
    case 4: r.bytes = SIZE_MAX - granule + 1; break;
    default: r.offset = SIZE_MAX - granule + 1; break;
  }
  return r;
}

void sequence::allocate(const operation& o, slot& s) {
  reference& r = s.expected;
  const count usual = std::min<count>(of_.usual_maximum / of_.unit, r.limit);
  optional_count maximum;
  if (o.n[2] % 8 != 0) maximum = o.n[2] % 8 == 1 ? pages_between(o.n[3], r.limit) : o.n[3] % (usual + 1);
  count initial = o.n[0] % 16 == 0 ? pages_between(o.n[1], maximum.value_or(r.limit))
                                   : o.n[1] % (std::min(maximum.value_or(usual), usual) + 1);
  refusals refused = r.of_allocate(of_, initial, maximum);
  const bool tagged = o.what == verb::allocate_tagged;
  const unsigned tag = o.n[2] / 8 % 20;
  if (tagged && (tag == 0 || tag > 15)) refused.add(errc::invalid_argument);
  // A size above the usual maximum takes too long to compare: it is requested only if it is refused.
  if (refused.empty() && initial > usual) initial = usual;
  for (slot& other : slots_)
    if (of_.one_buffer_each && &other != &s && other.expected.now != state::vacant &&
        other.expected.buffer == r.buffer && refused.empty())
      refused.add(errc::already_allocated);
  const std::size_t bytes = refused.empty() ? initial * of_.unit : 0;
  const std::size_t most = refused.empty() ? maximum.value_or(r.limit) * of_.unit : 0;
  tell("     memory %u, allocate %llu of %lld%s\n", o.slot, static_cast<unsigned long long>(initial),
       maximum ? static_cast<long long>(*maximum) : -1LL, tagged ? " with a tag" : "");
  attempt_it(o, {s, o.what, refused, refused.empty() ? bytes : 0,
                 [&, initial, maximum] {
                   return tagged ? s.real->allocate_tagged(initial, tag, maximum) : s.real->allocate(initial, maximum);
                 },
                 [&, bytes, most](const outcome& got) {
                   own(s, bytes, most, nullptr, 0, got.value);
                   if (tagged) check(s.real->tag() == tag, "the tag is the one that was asked for");
                 }});
}

void sequence::allocate_from(const operation& o, slot& s) {
  reference& r = s.expected;
  const unsigned which = static_cast<unsigned>(o.n[0] % images_.size());
  const std::vector<std::byte>& image = images_[which];
  const std::size_t granule = s.real->image_granularity();
  const count usual = std::min<count>(of_.usual_maximum / of_.unit, r.limit);
  const count initial = o.n[1] % (usual + 1);
  const std::size_t size = initial * of_.unit, room = size > image.size() ? size - image.size() : 0;
  std::size_t offset = align_down(o.n[2] % (room + 1), granule);
  if (o.n[3] % 8 == 0) offset += 1;
  optional_count maximum;
  if (o.n[3] % 4 != 1) maximum = initial + o.n[3] / 8 % (usual - initial + 1);
  const refusals refused = r.of_allocate_from(of_, granule, image.size(), offset, initial, maximum);
  const std::size_t most = refused.empty() ? maximum.value_or(r.limit) * of_.unit : 0;
  tell("     memory %u, allocate %llu of %lld from image %u of %zu bytes at %zu\n", o.slot,
       static_cast<unsigned long long>(initial), maximum ? static_cast<long long>(*maximum) : -1LL, which, image.size(),
       offset);
  attempt_it(o,
             {s, o.what, refused, refused.empty() ? size : 0,
              [&, which, offset, initial, maximum] { return s.real->allocate_from(which, offset, initial, maximum); },
              [&, size, most, offset](const outcome& got) { own(s, size, most, &image, offset, got.value); }});
}

void sequence::own(slot& s, std::size_t bytes, std::size_t most, const std::vector<std::byte>* start,
                   std::size_t offset, std::uint64_t told) {
  reference& r = s.expected;
  check(told == bytes, "the span has the initial size");
  r.base = s.real->data();
  r.granularity = s.real->granularity();
  r.commit_granule = s.real->commit_granule();
  r.reserved = s.real->reserved();
  r.tag = s.real->tag();
  r.allocated(bytes, most, start, offset);
  const auto extent = [&](auto is_inside) {
    std::size_t bytes_in = 0;
    for (std::size_t stride = std::size_t{1} << 40; stride >= 4096; stride /= 2)
      if (is_inside(bytes_in + stride)) bytes_in += stride;
    return bytes_in;
  };
  if (!of_.faults) return;
  r.after = extent(
      [&](std::size_t n) { return s.real->zone_of(s.real->address() + r.reserved + n - 1) == zone::guard_after; });
  r.before = extent([&](std::size_t n) {
    std::byte* const base = s.real->address();
    return n <= reinterpret_cast<std::uintptr_t>(base) && s.real->zone_of(base - n) == zone::guard_before;
  });
  if (of_.eager && start == nullptr) expect_resident(s, 0, r.accessible());
}

void sequence::grow(const operation& o, slot& s) {
  reference& r = s.expected;
  const count room = r.now == state::owned ? (r.capacity - r.size) / of_.unit : 3;
  const count usual = of_.usual_maximum > r.size ? (of_.usual_maximum - r.size) / of_.unit : 0;
  count additional = room <= usual ? pages_between(o.n[0], room) : o.n[0] % (usual + 1);
  if (o.n[2] % 3 == 0 && additional <= room) additional = std::min<count>(additional, 1 + o.n[2] % 2);
  const count current = wrong_count(o.n[1], r.size / of_.unit);
  const bool short_form = o.n[2] / 3 % 4 == 0 && current == r.size / of_.unit;
  const refusals refused = r.of_grow(of_, current, additional);
  const std::size_t more = refused.empty() ? additional * of_.unit : 0, old_end = r.accessible();
  const std::size_t new_end = r.accessible_end(r.size + more);
  tell("     memory %u of %zu bytes, grow by %llu behind %llu\n", o.slot, r.size,
       static_cast<unsigned long long>(additional), static_cast<unsigned long long>(current));
  attempt_it(o, {s, o.what, refused, refused.empty() ? new_end - old_end : 0,
                 [&] { return short_form ? s.real->grow(additional) : s.real->grow(current, additional); },
                 [&](const outcome& got) {
                   check(got.value == current, "grow returns the previous size");
                   r.grown(more);
                   if (of_.eager && new_end > old_end) expect_resident(s, old_end, new_end);
                 },
                 [&] { adopt_opened_slack(s); }});
}

void sequence::shrink(const operation& o, slot& s) {
  reference& r = s.expected;
  const count removed = pages_between(o.n[0], r.size / of_.unit), current = wrong_count(o.n[1], r.size / of_.unit);
  const bool short_form = o.n[2] % 4 == 0 && current == r.size / of_.unit;
  const refusals refused = r.of_shrink(of_, current, removed);
  const std::size_t less = refused.empty() ? removed * of_.unit : 0, old_end = r.accessible();
  tell("     memory %u of %zu bytes, shrink by %llu from %llu\n", o.slot, r.size,
       static_cast<unsigned long long>(removed), static_cast<unsigned long long>(current));
  attempt_it(o, {s, o.what, refused, 0,
                 [&] { return short_form ? s.real->shrink(removed) : s.real->shrink(current, removed); },
                 [&](const outcome& got) {
                   check(got.value == current, "shrink returns the previous size");
                   r.shrunk(less);
                   expect_given_back(s, r.accessible(), old_end);
                 },
                 // Pages to be removed may have been made inaccessible already.
                 [&, less, old_end] {
                   if (r.now != state::owned) return;
                   const std::size_t end = r.accessible_end(r.size - less);
                   adopt_partial_access(s, end, old_end - end, access::none);
                 }});
}

void sequence::discard(const operation& o, slot& s) {
  reference& r = s.expected;
  const byte_range part = range_in(o, r, r.accessible(), r.granularity);
  tell("     memory %u of %zu bytes, discard %zu at %zu\n", o.slot, r.size, part.bytes, part.offset);
  attempt_it(
      o, {s, o.what, r.of_discard(part.offset, part.bytes), 0, [&] { return s.real->discard(part.offset, part.bytes); },
          [&](const outcome&) {
            r.discarded(part.offset, part.bytes);
            expect_given_back(s, part.offset, part.offset + part.bytes);
          }});
}

void sequence::protect(const operation& o, slot& s) {
  reference& r = s.expected;
  access wanted = accesses[o.n[3] / 64 % 3];
  if (o.n[3] % 64 == 1) wanted = access::read_execute;
  const std::size_t end = wanted == access::none && o.n[2] / 4 % 4 == 0 ? r.reserved : r.accessible();
  const byte_range part = range_in(o, r, end, r.granularity);
  tell("     memory %u of %zu bytes, protect %zu at %zu: %s\n", o.slot, r.size, part.bytes, part.offset, name(wanted));
  attempt_it(o, {s, o.what, r.of_protect(of_, part.offset, part.bytes, wanted), 0,
                 [&] { return s.real->protect(part.offset, part.bytes, wanted); },
                 [&](const outcome&) { r.protected_as(part.offset, part.bytes, wanted); },
                 [&] { adopt_partial_access(s, part.offset, part.bytes, wanted); }});
}

/// A failed protect leaves each page with its old access or the requested one.
void sequence::adopt_partial_access(slot& s, std::size_t offset, std::size_t bytes, access wanted) {
  reference& r = s.expected;
  if (r.now != state::owned) return;
  const std::size_t end = std::min(offset + bytes, r.accessible());
  for (const address_range& part : injector::mapped.part(s.real->address() + offset, end - offset)) {
    if (injector::rules().access_of(part.protection) != wanted) continue;
    const auto from = static_cast<std::size_t>(part.begin - s.real->address());
    r.protected_as(from, part.bytes(), wanted);
  }
}

/// A failed grow may have opened pages between the size and the accessible end.
void sequence::adopt_opened_slack(slot& s) {
  const reference& r = s.expected;
  const std::size_t from = align_down(r.size, std::max<std::size_t>(r.granularity, 1));
  if (r.accessible() > r.size) adopt_partial_access(s, from, r.accessible() - from, access::read_write);
}

void sequence::collapse(const operation& o, slot& s) {
  reference& r = s.expected;
  const byte_range part = range_in(o, r, r.accessible(), r.granularity);
  tell("     memory %u of %zu bytes, collapse %zu at %zu\n", o.slot, r.size, part.bytes, part.offset);
  operation unlimited = o;
  unlimited.limit = lowered::nothing;  // the fallback on older kernels needs memory itself
  attempt_it(unlimited, {s, o.what, r.of_collapse(of_, part.offset, part.bytes), 0,
                         [&] { return s.real->collapse(part.offset, part.bytes); }, [](const outcome&) {}});
}

void sequence::reset(const operation& o, slot& s) {
  reference& r = s.expected;
  const count most = std::min(r.capacity, of_.usual_maximum) / of_.unit;
  count initial = pages_between(o.n[0], most);
  const refusals refused = r.of_reset(of_, initial);
  if (refused.empty() && initial > most) initial = most;
  const std::size_t size = refused.empty() ? initial * of_.unit : 0, new_end = r.accessible_end(size);
  const std::size_t old_end = r.accessible();
  tell("     memory %u of %zu bytes, reset to %llu\n", o.slot, r.size, static_cast<unsigned long long>(initial));
  attempt_it(o, {s, o.what, refused, refused.empty() && new_end > old_end ? new_end - old_end : 0,
                 [&] { return s.real->reset(initial); },
                 [&](const outcome&) {
                   r.was_reset(size);
                   if (of_.retags) check(s.real->tag() != r.tag, "a reset draws another tag");
                   if (of_.retags) r.tag = s.real->tag();
                   r.base = s.real->data();
                   expect_given_back(s, new_end, old_end);
                   if (of_.eager && r.image == nullptr) expect_resident(s, 0, new_end);
                 },
                 // Pages that the reset keeps may have been opened already, and others closed.
                 [&] {
                   adopt_partial_access(s, 0, old_end, access::read_write);
                   adopt_partial_access(s, 0, old_end, access::none);
                 }});
}

void sequence::deallocate(const operation& o, slot& s) {
  reference& r = s.expected;
  std::byte* base = r.base;
  std::size_t size = r.size;
  if (o.n[0] % 8 == 0) base = o.n[1] % 2 == 0 || base == nullptr ? nullptr : base + 16;
  if (o.n[0] % 8 == 1) size += o.n[1] % 2 == 0 ? of_.unit : SIZE_MAX;
  tell("     memory %u of %zu bytes, deallocate %zu\n", o.slot, r.size, size);
  attempt_it(o, {s, o.what, r.of_deallocate(base, size), 0, [&] { return s.real->deallocate(base, size); },
                 [&](const outcome&) { r.was_released(); }});
}

void sequence::write(const operation& o, slot& s) {
  reference& r = s.expected;
  if (r.now != state::owned || r.size == 0) return;
  const std::size_t from = o.n[0] % r.size;
  const std::size_t most = o.n[2] % 8 == 0 ? r.size - from : std::min<std::size_t>(r.size - from, 10000);
  const std::size_t to = from + 1 + o.n[1] % most;
  tell("  %zu: memory %u of %zu bytes, write [%zu, %zu)\n", step_, o.slot, r.size, from, to);
  for (std::size_t at = from; at < to;) {
    const std::size_t next = std::min(to, at + r.granularity - at % r.granularity);
    if (r.access_at(at) == access::read_write) {
      write_pattern(r.contents.data() + at, next - at, o.n[3] + static_cast<std::uint32_t>(at));
      std::copy_n(r.contents.data() + at, next - at, s.real->address() + at);
    }
    at = next;
  }
}

void sequence::write_beyond_size(const operation& o, slot& s) {
  reference& r = s.expected;
  if (r.now != state::owned || r.accessible() == r.size) return;
  const std::size_t at = r.size + o.n[0] % (r.accessible() - r.size);
  if (r.access_at(at) != access::read_write) return;
  tell("  %zu: memory %u of %zu bytes, stray write at %zu\n", step_, o.slot, r.size, at);
  s.real->address()[at] = static_cast<std::byte>(o.n[1] | 1);
}

/// Releases a memory by a way that reports no error; `how` does it.
void sequence::release(const operation& o, slot& s, const std::function<void()>& how) {
  const std::size_t charged = s.expected.accessible();
  const bool was_broken = s.expected.now == state::broken;
  injector::arm(plan_for(o));
  how();
  injector::disarm();
  tell("  %zu: memory %u, %s, %u calls fail\n", step_, o.slot, name(o.what), injector::failed());
  if (type_.partition() && injector::failed() > 1) lost_charge_ += charged + (was_broken ? of_.usual_maximum * 2 : 0);
  check(!injector::touched_foreign_memory(), "calls stay within what is mapped");
}

void sequence::move_assign(const operation& o, slot& to, slot& from) {
  release(o, to, [&] { to.real->move_from(*from.real); });
  if (&to != &from) {
    const count limit = from.expected.limit;
    const unsigned buffer = from.expected.buffer;
    to.expected = std::move(from.expected);
    from.expected = {};
    from.expected.limit = limit;
    from.expected.buffer = buffer;
  }
  settle_leaks();
  for (slot* each : {&to, &from}) verify(*each, true);
  verify_budget();
}

void sequence::swap(const operation& o, slot& a, slot& b) {
  release(o, a, [&] { a.real->swap_with(*b.real); });
  std::swap(a.expected, b.expected);
  check(injector::calls() == 0, "swapping costs no call");
  for (slot* each : {&a, &b}) verify(*each, true);
}

void sequence::destroy(const operation& o, slot& s) {
  release(o, s, [&] { s.real.reset(); });
  s.expected.was_released();
  s.real = type_.make(s.expected.buffer, s.expected.limit);
  settle_leaks();
  verify_budget();
}

void sequence::make_image(const operation& o) {
  const long open = injector::open_files;
  std::vector<std::byte> contents(o.n[0] % 20000, std::byte{7});
  injector::arm(o.fault);
  const outcome got = type_.make_image(contents);
  injector::disarm();
  tell("  %zu: make an image of %zu bytes: %s\n", step_, contents.size(), got.failure ? got.failure->message() : "ok");
  if (contents.empty())
    check(got.failure && got.failure->code == errc::invalid_argument, "an image has contents");
  else
    check(!got.failure || injector::failed() != 0, "an image can be made where no call fails");
  check(injector::open_files == open, "an image that is gone leaves no descriptor");
  settle_leaks(true);
}

}  // namespace quire::test::sequences

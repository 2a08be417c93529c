// SPDX-License-Identifier: BSL-1.0
#include "random_operations/reference.hpp"

namespace quire::test::sequences {

refusals reference::of_allocate(const traits& of, count initial, optional_count maximum) const {
  if (now == state::owned) return errc::already_allocated;
  if (now == state::broken) return errc::broken;
  const count most = maximum.value_or(limit);
  refusals r;
  r.add_if(maximum && *maximum < initial, errc::invalid_argument);
  r.add_if(most > limit || most > of.index_span / of.unit || initial > most, errc::limit_exceeded);
  return r;
}

refusals reference::of_allocate_from(const traits& of, std::size_t granule, std::size_t image_bytes, std::size_t offset,
                                     count initial, optional_count maximum) const {
  refusals r = of_allocate(of, initial, maximum);
  if (now != state::vacant) return r;
  const bool countable = initial <= max_bytes / of.unit;
  const std::size_t bytes = countable ? initial * of.unit : 0;
  r.add_if(!countable, errc::limit_exceeded);
  r.add_if(offset % granule != 0 || (countable && (offset > bytes || image_bytes > bytes - offset)),
           errc::invalid_argument);
  return r;
}

refusals reference::of_grow(const traits& of, count current, count additional) const {
  if (now != state::owned) return unusable();
  refusals r;
  r.add_if(current != size / of.unit, errc::size_mismatch);
  r.add_if(additional > (capacity - size) / of.unit, errc::limit_exceeded);
  return r;
}

refusals reference::of_shrink(const traits& of, count current, count removed) const {
  if (now != state::owned) return unusable();
  refusals r;
  r.add_if(current != size / of.unit, errc::size_mismatch);
  r.add_if(removed > size / of.unit, errc::invalid_argument);
  return r;
}

refusals reference::of_range(std::size_t offset, std::size_t bytes, std::size_t end) const {
  if (now != state::owned) return unusable();
  refusals r;
  r.add_if(offset % granularity != 0 || bytes % granularity != 0, errc::invalid_argument);
  r.add_if(offset > end || bytes > end - offset, errc::out_of_range);
  return r;
}

refusals reference::of_discard(std::size_t offset, std::size_t bytes) const {
  return of_range(offset, bytes, accessible());
}

refusals reference::of_protect(const traits& of, std::size_t offset, std::size_t bytes, access wanted) const {
  refusals r = of_range(offset, bytes, wanted == access::none ? reserved : accessible());
  if (now == state::owned) r.add_if(is_executable(wanted) && !of.executes, errc::not_supported);
  return r;
}

refusals reference::of_collapse(const traits& of, std::size_t offset, std::size_t bytes) const {
  refusals r = of_range(offset, bytes, accessible());
  if (!r.empty()) return r;
  r.add_if(align_up(offset, of.collapses_to) >= align_down(offset + bytes, of.collapses_to), errc::invalid_argument);
  return r;
}

refusals reference::of_reset(const traits& of, count initial) const {
  if (now != state::owned) return unusable();
  refusals r;
  r.add_if(initial > capacity / of.unit, errc::limit_exceeded);
  return r;
}

refusals reference::of_deallocate(const std::byte* at, std::size_t bytes) const {
  if (now == state::vacant) return errc::not_allocated;
  refusals r;
  r.add_if(at != base, errc::invalid_argument);
  r.add_if(now == state::owned && bytes != size, errc::size_mismatch);
  return r;
}

void reference::fit_to(std::size_t bytes) {
  size = bytes;
  contents.resize(accessible_end(bytes));
  pages.resize(accessible_end(bytes) / granularity, access::read_write);
}

void reference::start_from_image() {
  if (image == nullptr || image_offset >= size) return;
  const std::size_t there = std::min(image->size(), size - image_offset);
  std::copy_n(image->begin(), there, contents.begin() + static_cast<std::ptrdiff_t>(image_offset));
}

void reference::allocated(std::size_t bytes, std::size_t most, const std::vector<std::byte>* start,
                          std::size_t offset) {
  now = state::owned;
  capacity = most;
  image = start;
  image_offset = offset;
  contents.clear();
  pages.clear();
  fit_to(bytes);
  start_from_image();
}

void reference::grown(std::size_t more) {
  const std::size_t old = size, old_end = accessible(), handed_out = std::min(old_end, size + more);
  fit_to(size + more);
  std::fill(contents.begin() + static_cast<std::ptrdiff_t>(old), contents.begin() + static_cast<std::ptrdiff_t>(size),
            std::byte{0});
  for (std::size_t at = old; at < handed_out; at += granularity - at % granularity)
    pages[at / granularity] = access::read_write;
}

void reference::shrunk(std::size_t less) { fit_to(size - less); }

void reference::discarded(std::size_t offset, std::size_t bytes) {
  std::fill_n(contents.begin() + static_cast<std::ptrdiff_t>(offset), bytes, std::byte{0});
}

void reference::protected_as(std::size_t offset, std::size_t bytes, access wanted) {
  const std::size_t end = std::min(offset + bytes, accessible());
  for (std::size_t at = offset; at < end; at += granularity) pages[at / granularity] = wanted;
}

void reference::was_reset(std::size_t bytes) {
  contents.clear();
  pages.clear();
  fit_to(bytes);
  start_from_image();
}

void reference::broke() {
  now = state::broken;
  size = 0;
  contents.clear();
  pages.clear();
}

void reference::was_released() {
  const count kept_limit = limit;
  const unsigned kept_buffer = buffer;
  *this = {};
  limit = kept_limit;
  buffer = kept_buffer;
}

}  // namespace quire::test::sequences

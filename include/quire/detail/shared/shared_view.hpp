// SPDX-License-Identifier: BSL-1.0
#pragma once
// One process's view of an object that others may see and grow: all that it can ever hold is mapped at once, so that a
// larger size is all that others must learn.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include <quire/access.hpp>
#include <quire/detail/members/access.hpp>
#include <quire/detail/pipeline.hpp>
#include <quire/detail/shared/object_header.hpp>
#include <quire/detail/shared/shared_in_sentences.hpp>
#include <quire/result.hpp>
#include <quire/store/shared.hpp>
#include <quire/units.hpp>

namespace quire::detail {

/// Members of both kinds of shared memory. `Object` holds the bytes; the typedef `A` says what surrounds them and how
/// pages are treated.
template <class A, growing_object Object>
class shared_view : shared_in_sentences<A> {
 protected:
  using composition = typename shared_in_sentences<A>::composition;
  using store_type = typename A::backing_type;
  using steps = page_steps<composition::demanded, store_type>;
  using handle = typename Object::handle;

 public:
  /// Pages of the typedef.
  using pages = typename A::pages;

  shared_view(const shared_view&) = delete;
  shared_view& operator=(const shared_view&) = delete;

  /// Adds pages behind the present size, which read as zero unless a process wrote beyond the size before, and returns
  /// the previous size. The new pages belong to the caller alone, even if others grow the memory meanwhile. Memory, or
  /// space on the disk, is behind all of them. Cost: two system calls (Linux: getrlimit, fallocate), and those of the
  /// residency policy. Errors: `not_allocated`, `not_permitted` (the view is read-only, or the object is sealed),
  /// `limit_exceeded` (the maximum, or RLIMIT_FSIZE), `out_of_memory` (or no space on the disk), `not_supported` (by
  /// the file system), `damaged` (a process overwrote the size), `system`. What a failed growth has allocated stays
  /// behind the size, for the next one.
  [[nodiscard]] result<pages> grow(pages additional) noexcept { return grow_from(std::nullopt, additional); }
  /// Only if `current` is the present size. Error besides: `size_mismatch`.
  [[nodiscard]] result<pages> grow(pages current, pages additional) noexcept { return grow_from(current, additional); }

  /// Whether there is a view.
  [[nodiscard]] bool is_open() const noexcept { return header_ != nullptr; }
  /// Whether this view was opened for writing.
  [[nodiscard]] bool is_writable() const noexcept { return writable_; }
  /// In bytes, as the last growth by any process has left it. One load; never more than the capacity.
  [[nodiscard]] std::size_t size() const noexcept {
    if (header_ == nullptr) return 0;
    const auto now = integer_cast<std::size_t>(std::min<std::uint64_t>(header_->size(), bound_));
    return now - now % pages::unit;
  }
  /// `size()` in pages.
  [[nodiscard]] pages size_pages() const noexcept { return pages{size() / pages::unit}; }
  /// The base never moves while the view is open. In another process it is another one.
  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  /// The memory: `data()` and `size()`.
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {data_, size()}; }
  /// The size in bytes up to which the memory can grow.
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 protected:
  template <class... Given>
  explicit shared_view(const Given&... given) noexcept : parts_(std::in_place, given...) {
    static_assert(((A::template takes<Given> && !composition::template is_limit<Given>) && ...),
                  "quire: an argument is none of this memory's store and policies");
  }
  shared_view(shared_view&& other) noexcept : parts_(other.parts_) { take(other); }
  ~shared_view() = default;

  /// Precondition: this has no view.
  void take(shared_view& other) noexcept {
    parts_ = other.parts_;
    object_ = std::exchange(other.object_, handle{});
    is_opened_ = std::exchange(other.is_opened_, false);
    header_ = std::exchange(other.header_, nullptr);
    whole_ = std::exchange(other.whole_, page_run{nullptr, 0});
    data_ = std::exchange(other.data_, nullptr);
    capacity_ = std::exchange(other.capacity_, 0);
    bound_ = std::exchange(other.bound_, 0);
    writable_ = std::exchange(other.writable_, false);
  }
  void drop() noexcept {
    if (whole_.bytes != 0) {
      const attributes requested = parts_.requested();
      step_failure ignored;
      steps{parts_.store, requested, ignored}.release_best_effort(whole_, {data_, capacity_});
    }
    if (header_ != nullptr) Object::unmap({reinterpret_cast<std::byte*>(header_), object_header::bytes});
    if (is_opened_) Object::close(object_);
    object_ = {};
    header_ = nullptr;
    whole_ = {nullptr, 0};
    data_ = nullptr;
    capacity_ = bound_ = 0;
    writable_ = is_opened_ = false;
  }

  [[nodiscard]] static std::unexpected<error> failed(step at, int native) noexcept {
    return failure(Object::code_of(at, native), at, native);
  }
  [[nodiscard]] std::optional<errc> refused_maximum(pages maximum, pages initial) const noexcept {
    std::size_t most = 0;
    if (maximum.n == 0 || initial > maximum || !parts_.has_valid_nodes()) return errc::invalid_argument;
    if (!to_bytes(maximum, most) || !fits(most)) return errc::limit_exceeded;
    return std::nullopt;
  }
  void adopt(handle object) noexcept {
    object_ = object;
    is_opened_ = true;
  }

  /// Steps of an opening. After a failure the caller drops the view.

  /// Makes the beginning of the object accessible. False while its creator has not come so far.
  [[nodiscard]] result<bool> show_header(access wanted) noexcept {
    unsigned long long length = 0;
    if (const int n = Object::length(object_, length)) return failed(step::reserve, n);
    if (length < object_header::bytes) return false;
    if (header_ == nullptr) {
      const reservation got = Object::map_apart(object_header::bytes, object_, wanted);
      if (got.native != 0) return failed(step::reserve, got.native);
      header_ = &object_header::at(got.base);
    }
    return header_->is_published();
  }
  /// Checks that the object is what it says, and that all of `size` is there.
  [[nodiscard]] result<void> check_header(object_kind kind) noexcept {
    if (const auto bad = header_->refused(kind, pages::unit)) return failure(*bad, step::plan);
    if (!fits(header_->maximum())) return failure(errc::limit_exceeded, step::plan);
    return {};
  }
  [[nodiscard]] result<void> check_length(std::uint64_t size) noexcept {
    unsigned long long length = 0;
    if (const int n = Object::length(object_, length)) return failed(step::reserve, n);
    if (size > header_->maximum() || size % pages::unit != 0) return failure(errc::damaged, step::plan);
    if (size != 0 && (length < object_header::contents || length - object_header::contents < size))
      return failure(errc::size_mismatch, step::plan);
    return {};
  }
  /// Maps everything that the object may ever hold, between the guards of the typedef.
  [[nodiscard]] result<void> map_all(std::size_t maximum, access wanted) noexcept {
    const attributes requested = parts_.requested();
    const layout l = composition::plan(maximum);
    const reservation got = parts_.store.reserve(l.total(), l.alignment, requested);
    if (got.native != 0) return refused_by_store({.native = got.native, .at = step::reserve});
    whole_ = {got.base, l.total()};
    data_ = got.base + l.before;
    capacity_ = bound_ = maximum;
    writable_ = wanted == access::read_write;
    const page_run contents{data_, capacity_};
    if (const int n = Object::map(contents, object_, object_header::contents, wanted)) return failed(step::reserve, n);
    step_failure why;
    if (steps{parts_.store, requested, why}.configure(contents)) return {};
    return refused_by_store(why);
  }
  /// A new object up to its header, which is not known to others yet.
  [[nodiscard]] result<void> begin_object() noexcept {
    if (const int n = Object::allocate(object_, 0, object_header::bytes)) return failed(step::commit, n);
    const reservation got = Object::map_apart(object_header::bytes, object_, access::read_write);
    if (got.native != 0) return failed(step::reserve, got.native);
    header_ = &object_header::at(got.base);
    return {};
  }
  /// Brings memory behind pages beyond the size, and brings them in as the residency policy says.
  [[nodiscard]] result<void> bring(std::size_t from, std::size_t more) noexcept {
    const attributes requested = parts_.requested();
    step_failure why;
    const steps on{parts_.store, requested, why};
    const page_run added{data_ + from, more};
    if (!on.assure(added)) return refused_by_store(why);
    if (const int n = Object::allocate(object_, object_header::contents + from, more)) return failed(step::commit, n);
    if (!on.populate_and_fill(added)) return refused_by_store(why);
    return {};
  }
  /// Brings in what an opened object holds already, if the residency policy asks for it. That writes to pages.
  [[nodiscard]] result<void> populate_contents() noexcept {
    if constexpr (composition::demanded.template has<capability::population>()) {
      if (size() == 0) return {};
      if (!writable_) return failure(errc::not_supported, step::populate);
      const attributes requested = parts_.requested();
      step_failure why;
      if (!steps{parts_.store, requested, why}.populate_and_fill({data_, size()})) return refused_by_store(why);
    }
    return {};
  }
  /// Larger sizes are not shown: what lies behind is not known to be there.
  void bound(std::uint64_t size) noexcept { bound_ = integer_cast<std::size_t>(std::min<std::uint64_t>(size, bound_)); }

  [[nodiscard]] const handle& object() const noexcept { return object_; }
  [[nodiscard]] object_header& header() const noexcept { return *header_; }

 private:
  [[nodiscard]] static std::unexpected<error> refused_by_store(const step_failure& why) noexcept {
    return failure(store_type::code_of(why.at, why.native), why.at, why.native);
  }
  [[nodiscard]] bool fits(std::uint64_t maximum) const noexcept {
    return maximum <= std::min<std::uint64_t>(composition::plannable, composition::index_span);
  }

  [[nodiscard]] result<pages> grow_from(std::optional<pages> current, pages additional) noexcept {
    if (header_ == nullptr) return failure(errc::not_allocated, step::plan);
    if (!writable_) return failure(errc::not_permitted, step::plan);
    for (;;) {
      const std::uint64_t told = header_->size();
      if (told > capacity_ || told % pages::unit != 0) return failure(errc::damaged, step::plan);
      const auto now = integer_cast<std::size_t>(told);
      const pages before{now / pages::unit};
      std::size_t more = 0;
      if (current && *current != before) return failure(errc::size_mismatch, step::plan);
      if (!to_bytes(additional, more) || more > capacity_ - now) return failure(errc::limit_exceeded, step::plan);
      if (more == 0) return before;
      if (const auto done = bring(now, more); !done) return std::unexpected(done.error());
      if (header_->grow(now, more)) return before;
    }
  }

  composition parts_;
  handle object_{};
  object_header* header_ = nullptr;
  page_run whole_{nullptr, 0};
  std::byte* data_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t bound_ = 0;  // of sizes that are shown
  bool writable_ = false, is_opened_ = false;
};

}  // namespace quire::detail

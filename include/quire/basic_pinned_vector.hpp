// SPDX-License-Identifier: BSL-1.0
#pragma once
// A vector whose elements never move: it grows in place, within address space that it reserves once. pinned_vector
// (quire/pinned_vector.hpp) is this one over the platform's allocator.
#include <algorithm>
#include <boost/config.hpp>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

#include <quire/bad_alloc.hpp>
#include <quire/detail/doubling.hpp>
#include <quire/detail/ordering_of.hpp>
#include <quire/detail/poisoning.hpp>
#include <quire/detail/populate_ahead.hpp>
#include <quire/detail/vector_in_sentences.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

namespace quire {

/// The interface of std::vector, with elements that keep their addresses until they are erased: growth commits further
/// pages behind the last one, and copies nothing. Iterators and references stay valid whatever is appended.
///
/// It reserves `reserve_address_space(n)` elements, or what the allocator's limit holds (4 GiB by default), when the
/// first element is added, and never more. Growth doubles the committed pages, so that there are few calls. Untouched
/// pages take no memory, unless the typedef populates them; on Linux up to 128 KiB behind the last element, and at most
/// half as much as the elements take, come early by one call.
///
/// Members that cannot get memory throw quire::bad_alloc, which is a std::bad_alloc, or end the process where
/// exceptions are disabled; the members `try_…` return the error instead: `limit_exceeded` beyond `max_size()`, and
/// those of the allocator's `allocate` and `grow`. Either way the vector is as it was; all that is needed is there
/// before the first element changes, except where elements come from iterators of a single pass. What constructors of
/// elements throw passes through, with the guarantees of std::vector.
template <class T, class A>
class basic_pinned_vector : detail::vector_in_sentences<T, A> {
 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using pointer = T*;
  using const_pointer = const T*;
  using iterator = T*;
  using const_iterator = const T*;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  basic_pinned_vector() noexcept
    requires std::default_initializable<A>
  = default;
  /// Over an allocator without a region, which may hold data: limits, nodes, a partition.
  explicit basic_pinned_vector(A from) noexcept : pages_(std::move(from)) {}
  explicit basic_pinned_vector(size_type count)
    requires std::default_initializable<A>
      : basic_pinned_vector() {
    resize(count);
  }
  basic_pinned_vector(size_type count, const T& value)
    requires std::default_initializable<A>
      : basic_pinned_vector() {
    resize(count, value);
  }
  template <std::input_iterator I, std::sentinel_for<I> S>
  basic_pinned_vector(I first, S last)
    requires std::default_initializable<A>
      : basic_pinned_vector() {
    append(first, last);
  }
  basic_pinned_vector(std::initializer_list<T> values)
    requires std::default_initializable<A>
      : basic_pinned_vector(values.begin(), values.end()) {}
  basic_pinned_vector(const basic_pinned_vector& other)
    requires std::default_initializable<A>
      : basic_pinned_vector(other.begin(), other.end()) {}
  basic_pinned_vector(basic_pinned_vector&& other) noexcept : pages_(std::move(other.pages_)) { take_elements(other); }
  basic_pinned_vector& operator=(const basic_pinned_vector& other) {
    if (this != &other) assign(other.begin(), other.end());
    return *this;
  }
  basic_pinned_vector& operator=(basic_pinned_vector&& other) noexcept {
    if (this == &other) return *this;
    give_up_elements();
    pages_ = std::move(other.pages_);
    take_elements(other);
    return *this;
  }
  basic_pinned_vector& operator=(std::initializer_list<T> values) {
    assign(values.begin(), values.end());
    return *this;
  }
  ~basic_pinned_vector() { give_up_elements(); }

  /// The number of elements that the vector can ever have, within the allocator's limit; only before the first one is
  /// added. Errors: `invalid_argument` (none), `already_allocated` if fewer are reserved already, and those of
  /// `allocate`.
  [[nodiscard]] result<void> reserve_address_space(size_type count) noexcept {
    if (count == 0) return failure(errc::invalid_argument, step::plan);
    if (begin_ != nullptr && count <= max_size()) return {};
    if (begin_ != nullptr) return failure(errc::already_allocated, step::reserve);
    if (count > largest_count) return failure(errc::limit_exceeded, step::plan);
    return reserve_pages(pages_for<A>(count * sizeof(T)));
  }
  /// Commits pages for so many elements. Errors: those of this class. Cost: that of the allocator's `grow`.
  [[nodiscard]] result<void> try_reserve(size_type count) noexcept {
    if (count <= capacity()) return {};
    const bool is_first = begin_ == nullptr;
    if (is_first)
      if (const auto done = reserve_pages(std::nullopt); !done) return done;
    const auto done = commit(count);
    if (!done && is_first) release_pages();
    return done;
  }
  void reserve(size_type count) { detail::value_or_throw(try_reserve(count)); }
  /// Gives back pages behind the last element.
  void shrink_to_fit() noexcept
    requires requires(A& a, typename A::pages n) { a.shrink(n, n); }
  {
    if (begin_ == nullptr) return;
    const typename A::pages now = pages_.size_pages(), needed = pages_for<A>(size() * sizeof(T));
    const open_end opened(begin_, end_, committed_, committed_);
    if (needed < now) (void)pages_.shrink(now, typename A::pages{now.n - needed.n});
    look_at_pages();
  }

  [[nodiscard]] size_type size() const noexcept { return static_cast<size_type>(end_ - begin_); }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  /// Elements for which pages are committed.
  [[nodiscard]] size_type capacity() const noexcept { return static_cast<size_type>(committed_ - begin_); }
  /// Elements for which address space is reserved, or before there is any, can be.
  [[nodiscard]] size_type max_size() const noexcept {
    if (begin_ != nullptr) return pages_.capacity() / sizeof(T);
    if constexpr (requires { pages_.limit(); }) return std::min(largest_count, pages_.limit() / sizeof(T));
    return largest_count;
  }
  /// The memory of the elements, for effective, explain and zone_of.
  [[nodiscard]] const A& allocator() const noexcept { return pages_; }

  [[nodiscard]] T* data() noexcept { return begin_; }
  [[nodiscard]] const T* data() const noexcept { return begin_; }
  [[nodiscard]] iterator begin() noexcept { return begin_; }
  [[nodiscard]] const_iterator begin() const noexcept { return begin_; }
  [[nodiscard]] const_iterator cbegin() const noexcept { return begin_; }
  [[nodiscard]] iterator end() noexcept { return end_; }
  [[nodiscard]] const_iterator end() const noexcept { return end_; }
  [[nodiscard]] const_iterator cend() const noexcept { return end_; }
  [[nodiscard]] reverse_iterator rbegin() noexcept { return reverse_iterator(end_); }
  [[nodiscard]] const_reverse_iterator rbegin() const noexcept { return const_reverse_iterator(end_); }
  [[nodiscard]] reverse_iterator rend() noexcept { return reverse_iterator(begin_); }
  [[nodiscard]] const_reverse_iterator rend() const noexcept { return const_reverse_iterator(begin_); }
  [[nodiscard]] const_reverse_iterator crbegin() const noexcept { return rbegin(); }
  [[nodiscard]] const_reverse_iterator crend() const noexcept { return rend(); }
  [[nodiscard]] T& operator[](size_type at) noexcept { return begin_[at]; }
  [[nodiscard]] const T& operator[](size_type at) const noexcept { return begin_[at]; }
  /// Beyond the size it throws std::out_of_range.
  [[nodiscard]] T& at(size_type index) { return begin_[checked(index)]; }
  [[nodiscard]] const T& at(size_type index) const { return begin_[checked(index)]; }
  [[nodiscard]] T& front() noexcept { return *begin_; }
  [[nodiscard]] const T& front() const noexcept { return *begin_; }
  [[nodiscard]] T& back() noexcept { return end_[-1]; }
  [[nodiscard]] const T& back() const noexcept { return end_[-1]; }

  /// Appends an element, and returns its address; an argument may be an element of the vector, as none moves. Errors:
  /// those of this class. Cost: no call while pages are there; then one for up to 128 KiB of committed pages, and where
  /// these end, one `grow`, which doubles them.
  template <class... Arguments>
  [[nodiscard]] result<T*> try_emplace_back(Arguments&&... arguments) {
    if (end_ == ready_) [[unlikely]]
      if (const auto done = make_ready(1); !done) return std::unexpected(done.error());
    return construct_at_end(std::forward<Arguments>(arguments)...);
  }
  /// As try_emplace_back. Errors: those of this class.
  [[nodiscard]] result<T*> try_push_back(const T& value) { return try_emplace_back(value); }
  [[nodiscard]] result<T*> try_push_back(T&& value) { return try_emplace_back(std::move(value)); }
  template <class... Arguments>
  T& emplace_back(Arguments&&... arguments) {
    if (end_ == ready_) [[unlikely]]
      detail::value_or_throw(make_ready(1));
    return *construct_at_end(std::forward<Arguments>(arguments)...);
  }
  void push_back(const T& value) { emplace_back(value); }
  void push_back(T&& value) { emplace_back(std::move(value)); }
  void pop_back() noexcept { destroy_from(end_ - 1); }
  template <std::ranges::input_range R>
  void append_range(R&& range) {
    append(std::ranges::begin(range), std::ranges::end(range));
  }

  /// New elements are value-initialised. Numbers, enumerations and pointers on pages that no element has had yet are
  /// zero already: these pages are not touched. Errors: those of this class.
  [[nodiscard]] result<void> try_resize(size_type count) {
    if (count <= size()) {
      destroy_from(begin_ + count);
      return {};
    }
    if (const auto done = make_room(count - size()); !done) return done;
    T* const new_end = begin_ + count;
    const open_end opened(begin_, end_, committed_, new_end);
    const auto end_of_used = std::exchange(used_, std::max(used_, new_end));
    if constexpr (detail::is_zero_at_first<T> && A::contract.zero_on_grow)
      std::uninitialized_value_construct(end_, std::clamp(end_of_used, end_, new_end));
    else
      std::uninitialized_value_construct(end_, new_end);
    end_ = new_end;
    ready_ = std::max(ready_, new_end);
    return {};
  }
  void resize(size_type count) { detail::value_or_throw(try_resize(count)); }
  void resize(size_type count, const T& value) {
    count <= size() ? destroy_from(begin_ + count) : append_copies(count - size(), value);
  }
  void clear() noexcept { destroy_from(begin_); }

  template <class... Arguments>
  iterator emplace(const_iterator at, Arguments&&... arguments) {
    T* const place = mutable_at(at);
    if (place == end_) return std::addressof(emplace_back(std::forward<Arguments>(arguments)...));
    make_room_for(1);
    T made(std::forward<Arguments>(arguments)...);  // first, as an argument may be an element
    emplace_back(std::move(end_[-1]));
    std::move_backward(place, end_ - 2, end_ - 1);
    *place = std::move(made);
    return place;
  }
  iterator insert(const_iterator at, const T& value) { return emplace(at, value); }
  iterator insert(const_iterator at, T&& value) { return emplace(at, std::move(value)); }
  iterator insert(const_iterator at, size_type count, const T& value) {
    return insert_by(at, [&] { append_copies(count, value); });
  }
  template <std::input_iterator I, std::sentinel_for<I> S>
  iterator insert(const_iterator at, I first, S last) {
    return insert_by(at, [&] { append(first, last); });
  }
  iterator insert(const_iterator at, std::initializer_list<T> values) {
    return insert(at, values.begin(), values.end());
  }
  iterator erase(const_iterator at) { return erase(at, at + 1); }
  iterator erase(const_iterator first, const_iterator last) {
    T* const from = mutable_at(first);
    if (first != last) destroy_from(std::move(mutable_at(last), end_, from));
    return from;
  }

  template <std::input_iterator I, std::sentinel_for<I> S>
  void assign(I first, S last) {
    if constexpr (std::forward_iterator<I>) {
      const auto count = static_cast<size_type>(std::ranges::distance(first, last));
      if (count > size()) make_room_for(count - size());
    }
    T* to = begin_;
    for (; to != end_ && first != last; ++to, ++first) *to = *first;
    destroy_from(to);
    append(first, last);
  }
  void assign(size_type count, const T& value) {
    const T kept(value);  // it may be an element
    if (count > size()) make_room_for(count - size());
    std::fill(begin_, begin_ + std::min(count, size()), kept);
    resize(count, kept);
  }
  void assign(std::initializer_list<T> values) { assign(values.begin(), values.end()); }
  template <std::ranges::input_range R>
  void assign_range(R&& range) {
    assign(std::ranges::begin(range), std::ranges::end(range));
  }

  void swap(basic_pinned_vector& other) noexcept {
    basic_pinned_vector kept(std::move(*this));
    *this = std::move(other);
    other = std::move(kept);
  }
  friend void swap(basic_pinned_vector& a, basic_pinned_vector& b) noexcept { a.swap(b); }
  friend bool operator==(const basic_pinned_vector& a, const basic_pinned_vector& b)
    requires std::equality_comparable<T>
  {
    return std::ranges::equal(a, b);
  }
  friend auto operator<=>(const basic_pinned_vector& a, const basic_pinned_vector& b)
    requires requires(const T& x) { x < x; }
  {
    return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end(), detail::ordering_of{});
  }
  template <class Predicate>
  friend size_type erase_if(basic_pinned_vector& from, Predicate fits) {
    const T* const kept_end = std::remove_if(from.begin(), from.end(), fits);
    const auto erased = static_cast<size_type>(from.cend() - kept_end);
    from.erase(kept_end, from.cend());
    return erased;
  }
  friend size_type erase(basic_pinned_vector& from, const T& value) {
    return erase_if(from, [&](const T& each) { return each == value; });
  }

 private:
  using open_end = detail::poisoning::open_end<T>;
  static constexpr size_type largest_count = max_bytes / sizeof(T);

  template <class... Arguments>
  BOOST_FORCEINLINE T* construct_at_end(Arguments&&... arguments) {
    const open_end opened(begin_, end_, committed_, end_ + 1);
    T* const made = std::construct_at(end_, std::forward<Arguments>(arguments)...);
    ++end_;
    return made;
  }
  void take_elements(basic_pinned_vector& other) noexcept {
    begin_ = std::exchange(other.begin_, nullptr);
    end_ = std::exchange(other.end_, nullptr);
    ready_ = std::exchange(other.ready_, nullptr);
    committed_ = std::exchange(other.committed_, nullptr);
    used_ = std::exchange(other.used_, nullptr);
  }
  [[nodiscard]] T* mutable_at(const_iterator at) noexcept { return begin_ + (at - begin_); }
  [[nodiscard]] size_type checked(size_type index) const {
    if (index >= size()) detail::throw_out_of_range("quire: an index beyond the size of a pinned_vector");
    return index;
  }
  [[nodiscard]] result<void> reserve_pages(std::optional<typename A::pages> maximum) noexcept {
    static_assert(alignof(T) <= A::contract.alignment,
                  "quire: the elements' alignment exceeds that of this allocator: add protection::aligned");
    if (const auto got = pages_.allocate(typename A::pages{0}, maximum); !got) return std::unexpected(got.error());
    begin_ = end_ = ready_ = used_ = reinterpret_cast<T*>(pages_.data());
    look_at_pages();
    return {};
  }
  void give_up_elements() noexcept {
    clear();
    open_end::all(begin_, committed_);
  }
  void release_pages() noexcept {
    if (!pages_.deallocate(pages_.data(), pages_.size())) return;
    begin_ = end_ = ready_ = committed_ = used_ = nullptr;
  }
  [[nodiscard]] result<void> make_room(size_type more) noexcept {
    if (more > largest_count - size()) return failure(errc::limit_exceeded, step::plan);
    return try_reserve(size() + more);
  }
  [[nodiscard]] BOOST_NOINLINE result<void> make_ready(size_type more) noexcept {
    if (const auto done = make_room(more); !done) return done;
    const open_end opened(begin_, end_, committed_, committed_);
    const auto bytes_to = [&](const T* p) { return static_cast<std::size_t>(p - begin_) * sizeof(T); };
    const std::size_t there = bytes_to(std::exchange(ready_, committed_)), needed = bytes_to(end_ + more);
    if constexpr (sizeof(T) <= 4096)  // the constructor of a larger element may leave pages untouched
      ready_ = begin_ + detail::populate_ahead(pages_, there, needed) / sizeof(T);
    return {};
  }
  [[nodiscard]] result<void> commit(size_type count) noexcept {
    if (count > max_size()) return failure(errc::limit_exceeded, step::plan);
    const open_end opened(begin_, end_, committed_, committed_);
    if (const auto grown = detail::grow_by_doubling(pages_, count * sizeof(T)); !grown) return grown;
    look_at_pages();
    return {};
  }
  void look_at_pages() noexcept {
    committed_ = std::max(end_, begin_ + pages_.size() / sizeof(T));  // fewer, if a refusal has cost a part
    ready_ = std::min(ready_, committed_);
    used_ = std::min(used_, committed_);
  }
  void destroy_from(T* first) noexcept {
    const open_end opened(begin_, end_, committed_, end_);
    used_ = std::max(used_, end_);
    std::destroy(first, end_);
    end_ = first;
  }

  /// Room for elements that are about to be constructed, and may be in part when one throws.
  [[nodiscard]] open_end make_room_to_append(size_type count) {
    make_room_for(count);
    used_ = std::max(used_, end_ + count);
    return open_end(begin_, end_, committed_, end_ + count);
  }
  void append_copies(size_type count, const T& value) {
    const open_end opened = make_room_to_append(count);
    end_ = std::uninitialized_fill_n(end_, count, value);
  }
  /// Destroys what was appended, unless all of it was.
  struct rollback {
    basic_pinned_vector& of;
    size_type old_size;
    ~rollback() { of.destroy_from(of.begin_ + old_size); }
  };
  /// Appends all or, if something throws, none.
  template <class I, class S>
  void append(I first, S last) {
    if constexpr (std::forward_iterator<I>) {
      const auto count = static_cast<size_type>(std::ranges::distance(first, last));
      const open_end opened = make_room_to_append(count);
      end_ = std::ranges::uninitialized_copy(std::move(first), std::move(last), end_, end_ + count).out;
    } else {
      rollback unless_done{*this, size()};
      for (; first != last; ++first) emplace_back(*first);
      unless_done.old_size = size();
    }
  }
  void make_room_for(size_type count) {
    if (count > static_cast<size_type>(ready_ - end_)) detail::value_or_throw(make_ready(count));
  }
  template <class Append>
  iterator insert_by(const_iterator at, Append append_all) {
    const difference_type place = at - begin_, old_size = end_ - begin_;
    append_all();
    std::rotate(begin_ + place, begin_ + old_size, end_);
    return begin_ + place;
  }

  A pages_;
  T* begin_ = nullptr;
  T* end_ = nullptr;
  T* ready_ = nullptr;      // end of the room in which elements are constructed without a call
  T* committed_ = nullptr;  // end of the elements that committed pages hold
  T* used_ = nullptr;       // no element was ever behind this and `end_`
};

}  // namespace quire

// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory that several processes use at once: by a name, or by a descriptor that one gives to another. Each reads and
// grows one size. shared_memory (quire/shared_memory.hpp) is this one over the platform's allocator.
#include <cstddef>

#include <quire/access.hpp>
#include <quire/detail/shared/shared_view.hpp>
#include <quire/result.hpp>
#include <quire/store/shared.hpp>
#include <quire/units.hpp>

namespace quire {

/// Stands for an object that is none: its own sentence says why.
template <class A, class Object>
class basic_shared_memory {
  static_assert(nameable_object<Object>, "quire: memory that processes share needs an object that they can share");
};

/// Owns one view of an object; the object ends with its last view, descriptor and name. Movable. Any thread may call
/// `grow` and the const members at any time; other members need exclusive access. No process ever waits for another, or
/// holds a lock: one that ends while it grows leaves the size as it was.
///
/// All that the memory can ever hold is mapped at once: growth by another process needs no call here to be seen. So an
/// access beyond the size, but below the capacity, may raise SIGBUS or find memory that is to come; guards lie around
/// the capacity. Processes that may write are trusted: they can overwrite contents and size. The size is checked so far
/// that `bytes()` never reaches beyond the capacity.
///
/// A child process inherits the view, and shares it, unless the typedef says `residency::not_inherited`.
template <class A, nameable_object Object>
class basic_shared_memory<A, Object> : public detail::shared_view<A, Object> {
  using view = detail::shared_view<A, Object>;
  static constexpr detail::object_kind kind = detail::object_kind::memory;

 public:
  using typename view::pages;
  /// By which the system names the object: int on POSIX systems.
  using descriptor_type = decltype(Object::handle::descriptor);

  /// What `create` is to make.
  struct terms {
    const char* name = nullptr;  // as shm_open takes it: a slash and a file name; null: without a name
    pages maximum{};             // that it can grow to
    pages initial{};
    unsigned permissions = 0600;  // of a name, less the process's umask
  };

  /// Takes policies of the typedef `A`. One that holds data must be given.
  template <class... Given>
  explicit basic_shared_memory(const Given&... given) noexcept : view(given...) {}
  basic_shared_memory(basic_shared_memory&& other) noexcept = default;
  basic_shared_memory& operator=(basic_shared_memory&& other) noexcept {
    if (this == &other) return *this;
    close();
    view::take(other);
    return *this;
  }
  ~basic_shared_memory() { close(); }

  /// A new object. Where the system can (Linux: memfd, without a name), no process can make it shorter afterwards.
  /// Errors: `already_allocated` (a view is open, or the name exists), `invalid_argument` (no maximum, or a smaller one
  /// than `initial`), `limit_exceeded`, `out_of_address_space`, `out_of_memory`, `too_many_mappings`, `not_permitted`,
  /// `not_supported`, `system`. Cost on Linux: some nine system calls, and those of the policies.
  [[nodiscard]] result<void> create(const terms& t) noexcept {
    if (this->is_open()) return failure(errc::already_allocated, step::plan);
    if (const auto bad = this->refused_maximum(t.maximum, t.initial)) return failure(*bad, step::plan);
    typename Object::handle made;
    if (const int n = Object::create(t.name, t.permissions, made)) return view::failed(step::reserve, n);
    this->adopt(made);
    const auto done = fill(t);
    if (!done) {
      if (t.name != nullptr) (void)Object::remove(t.name);
      close();
    }
    return done;
  }
  /// The object of this name. If another process is about to create it, this waits up to a second. Errors:
  /// `already_allocated` (a view is open), `not_allocated` (there is no such name), `damaged` (no shared memory of
  /// Quire's, one that was never finished, or an overwritten header), `size_mismatch` (it is shorter than it says),
  /// `invalid_argument` (of another page unit), `limit_exceeded`, `out_of_address_space`, `out_of_memory`,
  /// `too_many_mappings`, `not_permitted` (also: sealed against writing), `not_supported` (also: to populate a view for
  /// reading), `system`.
  [[nodiscard]] result<void> open(const char* name, access wanted = access::read_write) noexcept {
    return open_with(wanted, [=](auto& made) noexcept { return Object::open(name, wanted, made); });
  }
  /// The object of a descriptor, which came from `descriptor()`, by inheritance or through a socket. It stays the
  /// caller's. Errors: as above.
  [[nodiscard]] result<void> open(descriptor_type descriptor, access wanted = access::read_write) noexcept {
    return open_with(wanted, [=](auto& made) noexcept { return Object::share(descriptor, wanted, made); });
  }
  /// Takes a name away; views that are open keep the memory. Cost: one call. Errors: `not_allocated` (there is none),
  /// `not_permitted`, `system`.
  [[nodiscard]] static result<void> remove(const char* name) noexcept {
    if (const int n = Object::remove(name)) return view::failed(step::release, n);
    return {};
  }
  /// Unmaps the view. The object lives as long as a name, a descriptor or another view of it.
  void close() noexcept { this->drop(); }

  /// Belongs to the view, and is valid while that is open.
  [[nodiscard]] descriptor_type descriptor() const noexcept { return this->object().descriptor; }
  /// Whether no process can make the object shorter. If one does, a touch of what is missing raises SIGBUS: names
  /// cannot be protected from processes that may write to them.
  [[nodiscard]] bool never_shrinks() const noexcept { return this->is_open() && Object::never_shrinks(this->object()); }

 private:
  [[nodiscard]] result<void> fill(const terms& t) noexcept {
    std::size_t maximum = 0, initial = 0;
    (void)(to_bytes(t.maximum, maximum) && to_bytes(t.initial, initial));  // checked before
    if (const auto done = this->begin_object(); !done) return done;
    if (const auto done = this->map_all(maximum, access::read_write); !done) return done;
    if (initial != 0)
      if (const auto done = this->bring(0, initial); !done) return done;
    if (const int n = Object::finish(this->object())) return view::failed(step::configure, n);
    this->header().publish(kind, pages::unit, maximum, initial, {});
    return {};
  }
  template <class F>
  [[nodiscard]] result<void> open_with(access wanted, F f) noexcept {
    if (this->is_open()) return failure(errc::already_allocated, step::plan);
    if (wanted != access::read && wanted != access::read_write) return failure(errc::invalid_argument, step::plan);
    typename Object::handle made;
    if (const int n = f(made)) return view::failed(step::reserve, n);
    this->adopt(made);
    const auto done = show(wanted);
    if (!done) close();
    return done;
  }
  [[nodiscard]] result<void> show(access wanted) noexcept {
    if (const auto done = wait_for_header(wanted); !done) return done;
    if (const auto done = this->check_header(kind); !done) return done;
    if (const auto done = this->check_length(this->header().size()); !done) return done;
    if (const auto done = this->map_all(detail::integer_cast<std::size_t>(this->header().maximum()), wanted); !done)
      return done;
    return this->populate_contents();
  }
  [[nodiscard]] result<void> wait_for_header(access wanted) noexcept {
    constexpr int pauses = 10'000;  // of a tenth of a millisecond
    for (int i = 0; i < pauses; ++i) {
      const result<bool> there = this->show_header(wanted);
      if (!there) return std::unexpected(there.error());
      if (*there) return {};
      Object::pause();
    }
    return failure(errc::damaged, step::plan);
  }
};

}  // namespace quire

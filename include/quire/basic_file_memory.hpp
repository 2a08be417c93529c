// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory that is a file, which grows with it: what was flushed is there again after the machine has stopped, and all of
// it after a process has. file_memory (quire/file_memory.hpp) is this one over the platform's allocator.
#include <cstddef>
#include <cstdint>
#include <utility>

#include <quire/access.hpp>
#include <quire/detail/plain_lock.hpp>
#include <quire/detail/shared/shared_view.hpp>
#include <quire/result.hpp>
#include <quire/store/shared.hpp>
#include <quire/units.hpp>

namespace quire {

/// What `open` has found.
struct opened_file {
  std::size_t size;  // bytes
  bool recovered;    // the machine has stopped since the file was used: the size is that of the last flush
};

namespace detail {

template <class A>
struct file_in_sentences {
  static constexpr demands demanded = shared_in_sentences<A>::composition::demanded;
  static_assert(!demanded.template has<capability::placement>() && !demanded.template has<capability::huge_advice>() &&
                    !demanded.template has<capability::assurance>(),
                "quire: pages of a file are the file system's: they are not placed, not huge and not assured");
};

}  // namespace detail

/// Stands for an object that is none: its own sentence says why.
template <class A, class Object>
class basic_file_memory {
  static_assert(durable_object<Object>, "quire: memory that is a file needs a file");
};

/// Owns one view of a file. Movable. Any thread may call `grow`, `flush` and the const members at any time; other
/// members need exclusive access. Several processes may have the file open, and grow it, at once: see
/// basic_shared_memory for what they see of each other. Threads flush one view in turn; a child process that is forked
/// while one of them does so can neither flush nor destroy its copy. The header takes the first 2 MiB of the file,
/// nearly all of them a hole.
///
/// **What is promised.** After processes have ended, in whatever way, the file holds all that they wrote. After the
/// machine has stopped, `open` makes the size that of the last flush that returned success, or of one that was under
/// way, and cuts off what lies behind; bytes that were not written since that flush are as they were. Bytes that were,
/// are in either state, each page by itself. This is what the file system's fdatasync promises, so it holds where that
/// does, and where the disk obeys flushes. Whether the machine has stopped is told by the system (Linux: boot_id).
template <class A, durable_object Object>
class basic_file_memory<A, Object> : public detail::shared_view<A, Object>, detail::file_in_sentences<A> {
  using view = detail::shared_view<A, Object>;
  static constexpr detail::object_kind kind = detail::object_kind::file;

 public:
  using typename view::pages;

  /// What `create` is to make.
  struct terms {
    const char* path = nullptr;
    pages maximum{};  // that it can grow to
    pages initial{};
    unsigned permissions = 0600;  // less the process's umask
  };

  /// Takes policies of the typedef `A`.
  template <class... Given>
  explicit basic_file_memory(const Given&... given) noexcept : view(given...) {}
  basic_file_memory(basic_file_memory&& other) noexcept : view(static_cast<view&&>(other)) { take_state(other); }
  basic_file_memory& operator=(basic_file_memory&& other) noexcept {
    if (this == &other) return *this;
    close_best_effort();
    view::take(other);
    take_state(other);
    return *this;
  }
  /// Flushes as `close` does, but cannot tell whether that failed.
  ~basic_file_memory() { close_best_effort(); }

  /// A new file, which is on the disk, and its name, when this returns. Errors: `already_allocated` (a view is open, or
  /// the path exists), `not_allocated` (no such folder), `invalid_argument` (no path, no maximum, or a smaller one than
  /// `initial`), `limit_exceeded`, `out_of_address_space`, `out_of_memory` (also: no space on the disk),
  /// `too_many_mappings`, `not_permitted`, `not_supported` (by the file system), `system`. A file that could not be
  /// finished is removed; one whose creator was killed meanwhile is `damaged`.
  [[nodiscard]] result<void> create(const terms& t) noexcept {
    if (this->is_open()) return failure(errc::already_allocated, step::plan);
    if (t.path == nullptr) return failure(errc::invalid_argument, step::plan);
    if (const auto bad = this->refused_maximum(t.maximum, t.initial)) return failure(*bad, step::plan);
    typename Object::handle made;
    if (const int n = Object::create(t.path, t.permissions, made)) return view::failed(step::reserve, n);
    this->adopt(made);
    const auto done = fill(t);
    if (!done) {
      (void)Object::remove(t.path);
      this->drop();
    }
    return done;
  }
  /// A file that exists. The first that opens it after the machine has stopped recovers it; for reading alone it stays
  /// as it is, and the view does not grow. Errors: `already_allocated` (a view is open), `not_allocated` (no such
  /// file), `damaged` (no file of Quire's, one that was never finished, within a second, or an overwritten header),
  /// `size_mismatch` (it is shorter than what was flushed), `not_permitted` (also: for a second, others have a lock
  /// that keeps this from opening or recovering the file), `invalid_argument` (of another page unit), `not_supported`
  /// (by the file system; or for reading, where the system does not tell whether it has stopped), and those of
  /// `create`.
  [[nodiscard]] result<opened_file> open(const char* path, access wanted = access::read_write) noexcept {
    if (this->is_open()) return failure(errc::already_allocated, step::plan);
    if (path == nullptr || (wanted != access::read && wanted != access::read_write))
      return failure(errc::invalid_argument, step::plan);
    typename Object::handle made;
    if (const int n = Object::open(path, wanted, made)) return view::failed(step::reserve, n);
    this->adopt(made);
    const result<opened_file> done = wanted == access::read ? show_unlocked() : show_locked();
    if (!done) this->drop();
    return done;
  }
  /// Takes a file's name away; a view that is open keeps the contents. Cost: one call. Errors: `not_allocated` (there
  /// is none), `not_permitted`, `system`.
  [[nodiscard]] static result<void> remove(const char* path) noexcept {
    if (const int n = Object::remove(path)) return view::failed(step::release, n);
    return {};
  }

  /// Returns the present size when it, and all that any process had written below it, are on the disk. Cost on Linux:
  /// one msync, and another if the memory has grown since the last flush. Errors: `not_allocated`, `not_permitted` (the
  /// view is read-only), and, with the native code, `out_of_memory` (no space on the disk) and `system`. After an error
  /// of the disk the system takes what it could not write for written: so every later flush of this view fails as well,
  /// and only contents that were flushed before are known to be there.
  [[nodiscard]] result<std::size_t> flush() noexcept {
    if (!this->is_open()) return failure(errc::not_allocated, step::flush);
    if (!this->is_writable()) return failure(errc::not_permitted, step::flush);
    const detail::lock_holder in_turn(flushing_);  // the system tells one thread alone of an error of the disk
    if (const int n = failed_with_) return view::failed(step::flush, n);
    const std::size_t now = this->size();
    if (const int n = write_out(now)) {
      failed_with_ = n;
      return view::failed(step::flush, n);
    }
    return now;
  }
  /// Flushes, and ends the view. If the flush fails, the view stays open. Cost: that of flush, two munmap and one
  /// close. Errors: those of flush; none if there is no view.
  [[nodiscard]] result<void> close() noexcept {
    if (this->is_open() && this->is_writable())
      if (const auto done = flush(); !done) return std::unexpected(done.error());
    drop_all();
    return {};
  }

 private:
  static constexpr int most_pauses = 10'000;  // of a tenth of a millisecond

  void take_state(basic_file_memory& other) noexcept {
    durable_ = std::exchange(other.durable_, 0);
    failed_with_ = std::exchange(other.failed_with_, 0);
  }
  void drop_all() noexcept {
    this->drop();
    durable_ = 0;
    failed_with_ = 0;
  }
  void close_best_effort() noexcept {
    if (this->is_open() && this->is_writable()) (void)flush();
    drop_all();
  }

  /// Writes the contents to the disk before the size, which must never cover bytes that the disk does not hold yet.
  [[nodiscard]] int write_out(std::size_t size) noexcept {
    if (size != 0)
      if (const int n = Object::sync({this->data(), size})) return n;
    if (durable_ >= size && durable_ != 0) return 0;
    this->header().record_flushed(size);
    if (const int n = Object::sync({reinterpret_cast<std::byte*>(&this->header()), detail::object_header::bytes}))
      return n;
    durable_ = size;
    return 0;
  }

  [[nodiscard]] result<void> fill(const terms& t) noexcept {
    std::size_t maximum = 0, initial = 0;
    (void)(to_bytes(t.maximum, maximum) && to_bytes(t.initial, initial));  // checked before
    machine_run now;
    if (const int n = Object::run_of_machine(now)) return view::failed(step::reserve, n);
    if (const auto done = lock_alone(); !done) return done;
    if (const auto done = this->begin_object(); !done) return done;
    if (const auto done = this->map_all(maximum, access::read_write); !done) return done;
    if (initial != 0)
      if (const auto done = this->bring(0, initial); !done) return done;
    this->header().publish(kind, pages::unit, maximum, initial, now);
    if (const int n = write_out(initial)) return view::failed(step::flush, n);
    if (const int n = Object::sync_name(this->object(), t.path)) return view::failed(step::flush, n);
    return lock_with_others();
  }
  /// Of a new file. A process that opens it meanwhile finds that it is not finished, and gives its lock up again.
  [[nodiscard]] result<void> lock_alone() noexcept { return lock_within_a_second(&Object::lock_alone); }
  /// Instead of the lock alone, which the system gives up first: another may have it for a moment.
  [[nodiscard]] result<void> lock_with_others() noexcept { return lock_within_a_second(&Object::lock_with_others); }
  template <class Lock>
  [[nodiscard]] result<void> lock_within_a_second(Lock lock) noexcept {
    for (int i = 0; i < most_pauses; ++i) {
      bool got = false;
      if (const int n = lock(this->object(), got)) return view::failed(step::configure, n);
      if (got) return {};
      Object::pause();
    }
    return failure(errc::not_permitted, step::configure);
  }

  /// Either this is alone, and recovers the file if need be, or another has done so and still has it open.
  [[nodiscard]] result<opened_file> show_locked() noexcept {
    machine_run now;
    if (const int n = Object::run_of_machine(now)) return view::failed(step::reserve, n);
    errc why_not = errc::damaged;
    for (int i = 0; i < most_pauses; ++i) {
      bool alone = false, locked = false;
      if (const int n = Object::lock_alone(this->object(), alone)) return view::failed(step::configure, n);
      if (!alone)
        if (const int n = Object::lock_with_others(this->object(), locked)) return view::failed(step::configure, n);
      const result<bool> there = alone || locked ? this->show_header(access::read_write) : result<bool>(false);
      if (!there) return std::unexpected(there.error());
      why_not = alone || locked ? errc::damaged : errc::not_permitted;
      if (*there) {
        if (const auto done = this->check_header(kind); !done) return std::unexpected(done.error());
        if (alone) return show_alone(now);
        if (this->header().run() == now) return show(access::read_write, false);
        why_not = errc::not_permitted;  // others have a lock, and do not recover the file
      }
      Object::unlock(this->object());
      Object::pause();
    }
    return failure(why_not, step::plan);
  }
  [[nodiscard]] result<opened_file> show_alone(machine_run now) noexcept {
    bool recovered = false;
    if (!now.known() || this->header().run() != now) {
      const auto flushed = this->header().flushed();
      if (!flushed) return failure(errc::damaged, step::plan);
      if (const auto done = this->check_length(*flushed); !done) return std::unexpected(done.error());
      if (const int n = Object::truncate(this->object(),
                                         detail::object_header::contents + detail::integer_cast<std::size_t>(*flushed)))
        return view::failed(step::decommit, n);
      this->header().recover(*flushed, now);
      recovered = true;
    }
    if (const auto done = lock_with_others(); !done) return std::unexpected(done.error());
    return show(access::read_write, recovered);
  }
  /// Takes no lock: a reader must not seem to be one that has recovered the file.
  [[nodiscard]] result<opened_file> show_unlocked() noexcept {
    machine_run now;
    if (const int n = Object::run_of_machine(now)) return view::failed(step::reserve, n);
    if (!now.known()) return failure(errc::not_supported, step::plan);
    result<bool> there = false;
    for (int i = 0; i < most_pauses; ++i) {  // it may be in creation
      there = this->show_header(access::read);
      if (!there) return std::unexpected(there.error());
      if (*there) break;
      Object::pause();
    }
    if (!*there) return failure(errc::damaged, step::plan);
    if (const auto done = this->check_header(kind); !done) return std::unexpected(done.error());
    if (this->header().run() == now) return show(access::read, false);
    const auto flushed = this->header().flushed();
    if (!flushed) return failure(errc::damaged, step::plan);
    if (const auto done = this->check_length(*flushed); !done) return std::unexpected(done.error());
    return show_up_to(*flushed, access::read, true);
  }
  [[nodiscard]] result<opened_file> show(access wanted, bool recovered) noexcept {
    if (const auto done = this->check_length(this->header().size()); !done) return std::unexpected(done.error());
    return show_up_to(this->header().maximum(), wanted, recovered);
  }
  [[nodiscard]] result<opened_file> show_up_to(std::uint64_t bound, access wanted, bool recovered) noexcept {
    if (const auto done = this->map_all(detail::integer_cast<std::size_t>(this->header().maximum()), wanted); !done)
      return std::unexpected(done.error());
    this->bound(bound);
    if (const auto done = this->populate_contents(); !done) return std::unexpected(done.error());
    return opened_file{this->size(), recovered};
  }

  detail::plain_lock flushing_;
  std::size_t durable_ = 0;  // the largest size that a flush of this view has put on the disk
  int failed_with_ = 0;
};

}  // namespace quire

// SPDX-License-Identifier: BSL-1.0
#pragma once
// Objects of a system that several mappings show, in one process or many, and that grow in place: what
// basic_shared_memory and basic_file_memory need of them.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <quire/access.hpp>
#include <quire/store.hpp>

namespace quire {

/// All operations return 0 or the system's native code. Offsets and sizes are multiples of the page.
///
/// | operation | meaning |
/// |---|---|
/// | `handle` | a plain value, default constructible: no object |
/// | `close(object)` | gives the handle up; mappings stay |
/// | `length(object, bytes)` | its present length |
/// | `allocate(object, from, bytes)` | allocates memory, or space on a disk, for this part of the object, and extends the object if it ends before that. New bytes are zero; others keep their contents, and the object never becomes shorter. May fail halfway. Any number of processes may do so at once |
/// | `map(run, object, offset, access)` | shows a part of the object in a reserved run; the part may lie behind the object's end. Drops the configuration |
/// | `map_apart(bytes, object, access)` | shows the beginning of the object at an address of the system's choice |
/// | `unmap(run)` | releases what `map_apart` has mapped |
/// | `pause()` | lets other processes run |
/// | `code_of(step, native)` | the errc of a native code |
template <class O>
concept growing_object =
    requires(typename O::handle& h, const typename O::handle& made, unsigned long long& bytes, page_run r) {
      requires plain_value<typename O::handle> && std::is_nothrow_default_constructible_v<typename O::handle>;
      { O::close(made) } noexcept -> std::same_as<void>;
      { O::length(made, bytes) } noexcept -> std::same_as<int>;
      { O::allocate(made, std::size_t{}, std::size_t{}) } noexcept -> std::same_as<int>;
      { O::map(r, made, std::size_t{}, access::read) } noexcept -> std::same_as<int>;
      { O::map_apart(std::size_t{}, made, access::read) } noexcept -> std::same_as<reservation>;
      { O::unmap(r) } noexcept -> std::same_as<void>;
      { O::pause() } noexcept -> std::same_as<void>;
      { O::code_of(step::commit, 0) } noexcept -> std::same_as<errc>;
      { O::open("", access::read, h) } noexcept -> std::same_as<int>;
    };

/// | operation | meaning |
/// |---|---|
/// | `create(name, permissions, object)` | a new object, empty; without a name, if `name` is null |
/// | `open(name, access, object)` | an object by its name |
/// | `share(descriptor, access, object)` | an object by the descriptor of another handle, which stays the caller's |
/// | `finish(object)` | called when a new object is ready: keeps others from making it shorter, where the system can |
/// | `remove(name)` | takes the name away; those who have the object keep it |
/// | `never_shrinks(object)` | whether no process can make it shorter |
template <class O>
concept nameable_object = growing_object<O> && requires(typename O::handle& h, const typename O::handle& made) {
  { O::create("", 0U, h) } noexcept -> std::same_as<int>;
  { O::share(made.descriptor, access::read, h) } noexcept -> std::same_as<int>;
  { O::finish(made) } noexcept -> std::same_as<int>;
  { O::remove("") } noexcept -> std::same_as<int>;
  { O::never_shrinks(made) } noexcept -> std::same_as<bool>;
};

/// Tells one run of a machine, from start to stop, from another. Zero: the system does not tell.
struct machine_run {
  std::uint64_t high = 0, low = 0;
  /// Whether the system tells.
  [[nodiscard]] constexpr bool known() const noexcept { return (high | low) != 0; }
  friend constexpr bool operator==(machine_run, machine_run) = default;
};

/// | operation | meaning |
/// |---|---|
/// | `create(path, permissions, object)` | a new file, empty |
/// | `open(path, access, object)` | a file that exists |
/// | `lock_alone(object, got)` | `got`: no other open file has a lock, and this one keeps others from taking one |
/// | `lock_with_others(object, got)` | `got`: none is alone, and this open file has a lock that others may have too. Either kind goes when all processes with the handle have ended, and neither waits |
/// | `unlock(object)` | gives up either kind |
/// | `truncate(object, bytes)` | cuts the file off |
/// | `sync(run)` | writes mapped pages to the disk, whichever process has changed them, with what is needed to read them again |
/// | `sync_name(object, path)` | writes the file's length and its name to the disk |
/// | `remove(path)` | takes the name away |
/// | `run_of_machine(now)` | see machine_run; an error is not taken for a system that does not tell |
template <class O>
concept durable_object = growing_object<O> && requires(typename O::handle& h, const typename O::handle& made, bool& got,
                                                       machine_run& now, page_run r) {
  { O::create("", 0U, h) } noexcept -> std::same_as<int>;
  { O::lock_alone(made, got) } noexcept -> std::same_as<int>;
  { O::lock_with_others(made, got) } noexcept -> std::same_as<int>;
  { O::unlock(made) } noexcept -> std::same_as<void>;
  { O::truncate(made, std::size_t{}) } noexcept -> std::same_as<int>;
  { O::sync(r) } noexcept -> std::same_as<int>;
  { O::sync_name(made, "") } noexcept -> std::same_as<int>;
  { O::remove("") } noexcept -> std::same_as<int>;
  { O::run_of_machine(now) } noexcept -> std::same_as<int>;
};

}  // namespace quire

// SPDX-License-Identifier: BSL-1.0
#pragma once
// Instances of a module that wasm2c translated, started from an image of one that has run its initialisation: instead
// of copying data segments and running start functions, each takes a memory from a pool that shows the image, and a
// copy of the struct. For a module `m` with a memory and one table:
//
//   using slots = quire::pool<quire::with_images<quire::wasm_linux_allocator>, quire::recycling::zero_dirty>;
//   using memory = quire::engine::wasm2c_memory<slots::memory, take>;  // `take` takes a memory from the pool
//   using image = quire::engine::wasm2c_image<memory, slots, &w2c_m::w2c_memory, &w2c_m::w2c_T0>;
//
//   w2c_m first, other;
//   wasm2c_m_instantiate(&first);
//   auto start = image::of(pool, first);
//   if (start->instantiate(other)) { … wasm2c_m_free(&other); }
#include <wasm-rt.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <quire/engine/detail/memory_directory.hpp>
#include <quire/engine/detail/wasm2c_fields.hpp>
#include <quire/engine/memory_source.hpp>
#include <quire/engine/wasm2c.hpp>
#include <quire/image.hpp>
#include <quire/result.hpp>

namespace quire::engine {

namespace detail::wasm2c {

template <auto Member>
struct member;
template <class Struct, class Field, Field Struct::* Member>
struct member<Member> {
  using of = Struct;
  using type = Field;
};

inline void allocate_table(wasm_rt_funcref_table_t& table, std::uint32_t size, std::uint32_t most) noexcept {
  wasm_rt_allocate_funcref_table(&table, size, most);
}
inline void allocate_table(wasm_rt_externref_table_t& table, std::uint32_t size, std::uint32_t most) noexcept {
  wasm_rt_allocate_externref_table(&table, size, most);
}
inline void free_table(wasm_rt_funcref_table_t& table) noexcept { wasm_rt_free_funcref_table(&table); }
inline void free_table(wasm_rt_externref_table_t& table) noexcept { wasm_rt_free_externref_table(&table); }

/// A function of the instance that was copied becomes one of the copy, one of an import that was replaced becomes one
/// of the import in its place, and others stay what they are. In a table, wasm2c also binds an imported function to the
/// place of its import in the struct.
template <class Instance, std::size_t Imports = 0>
struct rebinding {
  const Instance* from;
  Instance* to;
  std::array<std::pair<const void*, void*>, Imports> replaced{};

  void operator()(wasm_rt_funcref_t& function) const noexcept {
    const std::uintptr_t at =
        reinterpret_cast<std::uintptr_t>(function.module_instance) - reinterpret_cast<std::uintptr_t>(from);
    if (at < sizeof(Instance)) {
      function.module_instance = reinterpret_cast<std::byte*>(to) + at;
      return;
    }
    const auto import = std::ranges::find(replaced, static_cast<const void*>(function.module_instance),
                                          &std::pair<const void*, void*>::first);
    if (import != replaced.end()) function.module_instance = import->second;
  }
  void operator()(wasm_rt_externref_t&) const noexcept {}  // a value of the host's
};

/// The members of an instance that a copy of the struct alone would share with the original, or bind to it.
template <class Instance, auto... Members>
struct referring_members {
  /// Tables of the same sizes, null elements in them. False, and there are none, if memory for them is missing.
  [[nodiscard]] static bool allocate(Instance& made, const Instance& like) noexcept {
    forget(made);
    const bool all = (allocated(made.*Members, like.*Members) && ...);
    if (!all) free(made);
    return all;
  }
  static void free(Instance& one) noexcept {
    each_table(one, [](auto& table) { free_table(table); });
    forget(one);
  }
  static void forget(Instance& one) noexcept {
    each_table(one, [](auto& table) { table.data = nullptr; });
  }
  /// Precondition: tables have the same sizes.
  template <std::size_t Imports>
  static void copy(const Instance& from, Instance& to, const rebinding<Instance, Imports>& bind) noexcept {
    (copy_one(from.*Members, to.*Members, bind), ...);
  }

 private:
  template <class Field>
  [[nodiscard]] static bool allocated(Field& made, const Field& like) noexcept {
    if constexpr (table_field<Field>) {
      allocate_table(made, like.size, like.max_size);
      return made.data != nullptr || like.size == 0;
    }
    return true;
  }
  template <class Field, class Rebinding>
  static void copy_one(const Field& from, Field& to, const Rebinding& bind) noexcept {
    if constexpr (table_field<Field>) {
      for (std::uint32_t i = 0; i != from.size; ++i) bind(to.data[i] = from.data[i]);
    } else {
      bind(to = from);
    }
  }
  template <class F>
  static void each_table(Instance& one, F f) noexcept {
    const auto if_table = [f](auto& field) noexcept {
      if constexpr (table_field<std::remove_reference_t<decltype(field)>>) f(field);
    };
    (if_table(one.*Members), ...);
  }
};

/// What makes copies of an instance right, one message each.
template <class Adapter, class Pool, auto Memory, auto... Members>
struct needs_of_an_image {
  using instance = typename member<Memory>::of;

  template <class Type>
  static constexpr std::size_t named =
      (std::size_t{0} + ... + std::size_t{std::is_same_v<typename member<Members>::type, Type>});
  static constexpr std::size_t tables = named<wasm_rt_funcref_table_t> + named<wasm_rt_externref_table_t>,
                               functions = named<wasm_rt_funcref_t>;

  static_assert(
      requires(const wasm_rt_memory_t* m) {
        { Adapter::find(m) } -> std::same_as<typename Pool::memory*>;
      },
      "quire: the instances' memories are the pool's: the adapter that serves the module is to be one over "
      "Pool::memory");
  static_assert(
      requires { typename Pool::memory::image; },
      "quire: memories of this pool cannot start from an image: its first argument is to be "
      "quire::with_images<A>");
  static_assert(std::is_same_v<typename member<Memory>::type, wasm_rt_memory_t>,
                "quire: the first member named is the memory of the instance");
  static_assert((std::is_same_v<typename member<Members>::of, instance> && ...),
                "quire: the members named are those of one struct");
  template <auto Member>
  static constexpr std::size_t times =
      (std::size_t{0} + ... + std::size_t{std::is_same_v<member<Member>, member<Members>>});
  static_assert(((times<Members> == 1) && ...), "quire: a member of the instance is named twice");
  static_assert(tables + functions == sizeof...(Members),
                "quire: beside the memory, tables of functions or of external references are named, and globals that "
                "hold a function");
  static_assert(fields_of<instance, memory_initialiser> == 1,
                "quire: an instance that starts from an image has one memory, of its own");
  static_assert(fields_of<instance, imported_initialiser> == 0,
                "quire: a memory or table that a module imports would be shared by the instances that start from an "
                "image");
  static_assert(fields_of<instance, exception_initialiser> == 0,
                "quire: an exception in a global may hold functions of the instance that was copied");
  static_assert(fields_of<instance, table_initialiser> == tables,
                "quire: each table of the instance is named once, so that its copies have tables of their own");
  static_assert(fields_of<instance, funcref_initialiser> == functions,
                "quire: each global that holds a function is named once, so that it is bound to its copy");
};

}  // namespace detail::wasm2c

/// What an instance is when `of` is called: its memory's contents, and the rest of it. Further instances start as that,
/// and are wasm2c's in every respect: its functions call, grow and free them. Not moved or destroyed while one exists,
/// and the pool outlives it; any thread may start, reset and free instances.
///
/// | argument | meaning |
/// |---|---|
/// | `Adapter` | the memory functions of the module: `wasm2c_memory` or `wasm2c_checked_memory` over `Pool::memory` |
/// | `Pool` | a pool over `quire::with_images<A>` |
/// | `Memory` | the member of the generated struct that is its memory |
/// | `Members` | all its tables, and all its globals of type funcref |
///
/// Imports are not copied: the instances share those of the first one, but for those that are given to `instantiate`
/// and to `reset`, each as a member of the struct and a pointer: `std::pair(&w2c_m::w2c_env_instance, &host)`. A host
/// that tells its guests apart gives each its own. Functions that the guest has from there, in tables and in globals,
/// are bound to it, too.
template <class Adapter, class Pool, auto Memory, auto... Members>
class wasm2c_image : detail::wasm2c::needs_of_an_image<Adapter, Pool, Memory, Members...> {
  using A = typename Pool::memory;
  using pages = typename A::pages;
  using contents_image = typename A::image;

 public:
  /// The struct that wasm2c generated for the module.
  using instance = typename detail::wasm2c::member<Memory>::of;
  /// A member that points to an import, and what it points to instead.
  template <class Import>
  using import_of = std::pair<Import * instance::*, std::type_identity_t<Import>*>;

  /// Takes the image. `initialised` may be used and freed afterwards; it is not what it imports from itself. Zeros at
  /// either end of its memory are left out. Errors: `invalid_argument` (its memory is not one of `Pool::memory`, or was
  /// freed), `out_of_memory`, and those of the pool's `image::from`.
  [[nodiscard]] static result<wasm2c_image> of(Pool& from, const instance& initialised) noexcept {
    const wasm_rt_memory_t& memory = initialised.*Memory;
    if (Adapter::find(&memory) == nullptr) return failure(errc::invalid_argument, step::plan);
    const auto all = std::as_bytes(std::span(memory.data, memory.size));
    const std::size_t begin = zeros(all.begin(), all.end()) / offset_unit * offset_unit;
    const std::size_t end = all.size() - zeros(all.rbegin(), all.rend());
    std::optional<contents_image> contents;
    if (begin < end) {
      auto made = contents_image::from(all.subspan(begin, end - begin));
      if (!made) return std::unexpected(made.error());
      contents.emplace(std::move(*made));
    }
    instance start = initialised;
    if (!referring::allocate(start, initialised)) return failure(errc::out_of_memory, step::reserve);
    referring::copy(initialised, start, detail::wasm2c::rebinding<instance>{nullptr, nullptr});
    return wasm2c_image(from, start, &initialised, std::move(contents), begin);
  }
  wasm2c_image(wasm2c_image&& other) noexcept
      : pool_(other.pool_),
        start_(other.start_),
        first_(other.first_),
        contents_(std::move(other.contents_)),
        offset_(other.offset_) {
    referring::forget(other.start_);
  }
  wasm2c_image& operator=(wasm2c_image&&) = delete;
  ~wasm2c_image() { referring::free(start_); }

  /// Fills in `one`, which was never instantiated or was freed; it is not moved until it is freed. After an error
  /// nothing has changed. Errors: those of the pool's `acquire_from`, and `out_of_memory`. Cost beside that of the
  /// pool: an allocation from the heap, one more for each table, and copies of the struct and its tables.
  template <class... Import>
  [[nodiscard]] result<void> instantiate(instance& one, import_of<Import>... imports) const noexcept {
    instance made = start_;
    auto got = take();
    if (!got) return std::unexpected(got.error());
    if (!referring::allocate(made, start_)) return failure(errc::out_of_memory, step::reserve);
    const auto* const kept = detail::wasm2c::keep(std::move(*got));
    if (kept == nullptr) {
      referring::free(made);
      return failure(errc::out_of_memory, step::reserve);
    }
    finish(one, made, kept->allocator, imports...);
    return {};
  }

  /// Makes `one`, which was instantiated here, what it was then, in place. After an error it is as it was, unless its
  /// memory is `broken`. Errors: those of the memory's `reset`; `out_of_memory`; and `invalid_argument` for an instance
  /// whose memory did not start from an image. Cost: that of the memory's `reset`, and copies as for instantiate.
  template <class... Import>
  [[nodiscard]] result<void> reset(instance& one, import_of<Import>... imports) const noexcept {
    A* const memory = Adapter::find(&(one.*Memory));
    if (memory == nullptr || (contents_ && memory->image_mode() == image_mode::none))
      return failure(errc::invalid_argument, step::reset);
    instance made = start_;
    if (!referring::allocate(made, start_)) return failure(errc::out_of_memory, step::reset);
    if (const auto done = memory->reset(initial()); !done) {
      referring::free(made);
      return done;
    }
    referring::free(one);
    finish(one, made, *memory, imports...);
    return {};
  }

 private:
  using referring = detail::wasm2c::referring_members<instance, Members...>;

  static constexpr std::size_t offset_unit = 65536;  // an offset that any system's pages allow

  wasm2c_image(Pool& from, const instance& start, const instance* first, std::optional<contents_image> contents,
               std::size_t offset) noexcept
      : pool_(&from), start_(start), first_(first), contents_(std::move(contents)), offset_(offset) {}

  template <class Iterator>
  [[nodiscard]] static std::size_t zeros(Iterator begin, Iterator end) noexcept {
    return static_cast<std::size_t>(std::find_if(begin, end, [](std::byte b) { return b != std::byte{0}; }) - begin);
  }
  [[nodiscard]] pages initial() const noexcept { return pages_for<A>((start_.*Memory).size); }
  [[nodiscard]] result<A> take() const noexcept {
    const auto kind = detail::wasm2c::kind_of(start_.*Memory);
    const std::uint64_t most = std::min<std::uint64_t>((start_.*Memory).max_pages, kind.most());
    const auto acquire = [this](pages first, std::optional<pages> maximum) noexcept {
      return contents_ ? pool_->acquire_from(*contents_, offset_, first, maximum) : pool_->acquire(first, maximum);
    };
    return detail::take_up_to<A>(acquire, initial(), pages_for<A>(most * kind.page));
  }
  template <class... Import>
  void finish(instance& one, instance& made, const A& memory, import_of<Import>... imports) const noexcept {
    detail::wasm2c::set_place(made.*Memory, memory);
    const detail::wasm2c::rebinding<instance, sizeof...(Import)> bind{
        first_, &one, {{{start_.*imports.first, imports.second}...}}};
    referring::copy(start_, made, bind);
    ((made.*imports.first = imports.second), ...);
    one = made;
  }

  Pool* pool_;
  instance start_;                          // with tables of its own, whose functions are bound to the first instance
  const instance* first_;                   // an address
  std::optional<contents_image> contents_;  // none: all of the memory was zero
  std::size_t offset_;                      // of the contents in the memory, in bytes
};

}  // namespace quire::engine

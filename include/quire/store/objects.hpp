#pragma once
// Memory that is held before anybody has a use for it, and what a store must be able to do to hold it.
#include <concepts>
#include <cstddef>
#include <type_traits>

#include <quire/store.hpp>

namespace quire {

/// Holds memory in an object of the system: physically there from the beginning (or `make_object` fails), and mapped
/// into reservations later. Offsets, sizes, and runs that are mapped, are multiples of `object_granule`; runs that are
/// unmapped, of a page. `protect`, `discard`, `populate`, `lock` and `release` take runs in which parts are mapped from
/// an object: its memory stays, whatever becomes of the run.
///
/// | operation | meaning |
/// |---|---|
/// | `memory_object` | a handle: a plain value, default constructible |
/// | `make_object(bytes, locked, object)` | an object of zeros with memory behind every page, locked if so; nothing is left where it fails |
/// | `release_object(object)` | gives it back; nothing of it is mapped into reservations by then |
/// | `window(object)` | all of the object, readable and writable, at an address of its own, as long as it lives: contents are cleared there, whatever the access of the pages mapped from it |
/// | `map_object(run, object, offset, requests)` | a reserved or committed run becomes readable and writable, and is this part of the object. Configuring is lost. May fail half-way |
/// | `unmap_object(run, requests)` | the run is reserved again; the object keeps memory and contents. Configuring is lost. May fail half-way |
template <class S>
concept object_store = backing_store<S> && requires(S& s, page_run r, const attributes& a) {
  typename S::memory_object;
  requires plain_value<typename S::memory_object> && std::is_nothrow_default_constructible_v<typename S::memory_object>;
  requires requires(typename S::memory_object& object, const typename S::memory_object& made) {
    { s.make_object(std::size_t{}, true, object) } noexcept -> std::same_as<int>;
    { s.release_object(made) } noexcept -> std::same_as<void>;
    { s.view(made) } noexcept -> std::same_as<std::byte*>;
    { s.map_object(r, made, std::size_t{}, a) } noexcept -> std::same_as<int>;
  };
  { s.unmap_object(r, a) } noexcept -> std::same_as<int>;
  typename std::integral_constant<std::size_t, S::object_granule>;
};

}  // namespace quire

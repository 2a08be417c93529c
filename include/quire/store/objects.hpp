// SPDX-License-Identifier: BSL-1.0
#pragma once
// Preallocated memory, and what a store must provide to hold it.
#include <concepts>
#include <cstddef>
#include <type_traits>

#include <quire/store.hpp>

namespace quire {

/// Holds memory in an object of the system: physically present from the beginning (or `make_object` fails), and mapped
/// into reservations later. Offsets, sizes and mapped runs are multiples of `object_granule`; unmapped runs are
/// multiples of a page. `protect`, `discard`, `populate`, `lock` and `release` take runs that are partly mapped from an
/// object: the object keeps its memory, whatever becomes of the run.
///
/// | operation | meaning |
/// |---|---|
/// | `memory_object` | a handle: a plain value, default constructible |
/// | `make_object(bytes, locked, object)` | makes an object of zeros with memory behind every page, locked if so requested; if it fails, no object is left |
/// | `release_object(object)` | releases the object; by then no part of it is mapped into a reservation |
/// | `view(object)` | the whole object, readable and writable, at an address of its own, as long as it exists: contents are cleared there, whatever the access of the pages mapped from it |
/// | `map_object(run, object, offset, requests)` | makes a reserved or committed run readable and writable, and a view of this part of the object. Drops the configuration. May fail halfway |
/// | `unmap_object(run, requests)` | makes the run reserved again; the object keeps memory and contents. Drops the configuration. May fail halfway |
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

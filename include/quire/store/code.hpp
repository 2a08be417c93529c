// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a store must provide for code that a program generates: pages that are written through one mapping and run
// through another, or pages that become executable once they are written.
#include <concepts>
#include <cstddef>

#include <quire/store.hpp>

namespace quire {

/// What the processor needs when code was written.
///
/// | operation | meaning |
/// |---|---|
/// | `flush_instructions(code, bytes)` | at the addresses where the code runs: what was written is what runs |
/// | `trapping_byte` | a run of these bytes traps when it is executed |
template <class S>
concept code_flushing_store = backing_store<S> && requires(const std::byte* code) {
  { S::flush_instructions(code, std::size_t{}) } noexcept -> std::same_as<void>;
  { S::trapping_byte } -> std::convertible_to<unsigned char>;
};

/// Pages that are mapped twice: at `run`, readable and executable and never writable, and at an address of the system's
/// choice, readable and writable and never executable. Both last until `unmap_written` and the release of the
/// reservation around `run`. Child processes inherit the first mapping, and share its pages; they do not have the
/// second.
///
/// | operation | meaning |
/// |---|---|
/// | `map_twice(run, written)` | maps a reserved run, whose pages are zero; `written` receives the base of the second mapping. Drops the configuration. An `outcome`: after a failure the run is reserved as it was, unless it is `lost` |
/// | `discard_written(written)` | makes the pages zero and gives their memory back |
/// | `unmap_written(written)` | unmaps the second mapping |
template <class S>
concept dual_mapping_store = code_flushing_store<S> && requires(S& s, page_run r, std::byte*& written) {
  { s.map_twice(r, written) } noexcept -> std::same_as<outcome>;
  { s.discard_written(r) } noexcept -> std::same_as<int>;
  { s.unmap_written(r) } noexcept -> std::same_as<int>;
};

/// Pages that `protect` makes executable when they are written.
template <class S>
concept code_protecting_store = code_flushing_store<S> && executable_store<S>;

}  // namespace quire

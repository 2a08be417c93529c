// SPDX-License-Identifier: BSL-1.0
#pragma once
// A memory of any typedef behind a virtual interface, for the random sequences.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <quire/access.hpp>
#include <quire/error.hpp>

namespace quire::test::sequences {

/// The result of an operation.
struct outcome {
  std::optional<error> failure;
  std::uint64_t value = 0;  // bytes of the span, or the previous page count
};

/// A page count in units, or a byte count, as the members of an allocator take it.
using count = std::uint64_t;
using optional_count = std::optional<std::uint64_t>;

/// Properties that all memories of a typedef share.
struct traits {
  const char* name = "";
  std::size_t unit = 0;
  std::size_t usual_maximum = 0;  // bytes: the maximum that most operations request
  count default_limit = 0;        // in units
  count index_span = 0;           // bytes: upper limit of every maximum
  std::size_t collapses_to = 0;   // 0: the typedef has no collapse
  bool protects = false, discards = false, executes = false, images = false;
  bool tagged = false, takes_tags = false, retags = false;
  bool faults = false;                 // an access to inaccessible pages faults
  bool eager = false;                  // growth populates its pages
  bool gives_back = false;             // shrink and discard give memory back, as mincore(2) shows
  bool inherited = true;               // a child process has the pages after fork(2)
  bool stops_halfway = true;           // a failing call may stop between two pages
  bool clears_without_a_call = false;  // a part of the memory is cleared without a call
  bool locked = false;
  bool one_buffer_each = false;  // slots have buffers, which move together with the allocator
};

/// An allocator object, with the members of quire::page_allocator. Counts are in its unit.
class memory {
 public:
  virtual ~memory() = default;

  virtual outcome allocate(count initial, optional_count maximum) = 0;
  virtual outcome allocate_tagged(count initial, unsigned tag, optional_count maximum) = 0;
  virtual outcome allocate_from(unsigned image, std::size_t offset, count initial, optional_count maximum) = 0;
  virtual outcome grow(count current, count additional) = 0;
  virtual outcome grow(count additional) = 0;
  virtual outcome shrink(count current, count removed) = 0;
  virtual outcome shrink(count removed) = 0;
  virtual outcome discard(std::size_t offset, std::size_t bytes) = 0;
  virtual outcome protect(std::size_t offset, std::size_t bytes, access wanted) = 0;
  virtual outcome collapse(std::size_t offset, std::size_t bytes) = 0;
  virtual outcome reset(count initial) = 0;
  virtual outcome deallocate(std::byte* base, std::size_t size) = 0;
  virtual void move_from(memory& other) = 0;  // move assignment from a memory of the same typedef
  virtual void swap_with(memory& other) = 0;

  [[nodiscard]] virtual std::byte* data() const = 0;
  [[nodiscard]] virtual std::byte* address() const = 0;  // data() without the hardware tag
  [[nodiscard]] virtual std::size_t size() const = 0;
  [[nodiscard]] virtual count size_pages() const = 0;
  [[nodiscard]] virtual std::size_t capacity() const = 0;
  [[nodiscard]] virtual std::size_t reserved() const = 0;
  [[nodiscard]] virtual std::size_t granularity() const = 0;
  [[nodiscard]] virtual std::size_t commit_granule() const = 0;
  [[nodiscard]] virtual std::size_t image_granularity() const = 0;
  [[nodiscard]] virtual bool contains(const std::byte* p) const = 0;
  [[nodiscard]] virtual zone zone_of(const std::byte* p) const = 0;
  [[nodiscard]] virtual unsigned tag() const = 0;
  [[nodiscard]] virtual unsigned tag_at(const std::byte* p) const = 0;  // from the tag registry
  [[nodiscard]] virtual errc code_of(step at, int native) const = 0;
  [[nodiscard]] virtual bool is_broken() = 0;
};

/// The quota shared by the memories of one sequence.
struct budget {
  std::size_t charged = 0, maximum = 0;
};

/// A typedef and what a sequence over it needs: memories, images, a partition.
class memory_type {
 public:
  virtual ~memory_type() = default;
  [[nodiscard]] virtual const traits& properties() const = 0;
  [[nodiscard]] virtual const char* missing() const = 0;  // what this machine lacks, or null

  /// Makes the images that the sequence may start from. Returns false if the partition cannot be opened.
  virtual bool begin(const std::vector<std::vector<std::byte>>& images) = 0;
  /// Returns whether everything was given back.
  virtual bool end() = 0;
  /// Returns an allocator with this limit in units; `slot` selects its buffer, for typedefs that have buffers.
  [[nodiscard]] virtual std::unique_ptr<memory> make(unsigned slot, optional_count limit) = 0;
  /// Makes an image and releases it.
  virtual outcome make_image(const std::vector<std::byte>& contents) = 0;
  [[nodiscard]] virtual std::optional<budget> partition() const = 0;
};

}  // namespace quire::test::sequences

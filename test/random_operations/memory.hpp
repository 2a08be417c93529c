#pragma once
// One memory of any typedef, without its type: what random lives operate on.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <quire/access.hpp>
#include <quire/error.hpp>

namespace quire::test::sequences {

/// What an operation returned.
struct outcome {
  std::optional<error> failure;
  std::uint64_t value = 0;  // bytes of the span, or the previous number of pages
};

/// A range of pages counted in units, or of bytes; what the members of an allocator take.
using count = std::uint64_t;
using optional_count = std::optional<std::uint64_t>;

/// What is the same for all memories of a typedef.
struct traits {
  const char* name = "";
  std::size_t unit = 0;
  std::size_t usual_maximum = 0;  // bytes: the maximum that a life usually asks for
  count default_limit = 0;        // in units
  count index_span = 0;           // bytes: no maximum may be larger
  std::size_t collapses_to = 0;   // 0: there is no collapse
  bool protects = false, discards = false, executes = false, images = false;
  bool tagged = false, takes_tags = false, retags = false;
  bool faults = false;                 // what is inaccessible faults
  bool eager = false;                  // growth brings its pages in
  bool gives_back = false;             // shrink and discard give memory back, as mincore(2) can tell
  bool inherited = true;               // a child of fork(2) has the pages
  bool stops_halfway = true;           // a call may end between two pages
  bool clears_without_a_call = false;  // a part of it
  bool locked = false;
  bool one_buffer_each = false;  // slots have buffers, which go with the allocator that is moved
};

/// An allocator object. Members are those of quire::page_allocator; counts are in its unit.
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
  virtual void move_from(memory& other) = 0;  // of the same typedef; by move assignment
  virtual void swap_with(memory& other) = 0;

  [[nodiscard]] virtual std::byte* data() const = 0;
  [[nodiscard]] virtual std::byte* address() const = 0;  // data() without the tag of hardware
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
  [[nodiscard]] virtual unsigned tag_at(const std::byte* p) const = 0;  // as the keeper of tags has it
  [[nodiscard]] virtual errc code_of(step at, int native) const = 0;
  [[nodiscard]] virtual bool is_broken() = 0;
};

/// What memories of one life draw from.
struct budget {
  std::size_t charged = 0, maximum = 0;
};

/// A typedef, and what a life over it needs: memories, images, a partition.
class memory_type {
 public:
  virtual ~memory_type() = default;
  [[nodiscard]] virtual const traits& properties() const = 0;
  [[nodiscard]] virtual const char* missing() const = 0;  // what this machine lacks, or null

  /// Contents of the images that the life may start from. A false: the partition could not be opened.
  virtual bool begin(const std::vector<std::vector<std::byte>>& images) = 0;
  /// Whether everything could be given back.
  virtual bool end() = 0;
  /// An allocator that is limited to so many units; `slot` tells which buffer it gets, where typedefs have buffers.
  [[nodiscard]] virtual std::unique_ptr<memory> make(unsigned slot, optional_count limit) = 0;
  /// Makes an image and gives it back.
  virtual outcome make_image(const std::vector<std::byte>& contents) = 0;
  [[nodiscard]] virtual std::optional<budget> partition() const = 0;
};

}  // namespace quire::test::sequences

// SPDX-License-Identifier: BSL-1.0
#pragma once
// QNX's typed memory: named pools of physical memory, set aside by the startup program of the machine. Committed pages
// come from such a pool and from nowhere else, so that no other program can exhaust them.
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include <quire/backing/qnx_mmap.hpp>
#include <quire/explanation.hpp>
#include <quire/result.hpp>

namespace quire::backing {

/// Whether each mapping of a pool is one run of physical memory.
enum class typed_run : unsigned char { scattered, contiguous };

/// A pool, opened by its name: "/ram/video" is that pool, "video" any pool whose name ends so. Must outlive the
/// memories that draw from it. `sysram` is all ordinary memory, and so guarantees nothing.
template <class Calls = calls::qnx>
class qnx_typed_pool {
 public:
  /// posix_typed_mem_open. Errors: errc::not_permitted without the ability PROCMGR_AID_MEM_PHYS over all of the pool,
  /// errc::invalid_argument if there is no such pool.
  [[nodiscard]] static result<qnx_typed_pool> open(const char* name, typed_run run = typed_run::scattered) noexcept {
    const int got =
        Calls::open_typed_memory(name, run == typed_run::contiguous ? Calls::typed_contiguous : Calls::typed_scattered);
    if (got < 0)
      return failure(-got == Calls::no_entry ? errc::invalid_argument : qnx_mmap<Calls>::code_of(step::plan, -got),
                     step::plan, -got);
    return qnx_typed_pool{got};
  }
  qnx_typed_pool(qnx_typed_pool&& other) noexcept : object_(std::exchange(other.object_, none)) {}
  qnx_typed_pool& operator=(qnx_typed_pool&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~qnx_typed_pool() {
    if (object_ != none) Calls::close(object_);
  }

  /// posix_typed_mem_get_info: bytes that can still be allocated. Errors: the system's, at `plan`.
  [[nodiscard]] result<std::size_t> room() const noexcept {
    std::size_t bytes = 0;
    if (const int n = Calls::room_in_typed_memory(object_, bytes))
      return failure(qnx_mmap<Calls>::code_of(step::plan, n), step::plan, n);
    return bytes;
  }
  /// The pool's file descriptor.
  [[nodiscard]] int object() const noexcept { return object_; }

 private:
  static constexpr int none = -1;
  explicit qnx_typed_pool(int object) noexcept : object_(object) {}
  int object_;
};

/// Passed to the allocator's constructor, with the pool that it draws from. Reserved pages take nothing from the pool.
/// Requires the ability PROCMGR_AID_MAP_FIXED, like qnx_mmap.
template <class Calls = calls::qnx>
struct qnx_typed_memory : qnx_mmap<Calls> {
  /// What it draws from.
  using pool = qnx_typed_pool<Calls>;

  static constexpr store_traits traits = [] {
    store_traits f = qnx_mmap<Calls>::traits;
    f.commit_remaps = true;
    return f;
  }();

  void make_object() = delete;  // its memory belongs to a pool

  template <class Pool = pool>
  constexpr qnx_typed_memory() noexcept {
    static_assert(sizeof(Pool) == 0, "quire: backing::qnx_typed_memory is given the pool that it draws from");
  }
  /// Draws from this pool, which outlives the allocator.
  constexpr explicit qnx_typed_memory(const pool& from) noexcept : from_(&from) {}
  [[nodiscard]] static constexpr qnx_typed_memory vacant() noexcept { return qnx_typed_memory(nullptr); }

  /// mmap(MAP_FIXED) of the pool, which does not guarantee zeroes: pages are cleared, at the cost of touching them.
  BOOST_FORCEINLINE int commit(page_run r, const attributes&) const noexcept {
    const auto got = Calls::mmap_object(r.base, r.bytes, Calls::prot_read | Calls::prot_write,
                                        Calls::map_object_shared | Calls::map_fixed, from_->object(), 0);
    if (got.error == 0) std::memset(r.base, 0, r.bytes);
    return got.error;
  }

  /// For quire::explain: the pool, if it has no room for `wanted` bytes.
  [[nodiscard]] explanation explain_exhausted(step at, std::uint64_t wanted) const noexcept {
    if (at != step::commit) return {};
    const auto room = from_->room();
    return room && *room < wanted
               ? explanation{limit_kind::configured, "what is left of the pool of typed memory", 0, *room}
               : explanation{};
  }

 private:
  constexpr explicit qnx_typed_memory(std::nullptr_t) noexcept {}
  const pool* from_ = nullptr;
};

}  // namespace quire::backing

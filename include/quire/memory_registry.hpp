// SPDX-License-Identifier: BSL-1.0
#pragma once
// Finds the memory to which an address belongs, among many: for fault handlers of programs with more memories than one
// call of classify_fault can name.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/access.hpp>
#include <quire/detail/members/access.hpp>
#include <quire/detail/region_words.hpp>
#include <quire/error.hpp>
#include <quire/policy/geometry.hpp>
#include <quire/result.hpp>

namespace quire {

/// The allocator object whose memory contains an address, guards included; what the program entered with it; and where
/// in the memory the address lies.
struct found_memory {
  const void* memory;
  void* owner;
  zone where;

  friend constexpr bool operator==(const found_memory&, const found_memory&) = default;
};

/// At most `Capacity` memories, of any typedefs. Any thread may call any member at any time; `find` and `zone_of` are
/// async-signal-safe, take no lock and make no system call. An entered object is neither moved nor destroyed, and its
/// region stays, until `leave`. It may grow, shrink, protect and reset, but not in one thread while another looks up an
/// address of that very memory, because `find` then asks the object. With static storage a registry is
/// constant-initialised.
template <std::size_t Capacity>
class memory_registry {
 public:
  constexpr memory_registry() noexcept = default;
  memory_registry(const memory_registry&) = delete;
  memory_registry& operator=(const memory_registry&) = delete;

  /// `owner` is the program's, and only returned. Errors: `not_allocated` (the object has no region),
  /// `invalid_argument` (it is entered already), `limit_exceeded` (the registry is full). Cost: one comparison for each
  /// entry that was ever in use.
  template <class A>
  result<void> enter(const A& memory, void* owner = nullptr) noexcept {
    const auto& region = detail::member_access::region(memory);
    if (region.state() != detail::region_state::owned) return failure(region.refusal(), step::plan);
    if (entry_of(&memory) != nullptr) return failure(errc::invalid_argument, step::plan);
    const layout l = region.placed();
    for (std::size_t i = 0; i < Capacity; ++i) {
      const void* unused = nullptr;
      if (!entries_[i].memory.compare_exchange_strong(unused, &memory)) continue;
      entries_[i].zone_of = [](const void* object, const void* p) noexcept {
        return static_cast<const A*>(object)->zone_of(p);
      };
      entries_[i].owner = owner;
      entries_[i].begin = address_of(region.address()) - l.before;
      entries_[i].bytes = l.total();
      ++entries_[i].changes;
      std::size_t used = used_;
      while (used < i + 1 && !used_.compare_exchange_weak(used, i + 1)) continue;
      return {};
    }
    return failure(errc::limit_exceeded, step::plan);
  }
  /// Without effect if the object is not entered. Call it before deallocate: the system may give the addresses to
  /// another memory at once.
  template <class A>
  void leave(const A& memory) noexcept {
    if (entry* const found = entry_of(&memory)) {
      ++found->changes;
      found->memory = nullptr;
    }
  }

  /// The memory that an address belongs to. Cost: three loads for each entry that was ever in use. Signals: a handler
  /// may call it.
  [[nodiscard]] std::optional<found_memory> find(const void* p) const noexcept {
    for (std::size_t i = 0, used = used_; i < used; ++i) {
      const entry& each = entries_[i];
      const std::uint32_t changes = each.changes;
      if (!is_in_use(changes) || address_of(p) - each.begin >= each.bytes) continue;
      const void* const memory = each.memory;
      void* const owner = each.owner;
      const auto zone_in = each.zone_of.load();
      if (each.changes != changes) continue;  // another thread has replaced the entry meanwhile
      if (const zone where = zone_in(memory, p); where != zone::outside) return found_memory{memory, owner, where};
    }
    return std::nullopt;
  }
  /// As page_allocator's; `outside` if the address belongs to no memory. With it a registry can be given to
  /// classify_fault. Signals: a handler may call it.
  [[nodiscard]] zone zone_of(const void* p) const noexcept {
    const std::optional<found_memory> found = find(p);
    return found ? found->where : zone::outside;
  }

 private:
  struct entry {
    std::atomic<const void*> memory{nullptr};
    std::atomic<void*> owner{nullptr};
    std::atomic<zone (*)(const void*, const void*) noexcept> zone_of{nullptr};
    std::atomic<std::uintptr_t> begin{0};
    std::atomic<std::size_t> bytes{0};
    std::atomic<std::uint32_t> changes{0};  // odd while the entry is complete
  };

  static constexpr bool is_in_use(std::uint32_t changes) noexcept { return changes % 2 != 0; }

  static std::uintptr_t address_of(const void* p) noexcept { return reinterpret_cast<std::uintptr_t>(p); }
  [[nodiscard]] entry* entry_of(const void* memory) noexcept {
    for (std::size_t i = 0, used = used_; i < used; ++i)
      if (entries_[i].memory == memory) return &entries_[i];
    return nullptr;
  }

  std::array<entry, Capacity> entries_{};
  std::atomic<std::size_t> used_{0};
};

}  // namespace quire

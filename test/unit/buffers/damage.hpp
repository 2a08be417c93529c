// SPDX-License-Identifier: BSL-1.0
#pragma once
// Deliberate damage to memory. Each result names the call by which a level of verification finds it, or is "–".
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "conformance/common.hpp"
#include "unit/buffers/storages.hpp"

namespace quire::test {

/// Memory cells, one of them defective in the selected way.
struct failing_cells : backing::static_buffer<> {
  using static_buffer::static_buffer;

  enum class defect : unsigned char { none, sticks, is_two, disturbs, disturbs_two };
  static inline defect kind = defect::none;
  static inline std::uintptr_t* cell = nullptr;
  static inline std::uintptr_t bit = 0x400;

  static std::uintptr_t read_cell(std::uintptr_t* p) noexcept {
    return kind == defect::sticks && p == cell ? *real(p) | bit : *real(p);
  }
  static void write_cell(std::uintptr_t* p, std::uintptr_t value) noexcept {
    *real(p) = value;
    if (kind == defect::disturbs && p == cell) p[-3] ^= bit;
    if (kind == defect::disturbs_two && p == cell) p[1] ^= bit, p[2] ^= bit;
  }

 private:
  static std::uintptr_t* real(std::uintptr_t* p) noexcept { return kind == defect::is_two && p == cell ? p - 2 : p; }
};

/// A store that returns memory other than the buffer that it reports.
struct misplaced_buffer : backing::static_buffer<> {
  using static_buffer::static_buffer;
  reservation reserve(std::size_t bytes, std::size_t alignment, const attributes& requested) const noexcept {
    reservation got = static_buffer::reserve(bytes, alignment, requested);
    if (got.native == 0) got.base += alignment;
    return got;
  }
};

/// One memory that is damaged during its scenario. `A` is a typedef over a verified buffer.
template <verification Level, class Store = given_buffer>
class damage_scenario {
  using A = over_buffer<backing::verified<Store, Level>>;
  using storage = static_storage<256_KiB, Level>;
  struct surroundings {
    alignas(std::max_align_t) std::byte before[64];
    storage buffer;
    std::byte behind[64];
  };
  struct call {
    std::string name;
    int native = 0;
  };

 public:
  static std::string of_an_unclaimable_buffer() {
    damage_scenario scenario;
    A a{Store{std::span<std::byte>{scenario.all_->buffer.span()}}};
    return scenario.found("allocate", a.allocate(pages{1})) ? scenario.says() : "–";
  }
  static std::string of_a_wrong_place() {
    damage_scenario scenario;
    A a = scenario.made();
    return scenario.found("allocate", a.allocate(pages{1}, pages{3})) ? scenario.says() : "–";
  }
  static std::string of_a_defect(failing_cells::defect kind) {
    damage_scenario scenario;
    failing_cells::cell = reinterpret_cast<std::uintptr_t*>(scenario.all_->buffer.data()) + 1000;
    failing_cells::kind = kind;
    A a = scenario.made();
    const bool found = scenario.found("allocate", a.allocate(pages{1}, pages{3}));
    failing_cells::kind = failing_cells::defect::none;
    return found ? scenario.says() : "–";
  }
  /// Calls `spoil(a, record)` after allocate; `record` is the bookkeeping at the edge of the buffer, null at levels
  /// without it. Then the memory grows and is deallocated.
  template <class F>
  static std::string after(F spoil) {
    damage_scenario scenario;
    A a = scenario.made();
    if (!a.allocate(pages{1}, pages{3})) return "does not even allocate";
    spoil(a, Level >= verification::standard ? reinterpret_cast<std::size_t*>(scenario.all_->buffer.data()) : nullptr);
    if (scenario.found("grow", a.grow(pages{1}))) return scenario.says();
    if (scenario.found("deallocate", a.deallocate(a.data(), a.size()))) return scenario.says();
    return "–";
  }

 private:
  A made() { return A{Store{all_->buffer}}; }
  template <class T>
  bool found(const char* by, const result<T>& got) {
    if (got || (got.error().code != errc::damaged && got.error().native < static_cast<int>(damage::unclaimable)))
      return false;
    found_ = {by, got.error().native};
    return true;
  }
  std::string says() const {
    constexpr const char* what[] = {"unclaimable", "geometry", "canary_before", "canary_after",
                                    "bounds",      "memory",   "checksum",      "copies"};
    const int first = static_cast<int>(damage::unclaimable);
    return found_.name + ": " + (found_.native < first ? "words of the object" : what[found_.native - first]);
  }

  std::unique_ptr<surroundings> all_ = std::make_unique<surroundings>();
  call found_;
};

/// Changes the word of an object that holds `value`, as a stray write or a bit flip by radiation does.
template <class A>
void change_word_of(A& a, std::uintptr_t value, std::uintptr_t into) {
  for (std::size_t at = 0; at + sizeof value <= sizeof a; at += sizeof value) {
    std::byte* const word = reinterpret_cast<std::byte*>(&a) + at;
    if (std::memcmp(word, &value, sizeof value) != 0) continue;
    std::memcpy(word, &into, sizeof into);
    return;
  }
}

}  // namespace quire::test

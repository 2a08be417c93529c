// SPDX-License-Identifier: BSL-1.0
#pragma once
// memkind, loaded when a question needs it.
#include <cstddef>
#include <string>

#include "../loaded_library.hpp"
#include "../peer_failure.hpp"

namespace bench {

struct memkind_library {
  loaded_library from{"libmemkind.so.0"};

  int (*version_number)() = from["memkind_get_version"];
  int (*check)(void* kind) = from["memkind_check_available"];  // 0: the machine has what the kind needs
  void* (*allocate)(void* kind, std::size_t bytes) = from["memkind_malloc"];
  void (*release)(void* kind, void* memory) = from["memkind_free"];
  void** huge_kind = variable("MEMKIND_HUGETLB");
  void** default_kind = variable("MEMKIND_DEFAULT");

  [[nodiscard]] std::string version() const {
    const int number = version_number();
    return std::to_string(number / 1'000'000) + "." + std::to_string(number / 1000 % 1000) + "." +
           std::to_string(number % 1000);
  }
  /// Whether a block of so many bytes can be had in huge pages of the system's pool.
  [[nodiscard]] bool has_huge_pages(std::size_t bytes) const {
    if (check(*huge_kind) != 0) return false;
    void* const block = allocate(*huge_kind, bytes);
    if (block != nullptr) release(*huge_kind, block);
    return block != nullptr;
  }

 private:
  void** variable(const char* name) { return static_cast<void**>(from[name].address); }
};

}  // namespace bench

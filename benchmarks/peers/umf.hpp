// SPDX-License-Identifier: BSL-1.0
#pragma once
// The Unified Memory Framework's provider of the system's memory. It is fetched and loaded when a question needs it.
#include <cstddef>
#include <expected>
#include <string>

#include "../loaded_library.hpp"
#include "../peer_failure.hpp"
#include "../report.hpp"

namespace bench {

struct umf_library {
  loaded_library from;
  std::string version;

  // Results are numbers, 0 after success; the rest are pointers to what only the library knows.
  int (*terms_new)(void** terms) = from["umfOsMemoryProviderParamsCreate"];
  int (*terms_delete)(void* terms) = from["umfOsMemoryProviderParamsDestroy"];
  int (*set_nodes)(void* terms, unsigned* nodes, unsigned count) = from["umfOsMemoryProviderParamsSetNumaList"];
  int (*set_mode)(void* terms, int mode) = from["umfOsMemoryProviderParamsSetNumaMode"];
  const void* (*operations)() = from["umfOsMemoryProviderOps"];
  int (*provider_new)(const void* operations, void* terms, void** provider) = from["umfMemoryProviderCreate"];
  int (*provider_delete)(void* provider) = from["umfMemoryProviderDestroy"];
  int (*allocate)(void* provider, std::size_t bytes, std::size_t alignment,
                  void** got) = from["umfMemoryProviderAlloc"];
  int (*release)(void* provider, void* memory, std::size_t bytes) = from["umfMemoryProviderFree"];
};

/// The library, or why it cannot be had.
[[nodiscard]] const std::expected<umf_library, std::string>& obtain_umf();

/// The same, as a peer in this configuration; null if it cannot be had: then it is left out, with the reason.
[[nodiscard]] const umf_library* umf_as_peer(report& r, const std::string& configuration);

class umf_provider {
 public:
  /// With a node: bound to it.
  explicit umf_provider(const umf_library& library, const unsigned* node = nullptr) : library_(library) {
    void* terms = nullptr;
    expect(library.terms_new(&terms), "its terms");
    if (node != nullptr) {
      unsigned nodes[] = {*node};
      constexpr int bind = 1;
      expect(library.set_nodes(terms, nodes, 1), "its nodes");
      expect(library.set_mode(terms, bind), "its mode");
    }
    expect(library.provider_new(library.operations(), terms, &provider_), "its provider");
    library.terms_delete(terms);
  }
  umf_provider(const umf_provider&) = delete;
  umf_provider& operator=(const umf_provider&) = delete;
  ~umf_provider() { library_.provider_delete(provider_); }

  std::byte* allocate(std::size_t bytes, std::size_t alignment) const {
    void* got = nullptr;
    expect(library_.allocate(provider_, bytes, alignment, &got), "umfMemoryProviderAlloc");
    return static_cast<std::byte*>(got);
  }
  void release(std::byte* memory, std::size_t bytes) const {
    expect(library_.release(provider_, memory, bytes), "umfMemoryProviderFree");
  }

 private:
  static void expect(int result, const char* what) {
    if (result != 0) throw peer_failure("UMF", std::string(what) + " fails: result " + std::to_string(result));
  }

  const umf_library& library_;
  void* provider_ = nullptr;
};

}  // namespace bench

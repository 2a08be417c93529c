// SPDX-License-Identifier: BSL-1.0
// Uses a shared library that includes Quire as this program does: objects that one of them makes work in the other.
//
// usage: program shared|separate [LIBRARY]    loads LIBRARY if it is named; otherwise it is linked with it.
// In "separate" they share no symbols, and only values are compared.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "library.hpp"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::exit(1);
}

constexpr quire::error stale{quire::errc::size_mismatch, quire::step::plan, 0};
constexpr quire::error broken{quire::errc::broken, quire::step::reset, 12};
constexpr quire::error unknown{quire::errc::system, quire::step::reserve, 5};

void compare_by_value(const library& other) {
  const std::error_code code = other.code_of(broken);
  require(code == quire::errc::broken && quire::errc::broken == code, "an error_code equals the errc it was made of");
  require(code != quire::errc::damaged, "an error_code differs from another errc");
  require(code == broken && code != stale, "an error_code equals the error it was made of, and no other");
  require(other.code_of(unknown) == unknown, "an error_code with the system's code equals the error it was made of");
  require(other.code_of(stale) == std::errc::invalid_argument, "an error_code equals the generic condition");
  const std::error_condition condition = std::error_code(quire::errc::broken).default_error_condition();
  require(code == condition && code.default_error_condition().value() == condition.value(),
          "an error_code of the library equals the condition of the program");
  require(std::error_code(broken) == other.condition_of(quire::errc::broken),
          "an error_code of the program equals the condition of the library");
  require(std::error_code(broken) != other.condition_of(quire::errc::damaged),
          "an error_code of the program differs from another condition of the library");
}

void compare_by_address(const library& other) {
  const std::error_code code = other.code_of(broken);
  require(code.category() == quire::error_category(), "there is one error category");
  require(code == std::error_code(broken), "two error_codes of one error are equal");
  require(code.default_error_condition() == std::error_code(broken).default_error_condition(),
          "two conditions of one error are equal");
}

void catch_errors(const library& other) {
  try {
    other.throw_error(broken);
  } catch (const quire::error& caught) {
    require(caught == broken, "an error is caught as it was thrown");
  } catch (...) {
    require(false, "an error that the library throws is caught by its type");
  }
  try {
    other.throw_bad_access(stale);
  } catch (const std::bad_expected_access<quire::error>& caught) {
    require(caught.error() == stale, "a bad_expected_access is caught as it was thrown");
  } catch (...) {
    require(false, "a bad_expected_access that the library throws is caught by its type");
  }
}

/// If the tag registry gives a wrong answer, the process ends with a message.
void follow_tags(const library& other) {
  checked_memory memory{quire::limits{quire::pages{4}}};
  require(other.allocate_tagged(memory, 5), "the library allocates");
  require(memory.tag() == 5, "the program knows the tag that the library gave");
  *memory.tagged_data() = std::byte{42};
  require(memory.grow(quire::pages{1}).has_value() && other.read_through(memory) == 42, "the library reads through it");
}

void find_memories_of_engines([[maybe_unused]] const library& other) {
#if __has_include(<wasm-rt.h>)
  wasm_rt_memory_t memory{};
  other.allocate_for_engine(memory);
  require(engine_memory::find(&memory) != nullptr, "the program finds the allocator of a memory of the library");
  engine_memory::free(&memory);
#endif
}

const library* load(const char* path) {
  void* const handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) std::fprintf(stderr, "%s\n", dlerror());
  require(handle != nullptr, "the library loads");
  return reinterpret_cast<decltype(&quire_library)>(dlsym(handle, "quire_library"))();
}

}  // namespace

int main(int argc, char** argv) {
  require(argc >= 2, "an argument says whether symbols are shared");
#if defined(LINKED)
  const library* const other = quire_library();
#else
  require(argc == 3, "the path of a library is the second argument");
  const library* const other = load(argv[2]);
#endif
  compare_by_value(*other);
  if (std::string_view(argv[1]) == "shared") {
    compare_by_address(*other);
    catch_errors(*other);
    follow_tags(*other);
    find_memories_of_engines(*other);
  }
  std::puts("the program and the library understand each other");
  return 0;
}

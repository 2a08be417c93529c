// SPDX-License-Identifier: BSL-1.0
// expect: use of deleted function|call to (implicitly-)?deleted (copy )?constructor
#include <utility>

#include <quire/shared_memory.hpp>

quire::shared_memory<> take(quire::shared_memory<>& from) {
#ifdef CONTROL
  return std::move(from);
#else
  return from;
#endif
}

// SPDX-License-Identifier: BSL-1.0
// A memory with a tag, and pointers that carry it or not. If the hardware checks tags, every access is checked;
// otherwise the library checks when a tagged pointer is dereferenced.
#include <cstdio>
#include <sys/wait.h>
#include <unistd.h>

#include <quire/mte_thread_scope.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/quire.hpp>
#include <quire/tagging/checked.hpp>
#include <quire/tagging/mte.hpp>

namespace {

/// Whether f ends a child process.
template <class F>
bool is_deadly(F f) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    f();
    ::_exit(0);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

template <quire::tagged_page_allocator A>
int use_memory(const char* who_checks) {
  A memory;
  constexpr unsigned tag = 0x5, wrong_tag = 0x7;
  const auto got = memory.allocate_tagged(quire::pages{10}, tag);
  if (!got) return std::puts(got.error().message()), 1;

  const auto pointer = got->begin.with_tag(tag);  // the tag that it has already
  const auto bad_pointer = got->begin.with_tag(wrong_tag);
  *pointer = std::byte{42};  // works fine
  const bool right_works = !is_deadly([pointer] { *pointer = std::byte{43}; });
  const bool wrong_ends = is_deadly([bad_pointer] { *bad_pointer = std::byte{44}; });
  std::printf("checked by %s: tag %u %s, tag %u %s\n", who_checks, tag, right_works ? "works" : "fails", wrong_tag,
              wrong_ends ? "ends the process" : "goes unnoticed");
  return right_works && wrong_ends && *pointer == std::byte{42} ? 0 : 1;
}

// A template, so that hardware tags are compiled only for stores that support them.
template <class A>
int run() {
  if constexpr (quire::tagging_store<typename A::backing_type>)
    if (const quire::tagging::mte_thread_scope checking; checking)  // covers this thread and its child processes
      return use_memory<typename A::template with_tagging<quire::tagging::mte<>>>("hardware");
  return use_memory<typename A::template with_tagging<quire::tagging::checked<>>>("the library");
}

}  // namespace

int main() { return run<quire::linux_allocator>(); }

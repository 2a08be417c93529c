#pragma once
// Runs something in a child process that may trap, abort or die, and tells how it ended.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

namespace quire::test {

struct ending {
  int status = -1;   // what the body returned; -1 when it did not
  int signal = 0;    // what ended the child; 0 when nothing did
  std::string said;  // on stderr
};

/// `body` returns 0 to 255. The child leaves without running destructors or the test framework's ends.
template <class Body>
ending in_child(Body body) {
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) return {};
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int fatal : {SIGABRT, SIGBUS, SIGSEGV}) std::signal(fatal, SIG_DFL);  // the framework has its own
    ::dup2(pipe_ends[1], STDERR_FILENO);
    ::_exit(body());
  }
  ::close(pipe_ends[1]);
  ending end;
  char part[512];
  for (ssize_t n = 0; (n = ::read(pipe_ends[0], part, sizeof part)) > 0;)
    end.said.append(part, static_cast<std::size_t>(n));
  ::close(pipe_ends[0]);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return end;
  if (WIFEXITED(status)) end.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

}  // namespace quire::test

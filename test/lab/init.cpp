// SPDX-License-Identifier: BSL-1.0
// The first program of a guest: carries out a script line by line, and switches the machine off. Its reports to the
// runner begin with "lab: ". It is linked statically and is all that the guest has, so it needs no shell and no
// library. Outside a guest it only reports the machine.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

using words = std::vector<std::string>;

double seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

bool did(bool well, const std::string& what) {
  if (!well) std::printf("lab: failed: %s: %s\n", what.c_str(), std::strerror(errno));
  return well;
}

bool mkdir_all(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
    ::mkdir(path.substr(0, slash).c_str(), 0755);
  return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST;
}

/// mount TYPE FOLDER [OPTIONS]
bool mount_one(const words& w) {
  return mkdir_all(w.at(2)) &&
         ::mount(w.at(1).c_str(), w.at(2).c_str(), w.at(1).c_str(), 0, w.size() > 3 ? w[3].c_str() : nullptr) == 0;
}

/// write FILE WORD...
bool write_file(const words& w) {
  std::string text = w.at(2);
  for (std::size_t i = 3; i < w.size(); ++i) text += ' ' + w[i];
  const int file = ::open(w.at(1).c_str(), O_WRONLY | O_CLOEXEC);
  const bool well = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int why = errno;
  if (file >= 0) ::close(file);
  errno = why;
  return well;
}

/// show FILE
bool show(const words& w) {
  std::ifstream file(w.at(1));
  std::stringstream text;
  text << file.rdbuf();
  std::printf("lab: %s: %s\n", w[1].c_str(), text.str().c_str());
  return file.good();
}

/// module FILE [PARAMETERS]
bool load_module(const words& w) {
  const int file = ::open(w.at(1).c_str(), O_RDONLY | O_CLOEXEC);
  return file >= 0 && ::syscall(SYS_finit_module, file, w.size() > 2 ? w[2].c_str() : "", 0) == 0;
}

/// run NAME WORD...; the words are a program and its arguments, preceded by "inside FOLDER" to run it in a cgroup
bool run(const words& w) {
  std::printf("lab: begin %s\n", w.at(1).c_str());
  const double begin = seconds();
  const pid_t child = ::fork();
  if (child < 0) return false;
  if (child == 0) {
    std::size_t first = 2;
    if (w.at(2) == "inside") {
      if (!did(write_file({"write", w.at(3) + "/cgroup.procs", "0"}), "inside " + w[3])) ::_exit(126);
      first = 4;
    }
    std::vector<char*> argv;
    for (std::size_t i = first; i < w.size(); ++i) argv.push_back(const_cast<char*>(w[i].c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    did(false, argv[0]);
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  std::printf("\nlab: end %s %s %d after %.1f s\n", w[1].c_str(), WIFEXITED(status) ? "exit" : "signal",
              WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), seconds() - begin);
  return true;
}

const std::map<std::string, bool (*)(const words&)> commands = {
    {"mkdir", [](const words& w) { return mkdir_all(w.at(1)); }},
    {"mount", mount_one},
    {"write", write_file},
    {"show", show},
    {"module", load_module},
    {"swapon", [](const words& w) { return ::swapon(w.at(1).c_str(), 0) == 0; }},
    {"run", run},
};

void obey(const std::string& line) {
  std::istringstream in(line);
  words w;
  for (std::string word; in >> word;) w.push_back(word);
  if (w.empty()) return;
  const auto found = commands.find(w[0]);
  errno = 0;
  did(found != commands.end() && found->second(w), line);
}

/// The kernel opens the console for the first program if the archive holds one. Later kernel messages must not appear
/// in it.
void start() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  obey("mount proc /proc");
  obey("mount sysfs /sys");
  obey("mount devtmpfs /dev");
  obey("mount tmpfs /tmp");
  ::setenv("PATH", "/bin", 1);
  ::setenv("QUIRE_LAB_GUEST", "1", 1);
  ::setenv("QUIRE_TAP", "1", 1);
  ::setenv("QUIRE_RUNS", "4", 1);  // fewer repetitions than by default, as an emulated processor is slow
}

void tell_of_machine(double started_in) {
  utsname about{};
  ::uname(&about);
  std::printf("lab: up %s %s page %ld after %.1f s\n", about.release, about.machine, ::sysconf(_SC_PAGESIZE),
              started_in);
}

}  // namespace

int main() {
  if (::getpid() != 1) return tell_of_machine(0), 0;
  start();
  tell_of_machine(seconds());
  std::ifstream script("/script");
  for (std::string line; std::getline(script, line);) obey(line);
  std::puts("lab: done");
  ::sync();
  ::reboot(RB_POWER_OFF);
  for (;;) ::pause();
}

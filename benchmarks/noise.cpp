// SPDX-License-Identifier: BSL-1.0
#include "noise.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "text_file.hpp"

namespace bench {
namespace {

double stolen_seconds() {
  std::istringstream fields(value_of("/proc/stat", "cpu "));
  double user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, soft_irq = 0, stolen = 0;
  fields >> user >> nice >> system >> idle >> waiting >> irq >> soft_irq >> stolen;
  return stolen / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::string sentence(const char* format, double figure) {
  char text[160];
  (void)std::snprintf(text, sizeof text, format, figure);
  return text;
}

}  // namespace

noise_watch::counters noise_watch::read() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  double load = 0;
  if (getloadavg(&load, 1) != 1) load = 0;
  const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
  return {now.count(), stolen_seconds(), usage.ru_nivcsw, load};
}

noise_watch::noise_watch() : at_start_(read()) {}

std::vector<std::string> noise_watch::complaints() const {
  const counters now = read();
  const double seconds = now.seconds - at_start_.seconds;
  const double stolen = (now.stolen - at_start_.stolen) / seconds;
  const double preemptions = static_cast<double>(now.preempted - at_start_.preempted) / seconds;
  std::vector<std::string> found;
  if (at_start_.load > 0.5)
    found.push_back(sentence("Other programs were running when this began: load %.2f.", at_start_.load));
  if (stolen > 0.01) found.push_back(sentence("The hypervisor took %.1f %% of a CPU away.", stolen * 100));
  if (preemptions > 10)
    found.push_back(sentence("Other processes interrupted the run on its CPU %.0f times a second.", preemptions));
  const std::string governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance");
  if (governor != "performance") found.push_back("The CPU changes its frequency: governor " + governor + ".");
#if defined(__x86_64__)
  const std::string flags = value_of("/proc/cpuinfo", "flags");
  if (flags.find("constant_tsc") == std::string::npos) found.push_back("The time-stamp counter is not constant.");
#endif
  return found;
}

}  // namespace bench

// SPDX-License-Identifier: BSL-1.0
// What does this machine offer to memory, what stands in the way, and can it do what I need?
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>
#include <quire/detect.hpp>

#include "findings.hpp"
#include "needs.hpp"
#include "options.hpp"
#include "report.hpp"

namespace {

constexpr int bad_options = 2, not_told = 3, not_written = 4;

/// Returns the exit status of a run: a failure to write the output outranks everything else.
int written(int status) {
  if (std::cout.flush()) return status;
  std::cerr << "quire-doctor: the output cannot be written\n";
  return not_written;
}

doctor::colours colours_of_terminal() {
  const char* const unwanted = std::getenv("NO_COLOR");
  const bool wanted = ::isatty(STDOUT_FILENO) != 0 && (unwanted == nullptr || *unwanted == '\0');
  return wanted ? doctor::colours::ansi : doctor::colours::none;
}

int examine(const doctor::options& asked) {
  // Counting mappings and trying huge pages takes a few milliseconds more, which do not matter here.
  const auto caps = quire::detect({.count_mappings = true, .try_huge_pages = true});
  if (!caps) {
    std::cerr << "quire-doctor: " << caps.error().message() << '\n';
    return not_told;
  }
  std::optional<std::uint64_t> places;
  if (asked.need.reservation) places = quire::room_for_reservations(*asked.need.reservation).optional();
  doctor::report report{*caps, doctor::findings_in(*caps), {}};
  if (asked.need.is_stated()) report.demands = doctor::judge(asked.need, *caps, places);
  if (asked.as_json)
    doctor::print_as_json(std::cout, report);
  else
    doctor::print_for_people(std::cout, report, colours_of_terminal(), asked.with_sources);
  return written(doctor::status_of(report.demands));
}

}  // namespace

int main(int count, char** arguments) {
  std::string wrong;
  const auto asked = doctor::read_options({arguments + 1, arguments + count}, wrong);
  if (!asked) {
    std::cerr << "quire-doctor: " << wrong << "\n\n" << doctor::usage();
    return bad_options;
  }
  if (asked->wants_help) {
    std::cout << doctor::usage();
    return written(0);
  }
  return examine(*asked);
}

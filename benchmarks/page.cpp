// SPDX-License-Identifier: BSL-1.0
#include "page.hpp"

#include <cstdio>
#include <cstdlib>

#include "memories.hpp"
#include "settings.hpp"

namespace bench {
namespace {

/// As one word of a shell.
std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + '\'';
}

std::string option(const char* name, const std::string& value) {
  return std::string(" ") + name + ' ' + shell_word(value);
}

}  // namespace

bool can_compare(const json& begin, const std::string& earlier) {
  std::fflush(stdout);
  std::FILE* const script = popen((settings::make_page + option("--can-compare", earlier)).c_str(), "w");
  if (script == nullptr) stop("report.py");
  std::fputs(begin.text().c_str(), script);
  return pclose(script) == 0;
}

bool make_page(const std::string& results, const std::string& earlier) {
  std::fflush(stdout);
  std::string command = settings::make_page + option("--results", results);
  if (!earlier.empty()) command += option("--compare", earlier);
  return std::system(command.c_str()) == 0;
}

}  // namespace bench

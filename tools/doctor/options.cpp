// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <quire/system/feature.hpp>

namespace doctor {
namespace {

bool is_feature(std::string_view wanted) {
  return std::any_of(quire::detected_features.begin(), quire::detected_features.end(),
                     [wanted](quire::memory_feature each) { return name(each) == wanted; });
}

std::string all_features() {
  std::string names;
  for (const quire::memory_feature each : quire::detected_features)
    (names += names.size() - (names.rfind('\n') + 1) > 60 ? "\n                      " : " ") += name(each);
  return names;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  return wrong == std::errc() && end == text.data() + text.size() && number != 0 ? std::optional(number) : std::nullopt;
}

/// The size of a huge page: a power of two, possible on some machine that Linux runs on.
std::optional<std::uint64_t> page_size_in(std::string_view text) {
  constexpr std::uint64_t least = std::uint64_t{64} << 10, most = std::uint64_t{64} << 30;
  const auto bytes = size_in(text);
  return bytes && std::has_single_bit(*bytes) && *bytes >= least && *bytes <= most ? bytes : std::nullopt;
}

/// Takes the value of one option; returns false if it is invalid.
bool take(options& all, const std::string& option, const std::string& value) {
  const auto into = [](std::optional<std::uint64_t>& place, std::optional<std::uint64_t> number) {
    place = number;
    return number.has_value();
  };
  if (option == "--memories") return into(all.need.memories, number_in(value));
  if (option == "--reservation") return into(all.need.reservation, size_in(value));
  if (option == "--committed") return into(all.need.committed, size_in(value));
  if (option == "--pool") return into(all.need.pool_page, page_size_in(value));
  if (option == "--feature" && is_feature(value)) {
    all.need.features.push_back(value);
    return true;
  }
  return false;
}

}  // namespace

std::optional<std::uint64_t> size_in(std::string_view text) {
  unsigned shift = 0;
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits != std::string_view::npos) {
    constexpr std::string_view units = "KMGT";
    const std::size_t unit = units.find(text[digits]);
    const std::string_view rest = text.substr(digits + 1);
    if (unit == std::string_view::npos || (!rest.empty() && rest != "iB")) return std::nullopt;
    shift = 10 * (static_cast<unsigned>(unit) + 1);
  }
  const auto number = number_in(text.substr(0, digits));
  if (!number || *number > std::numeric_limits<std::uint64_t>::max() >> shift) return std::nullopt;
  return *number << shift;
}

std::optional<options> read_options(const std::vector<std::string>& arguments, std::string& wrong) {
  options all;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& option = arguments[i];
    if (option == "--json") {
      all.as_json = true;
    } else if (option == "--sources") {
      all.with_sources = true;
    } else if (option == "--locked") {
      all.need.locked = true;
    } else if (option == "--help" || option == "-h") {
      all.wants_help = true;
    } else if (option != "--memories" && option != "--reservation" && option != "--committed" && option != "--pool" &&
               option != "--feature") {
      wrong = "there is no option " + option;
      return std::nullopt;
    } else if (i + 1 == arguments.size()) {
      wrong = option + " needs a value";
      return std::nullopt;
    } else if (!take(all, option, arguments[++i])) {
      wrong = option + " cannot be " + arguments[i];
      if (option == "--pool") wrong += ": the size of a huge page is a power of two, from 64KiB to 64GiB";
      return std::nullopt;
    }
  }
  if (all.need.reservation && all.need.committed && *all.need.committed > *all.need.reservation)
    wrong = "more is committed than is reserved";
  if ((all.need.locked || all.need.pool_page) && !all.need.committed)
    wrong = "--locked and --pool concern what is committed: say --committed SIZE";
  return wrong.empty() ? std::optional(all) : std::nullopt;
}

std::string usage() {
  return R"(usage: quire-doctor [OPTION]...

Says what this machine offers to memory allocators, what stands in the way, and what to do about it.
With a need, also whether this machine can meet it:

  --memories N        memories that are to live at once in one process
  --reservation SIZE  address space of each, guards included: 8GiB
  --committed SIZE    of it, what is in use: 16MiB
  --locked            what is in use is never to be paged out
  --pool SIZE         what is in use comes from the pool of huge pages of this size: 2MiB, 1GiB
  --feature NAME      has to be usable; may be repeated. One of:
                     )" +
         all_features() + R"(

  --json              everything, for programs
  --sources           everything, for people: each value, and where it was read
  --help              this text

Exit status: 0 if every need is met, or none is stated; 1 if one is not met; 2 for options that make no sense;
3 if it cannot be told, because the system hides what decides it; 4 if the output cannot be written.
)";
}

}  // namespace doctor

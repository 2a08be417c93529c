// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <iomanip>
#include <ostream>
#include <string>
#include <quire/system/each_reading.hpp>

#include "print_values.hpp"
#include "report.hpp"
#include "words.hpp"

namespace doctor {
namespace {

constexpr std::size_t columns = 96;

class page {
 public:
  page(std::ostream& out, colours with) : out_(out), with_(with) {}

  enum class ink : unsigned char { plain, bold, faint, red, yellow, green };

  [[nodiscard]] std::string in(ink colour, const std::string& text) const {
    constexpr const char* codes[] = {"", "1", "2", "31;1", "33;1", "32;1"};
    if (with_ == colours::none || colour == ink::plain) return text;
    return std::string("\33[") + codes[static_cast<std::size_t>(colour)] + "m" + text + "\33[0m";
  }
  void title(const std::string& text) { out_ << '\n' << in(ink::bold, text) << '\n'; }
  /// Prints a mark and a line that is not wrapped.
  void head(ink colour, const std::string& mark, const std::string& text) {
    out_ << "  " << in(colour, mark) << ' ' << text << '\n';
  }
  /// Prints words, as many in a line as fit. `first` stands before the first line.
  void wrapped(const std::string& first, const std::string& text) {
    const std::string indent(first.size(), ' ');
    std::string line = first;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t space = std::min(text.find(' ', at), text.size());
      const std::string word = text.substr(at, space - at);
      if (line.size() + word.size() > columns && line.find_first_not_of(' ') != std::string::npos) {
        end(line);
        line = indent;
      }
      line += word + ' ';
      at = space + 1;
    }
    end(line);
  }
  void row(const std::string& what, const std::string& value) {
    out_ << "  " << std::left << std::setw(26) << what << value << '\n';
  }
  void remedy(const std::string& text, const std::string& hint) {
    if (!text.empty()) wrapped("     -> ", text);
    if (!hint.empty()) wrapped("        ", '(' + hint + ')');
  }
  std::ostream& out() { return out_; }

 private:
  void end(const std::string& line) { out_ << line.substr(0, line.find_last_not_of(' ') + 1) << '\n'; }

  std::ostream& out_;
  colours with_;
};

using ink = page::ink;

void print_needs(page& p, const std::vector<demand>& demands) {
  if (demands.empty()) return;
  const int status = status_of(demands);
  p.title(status == 0   ? "What you need: this machine can meet it"
          : status == 1 ? "What you need: this machine cannot meet it"
                        : "What you need: this machine does not tell whether it can meet it");
  std::size_t widest = 0;
  for (const demand& each : demands) widest = std::max(widest, each.what.size());
  for (const demand& each : demands) {
    const auto met = each.is_met();
    const auto figure = [&each](std::uint64_t n) { return each.kind == kind::bytes ? bytes(n) : count(n); };
    const std::string padded = each.what + std::string(widest - each.what.size(), ' ');
    const std::string there_is = !each.room                      ? "room is unknown"
                                 : *each.room == quire::no_limit ? "no limit"
                                                                 : "room for " + figure(*each.room);
    const std::string wanted = each.wanted == quire::no_limit ? "more than can be counted" : figure(each.wanted);
    const std::string said = each.kind == kind::feature ? (!met   ? "cannot be told"
                                                           : *met ? "usable"
                                                                  : "not usable")
                                                        : wanted + " wanted, " + there_is;
    p.head(!met ? ink::yellow : *met ? ink::green : ink::red, !met ? "??" : *met ? "ok" : "!!", padded + "  " + said);
    if (met == false) p.remedy(each.remedy, each.hint);
  }
}

void print_findings(page& p, const std::vector<finding>& all, weight of, const char* title, ink colour) {
  if (std::none_of(all.begin(), all.end(), [of](const finding& each) { return each.weight == of; })) return;
  p.title(title);
  for (const finding& each : all) {
    if (each.weight != of) continue;
    p.head(colour, of == weight::in_the_way ? "!!" : of == weight::costs ? " !" : " -", p.in(ink::bold, each.title));
    p.wrapped("     ", each.figure);
    p.wrapped("     ", each.consequence);
    p.remedy(each.remedy, each.hint);
  }
}

std::string features_that_are(const quire::feature_facts& features, std::optional<bool> usable) {
  std::string names;
  for (const quire::memory_feature each : quire::detected_features)
    if (features[each].usable.optional() == usable) (names += names.empty() ? "" : ", ") += name(each);
  std::replace(names.begin(), names.end(), '_', ' ');
  return names.empty() ? "none" : names;
}

std::string swap_in_words(const quire::memory_facts& memory) {
  if (!memory.swap_total.known()) return "";
  return memory.swap_total == 0 ? ", no swap" : ", swap " + bytes(memory.swap_total.value());
}

template <class T, class Print>
std::string known_or_not(const quire::reading<T>& value, Print print) {
  return value.known() ? print(value.value()) : "unknown";
}

void print_machine(page& p, const quire::platform_capabilities& caps) {
  p.title("This machine");
  const auto& memory = caps.memory;
  const bool is_bound = memory.within_reach.source() != memory.available.source();
  p.row("memory",
        known_or_not(memory.total, bytes) + ", " + known_or_not(memory.available, bytes) + " available" +
            (is_bound ? ", " + known_or_not(memory.within_reach, bytes) + " of it within reach" : std::string()) +
            swap_in_words(memory));
  p.row("page", known_or_not(memory.page_bytes, exactly));
  p.row("addresses", known_or_not(memory.default_address_bits, [](unsigned bits) {
          return std::to_string(bits) + " bits: " + exactly(std::uint64_t{1} << bits);
        }));
  p.row("NUMA nodes", known_or_not(caps.nodes, [](const auto& nodes) { return in_words(nodes); }));
  p.row("pools of huge pages", known_or_not(caps.huge_pages.pools, [](const auto& all) { return in_words(all); }));
  const bool are_off =
      caps.huge_pages.in_process == quire::huge_mode::never && caps.huge_pages.transparent != quire::huge_mode::absent;
  p.row("transparent huge pages", known_or_not(caps.huge_pages.transparent, [](auto mode) { return in_words(mode); }) +
                                      (are_off ? ", but switched off for this process" : ""));
  p.row("64 KiB come with", known_or_not(caps.huge_pages.first_touch_bytes, [](std::uint64_t brought) {
          return brought >= 65536 ? std::string("1 page fault")
                 : brought == 0   ? std::string("unknown")
                                  : count(65536 / brought) + " page faults";
        }));
  p.row("mappings at most", known_or_not(caps.limits.mappings.limit, count));
  p.row("overcommit", known_or_not(caps.limits.overcommit, [](auto mode) { return in_words(mode); }));
  p.row("control groups", known_or_not(caps.groups.layout, [](auto layout) { return in_words(layout); }) +
                              (caps.groups.smallest == quire::limited_group{} ? ", " : ", smallest limit: ") +
                              known_or_not(caps.groups.smallest, [](const auto& least) { return in_words(least); }));
  p.row("waiting for memory",
        known_or_not(caps.stalls.some, [](unsigned share) { return per_cent(share) + " of the last ten seconds"; }));
  p.wrapped("  usable                    ", features_that_are(caps.features, true));
  p.wrapped("  not usable                ", features_that_are(caps.features, false));
  if (const std::string names = features_that_are(caps.features, std::nullopt); names != "none")
    p.wrapped("  could not be tried        ", names);
}

void print_sources(page& p, const quire::platform_capabilities& caps) {
  p.title("Each value, and where it was read");
  quire::for_each_reading(caps, [&p](const std::string& group, const std::string& name, const auto& each) {
    const std::string value = each.known() ? in_words(each.value()) : "unknown";
    const std::string source = p.in(ink::faint, std::string(each.source()));
    p.out() << "  " << std::left << std::setw(32) << group + '.' + name << ' ';
    if (value.size() <= 26)
      p.out() << std::setw(26) << value << ' ' << source << '\n';
    else
      p.out() << source << '\n' << std::string(35, ' ') << value << '\n';
  });
}

}  // namespace

void print_for_people(std::ostream& out, const report& r, colours with, bool with_sources) {
  page p(out, with);
  const auto& kernel = r.caps.system.kernel;
  out << p.in(ink::bold, "quire-doctor") << (kernel.known() ? ": Linux " + in_words(kernel.value()) : std::string())
      << ", looked at in " << std::fixed << std::setprecision(1) << static_cast<double>(r.caps.took_nanoseconds) / 1e6
      << " ms\n";
  print_needs(p, r.demands);
  print_findings(p, r.findings, weight::in_the_way, "What stands in the way", ink::red);
  print_findings(p, r.findings, weight::costs, "What costs, or may be refused", ink::yellow);
  print_findings(p, r.findings, weight::worth_knowing, "What is worth knowing", ink::faint);
  print_machine(p, r.caps);
  if (with_sources) print_sources(p, r.caps);
}

}  // namespace doctor

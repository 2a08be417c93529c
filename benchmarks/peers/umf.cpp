// SPDX-License-Identifier: BSL-1.0
#include "umf.hpp"

#include "../by_script.hpp"
#include "../progress.hpp"
#include "../settings.hpp"

namespace bench {

const std::expected<umf_library, std::string>& obtain_umf() {
  static const std::expected<umf_library, std::string> obtained = [] -> std::expected<umf_library, std::string> {
    const auto path = path_by_script(settings::fetch_umf);
    if (!path) return std::unexpected(path.error());
    const umf_library loaded{.from = loaded_library(path->c_str()), .version = version_in(*path)};
    if (!loaded.from.problem().empty()) return std::unexpected(loaded.from.problem());
    return loaded;
  }();
  return obtained;
}

const umf_library* umf_as_peer(report& r, const std::string& configuration) {
  progress("fetching UMF");
  const auto& library = obtain_umf();
  if (!library) return r.leave_out("UMF", library.error()), nullptr;
  r.add(peer{"UMF", library->version, configuration});
  return &*library;
}

}  // namespace bench

// SPDX-License-Identifier: BSL-1.0
#pragma once
// What users have now instead of Quire. A question that measures a peer says with report::add(peer) which version ran
// and how it was set up, in the best mode that its interface allows; with report::leave_out, why it did not run.
#include <stdexcept>
#include <string>
#include <utility>

namespace bench {

/// A peer that is here and refuses while it is measured. The question goes on without it, and names it.
class peer_failure : public std::runtime_error {
 public:
  peer_failure(std::string peer, const std::string& what) : runtime_error(what), peer_(std::move(peer)) {}
  [[nodiscard]] const std::string& peer() const { return peer_; }

 private:
  std::string peer_;
};

}  // namespace bench

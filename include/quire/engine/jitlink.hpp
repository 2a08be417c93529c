// SPDX-License-Identifier: BSL-1.0
#pragma once
// LLVM's JIT from a memory for code: a manager of JITLink's memory, for an ObjectLinkingLayer of ORC. Made for LLVM 19.
#include <llvm/ExecutionEngine/JITLink/JITLink.h>
#include <llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <quire/access.hpp>
#include <quire/jit_code.hpp>
#include <quire/result.hpp>

namespace quire::engine {

namespace detail::jitlink {

[[nodiscard]] inline llvm::Error error_of(quire::error e) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), "quire: %s at %s (the system's code %d)", e.message(),
                                 quire::name(e.at), e.native);
}

/// The segments of one library, those that are released when its initial functions have run apart from the others.
template <class Jit>
struct segments {
  std::vector<typename Jit::write_scope> open{};
  std::vector<std::span<std::byte>> data{}, read_only{};
  std::vector<jit_code> code{};

  /// Makes code executable, and constants read-only.
  [[nodiscard]] result<void> finalize(Jit& jit) {
    for (auto& scope : open) {
      const auto made = scope.finalize();
      if (!made) return std::unexpected(made.error());
      code.push_back(*made);
    }
    open.clear();
    for (const auto each : read_only)
      if (const auto done = jit.protect_data(each, access::read); !done) return done;
    return {};
  }
  /// The first error, after all is released that can be.
  [[nodiscard]] result<void> release(Jit& jit) {
    result<void> all;
    const auto note = [&](result<void> done) {
      if (all && !done) all = done;
    };
    open.clear();
    for (const jit_code each : code) note(jit.release(each));
    for (const auto each : data) note(jit.release_data(each));
    *this = {};
    return all;
  }
};

}  // namespace detail::jitlink

/// JITLink's interface over a `basic_jit_memory`, which outlives it and the code. Code and data of all libraries lie
/// within the memory's span, so that no reference between them is out of range. Threads as for the memory. JITLink's
/// errors carry the text of Quire's.
template <class Jit>
class jitlink_memory final : public llvm::jitlink::JITLinkMemoryManager {
  using segments = detail::jitlink::segments<Jit>;
  using actions = std::vector<llvm::orc::shared::WrapperFunctionCall>;
  struct library {
    segments lasting{};
    actions at_the_end{};
  };
  class in_flight;

 public:
  /// Over the memory of the code.
  explicit jitlink_memory(Jit& jit) noexcept : jit_(jit) {}

  using JITLinkMemoryManager::allocate;
  using JITLinkMemoryManager::deallocate;

  void allocate(const llvm::jitlink::JITLinkDylib*, llvm::jitlink::LinkGraph& graph,
                OnAllocatedFunction allocated) override {
    llvm::jitlink::BasicLayout layout(graph);
    auto made = std::make_unique<in_flight>(jit_, graph);
    for (auto& [group, segment] : layout.segments())
      if (const auto placed = made->place(group, segment); !placed)
        return allocated(detail::jitlink::error_of(placed.error()));
    if (auto failed = layout.apply()) return allocated(std::move(failed));
    allocated(std::move(made));
  }
  void deallocate(std::vector<FinalizedAlloc> libraries, OnDeallocatedFunction deallocated) override {
    llvm::Error all = llvm::Error::success();
    for (auto each = libraries.rbegin(); each != libraries.rend(); ++each) {
      const std::unique_ptr<library> ended(each->release().template toPtr<library*>());
      all = llvm::joinErrors(std::move(all), llvm::orc::shared::runDeallocActions(ended->at_the_end));
      if (const auto done = ended->lasting.release(jit_); !done)
        all = llvm::joinErrors(std::move(all), detail::jitlink::error_of(done.error()));
    }
    deallocated(std::move(all));
  }

 private:
  Jit& jit_;
};

/// A library that is being linked; its pieces go with it unless it is finalized.
template <class Jit>
class jitlink_memory<Jit>::in_flight final : public llvm::jitlink::JITLinkMemoryManager::InFlightAlloc {
 public:
  in_flight(Jit& jit, llvm::jitlink::LinkGraph& graph) : jit_(jit), graph_(graph) {}
  in_flight(const in_flight&) = delete;
  in_flight& operator=(const in_flight&) = delete;
  ~in_flight() override {
    (void)lasting_.release(jit_);
    (void)initial_.release(jit_);
  }

  /// Code that is also writable is refused: `not_supported`.
  [[nodiscard]] result<void> place(llvm::orc::AllocGroup group, llvm::jitlink::BasicLayout::Segment& segment) {
    using llvm::orc::MemProt;
    segments& to = group.getMemLifetime() == llvm::orc::MemLifetime::Standard ? lasting_ : initial_;
    const auto wants = [given = std::to_underlying(group.getMemProt())](MemProt one) {
      return (given & std::to_underlying(one)) != 0;
    };
    const bool writes = wants(MemProt::Write), runs = wants(MemProt::Exec);
    if (writes && runs) return failure(errc::not_supported, step::protect);
    const std::size_t bytes = std::max<std::size_t>(segment.ContentSize + segment.ZeroFillSize, 1),
                      alignment = segment.Alignment.value();
    if (runs) return place_code(to, segment, bytes, alignment);
    const auto got = jit_.allocate_data(bytes, alignment);
    if (!got) return std::unexpected(got.error());
    to.data.push_back(*got);
    if (!writes) to.read_only.push_back(*got);
    set(segment, got->data(), got->data());
    return {};
  }

  void finalize(OnFinalizedFunction finalized) override {
    for (segments* each : {&lasting_, &initial_})
      if (const auto done = each->finalize(jit_); !done) return finalized(detail::jitlink::error_of(done.error()));
    auto at_the_end = llvm::orc::shared::runFinalizeActions(graph_.allocActions());
    if (!at_the_end) return finalized(at_the_end.takeError());
    (void)initial_.release(jit_);  // what the system does not take back stays until the memory ends
    auto made = std::make_unique<library>(library{std::exchange(lasting_, {}), std::move(*at_the_end)});
    finalized(FinalizedAlloc(llvm::orc::ExecutorAddr::fromPtr(made.release())));
  }
  void abandon(OnAbandonedFunction abandoned) override {
    const auto lasting = lasting_.release(jit_), initial = initial_.release(jit_);
    const auto& failed = lasting ? initial : lasting;
    abandoned(failed ? llvm::Error::success() : detail::jitlink::error_of(failed.error()));
  }

 private:
  [[nodiscard]] result<void> place_code(segments& to, llvm::jitlink::BasicLayout::Segment& segment, std::size_t bytes,
                                        std::size_t alignment) {
    auto scope = jit_.write(bytes, std::max(alignment, Jit::usual_alignment));
    if (!scope) return std::unexpected(scope.error());
    std::memset(scope->bytes().data(), 0, bytes);  // the place may have held other code
    set(segment, scope->address(), scope->bytes().data());
    to.open.push_back(std::move(*scope));
    return {};
  }
  static void set(llvm::jitlink::BasicLayout::Segment& segment, const std::byte* runs_at, std::byte* written_at) {
    segment.Addr = llvm::orc::ExecutorAddr::fromPtr(runs_at);
    segment.WorkingMem = reinterpret_cast<char*>(written_at);
  }

  Jit& jit_;
  llvm::jitlink::LinkGraph& graph_;
  segments lasting_, initial_;
};

}  // namespace quire::engine

// SPDX-License-Identifier: BSL-1.0
#pragma once
// Code of asmjit's assemblers in a memory for code. (asmjit's own JitRuntime takes no pages from elsewhere.)
#include <asmjit/core.h>

#include <cstddef>
#include <cstdint>

#include <quire/jit_code.hpp>
#include <quire/result.hpp>

namespace quire::engine {

/// Takes over what an assembler has put into `code`, as JitRuntime::add does: it is laid out, relocated to the address
/// where it will run, copied and finalized. `jit` is a `basic_jit_memory`, and gets the code back by release. Errors:
/// those of write and finalize, `invalid_argument` with asmjit's error as native code if the code is incomplete (a
/// label is not bound), or empty.
template <class Jit>
[[nodiscard]] result<jit_code> add(Jit& jit, asmjit::CodeHolder& code) noexcept {
  const auto refused = [](asmjit::Error e) { return failure(errc::invalid_argument, step::plan, static_cast<int>(e)); };
  if (const asmjit::Error e = code.flatten(); e != asmjit::kErrorOk) return refused(e);
  if (const asmjit::Error e = code.resolveUnresolvedLinks(); e != asmjit::kErrorOk) return refused(e);
  if (code.hasUnresolvedLinks()) return refused(asmjit::kErrorExpressionLabelNotBound);
  auto scope = jit.write(code.codeSize());
  if (!scope) return std::unexpected(scope.error());
  const std::uint64_t address = reinterpret_cast<std::uintptr_t>(scope->address());
  if (const asmjit::Error e = code.relocateToBase(address); e != asmjit::kErrorOk) return refused(e);
  const auto to = scope->bytes();
  if (const asmjit::Error e = code.copyFlattenedData(to.data(), to.size(), asmjit::CopySectionFlags::kPadSectionBuffer);
      e != asmjit::kErrorOk)
    return refused(e);
  return scope->finalize();
}

}  // namespace quire::engine

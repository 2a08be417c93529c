// SPDX-License-Identifier: BSL-1.0
// Functions of asmjit's assembler in memories for code: a loop, a call of the program, and what is refused.
#include <asmjit/x86.h>

#include <cstdio>
#include <vector>

#include <quire/engine/asmjit.hpp>
#include <quire/jit_memory.hpp>

namespace {

namespace x86 = asmjit::x86;
using quire::errc;

int answer() { return 42; }

/// The sum of 1 to n, and 42 from the program, which a call reaches by its distance if that is near enough.
asmjit::Error assemble(asmjit::CodeHolder& code) {
  x86::Assembler a(&code);
  const asmjit::Label again = a.newLabel(), done = a.newLabel();
  a.push(x86::rbx);
  a.xor_(x86::ebx, x86::ebx);
  a.bind(again);
  a.test(x86::edi, x86::edi);
  a.jz(done);
  a.add(x86::ebx, x86::edi);
  a.dec(x86::edi);
  a.jmp(again);
  a.bind(done);
  a.call(asmjit::imm(reinterpret_cast<std::uintptr_t>(&answer)));
  a.add(x86::eax, x86::ebx);
  a.pop(x86::rbx);
  a.ret();
  return asmjit::kErrorOk;
}

template <class Jit>
bool runs(Jit& jit, const asmjit::Environment& here) {
  std::vector<quire::jit_code> all;
  for (int i = 0; i < 100; ++i) {
    asmjit::CodeHolder code;
    code.init(here);
    if (assemble(code) != asmjit::kErrorOk) return false;
    const auto made = quire::engine::add(jit, code);
    if (!made) return false;
    all.push_back(*made);
  }
  for (const quire::jit_code each : all)
    if (each.entry<int(int)>()(100) != 5092) return false;
  for (const quire::jit_code each : all)
    if (!jit.release(each)) return false;
  return jit.statistics().functions == 0;
}

template <class Jit>
bool refuses(Jit& jit, const asmjit::Environment& here) {
  asmjit::CodeHolder empty, open;
  empty.init(here);
  open.init(here);
  x86::Assembler a(&open);
  a.jmp(a.newLabel());
  for (asmjit::CodeHolder* each : {&empty, &open}) {
    const auto refused = quire::engine::add(jit, *each);
    if (refused || refused.error().code != errc::invalid_argument) return false;
  }
  return jit.statistics().functions == 0;
}

}  // namespace

int main() {
  using close = quire::near_linux_jit_allocator;
  using protecting = quire::linux_jit_allocator::with_backing<quire::backing::executable_linux_mmap<>>;
  const asmjit::Environment here = asmjit::Environment::host();
  quire::jit_memory<> dual;
  quire::jit_memory<close> near_answer{quire::placement::near_to{reinterpret_cast<const void*>(&answer)}};
  quire::jit_memory<protecting> protected_pages;
  struct {
    const char* what;
    bool holds;
  } const checks[] = {{"mapped twice", runs(dual, here)},
                      {"near the program", runs(near_answer, here)},
                      {"protected when written", runs(protected_pages, here)},
                      {"refusals", refuses(dual, here) && refuses(protected_pages, here)}};
  bool all = true;
  for (const auto& each : checks) {
    std::printf("%s: %s\n", each.what, each.holds ? "passed" : "failed");
    all = all && each.holds;
  }
  return all ? 0 : 1;
}

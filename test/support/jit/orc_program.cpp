// SPDX-License-Identifier: BSL-1.0
// Compiles a program's modules by LLVM's ORC, runs it, and ends it, in LLVM's own memory or in one of Quire's.
//
// usage: orc_program own|dual|near|protected MODULE.ll…       the program's `main` gets no arguments
#include <llvm/ExecutionEngine/JITLink/EHFrameSupport.h>
#include <llvm/ExecutionEngine/Orc/ExecutionUtils.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>
#include <llvm/ExecutionEngine/Orc/ThreadSafeModule.h>
#include <llvm/IRReader/IRReader.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/TargetSelect.h>

#include <cstdio>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <quire/engine/jitlink.hpp>
#include <quire/jit_memory.hpp>

namespace {

namespace orc = llvm::orc;

int here() { return 0; }

/// An ORC JIT over a manager of memory, which outlives it.
llvm::Expected<std::unique_ptr<orc::LLJIT>> jit_over(llvm::jitlink::JITLinkMemoryManager& memory) {
  auto target = orc::JITTargetMachineBuilder::detectHost();
  if (!target) return target.takeError();
  target->setRelocationModel(llvm::Reloc::PIC_);
  target->setCodeModel(llvm::CodeModel::Small);
  return orc::LLJITBuilder()
      .setJITTargetMachineBuilder(std::move(*target))
      .setObjectLinkingLayerCreator([&](orc::ExecutionSession& session, const llvm::Triple&) {
        auto layer = std::make_unique<orc::ObjectLinkingLayer>(session, memory);
        layer->addPlugin(std::make_unique<orc::EHFrameRegistrationPlugin>(
            session, std::make_unique<llvm::jitlink::InProcessEHFrameRegistrar>()));
        return llvm::Expected<std::unique_ptr<orc::ObjectLayer>>(std::move(layer));
      })
      .create();
}

llvm::Error add_module(orc::LLJIT& jit, const char* path) {
  auto context = std::make_unique<llvm::LLVMContext>();
  llvm::SMDiagnostic why;
  auto read = llvm::parseIRFile(path, why, *context);
  if (read == nullptr) return llvm::createStringError(llvm::inconvertibleErrorCode(), why.getMessage());
  return jit.addIRModule(orc::ThreadSafeModule(std::move(read), std::move(context)));
}

/// The program's status, after all its code was given back.
template <class Look>
llvm::Expected<int> run(llvm::jitlink::JITLinkMemoryManager& memory, std::span<char*> modules, Look look) {
  auto jit = jit_over(memory);
  if (!jit) return jit.takeError();
  auto process = orc::DynamicLibrarySearchGenerator::GetForCurrentProcess((*jit)->getDataLayout().getGlobalPrefix());
  if (!process) return process.takeError();
  (*jit)->getMainJITDylib().addGenerator(std::move(*process));
  for (const char* const each : modules)
    if (auto failed = add_module(**jit, each)) return failed;
  auto main = (*jit)->lookup("main");
  if (!main) return main.takeError();
  char name[] = "program";
  char* arguments[] = {name, nullptr};
  const int status = main->toPtr<int(int, char**)>()(1, arguments);
  look();
  if (auto failed = (*jit)->getMainJITDylib().clear()) return failed;
  return status;
}

int told(llvm::Expected<int> status) {
  if (status) return *status;
  llvm::logAllUnhandledErrors(status.takeError(), llvm::errs());
  return 1;
}

template <class A, class... Given>
int run_in(std::span<char*> modules, Given... given) {
  quire::jit_memory<A> memory{given...};
  quire::engine::jitlink_memory manager(memory);
  quire::jit_statistics most;
  const int status = told(run(manager, modules, [&] { most = memory.statistics(); }));
  const quire::jit_statistics left = memory.statistics();
  std::fprintf(stderr, "%zu libraries' code, %zu KiB, and %zu KiB of data; left: %zu\n", most.functions,
               most.code / 1024, most.data / 1024, left.code + left.data);
  return most.functions != 0 && left.functions == 0 && left.data == 0 ? status : 1;
}

int run_in_own(std::span<char*> modules) {
  llvm::jitlink::InProcessMemoryManager manager(4096);
  return told(run(manager, modules, [] {}));
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  const std::string_view kind(words[1]);
  const std::span modules(words + 2, words + count);
  using quire::linux_jit_allocator;
  if (kind == "own") return run_in_own(modules);
  if (kind == "dual") return run_in<linux_jit_allocator>(modules);
  if (kind == "near")
    return run_in<quire::near_linux_jit_allocator>(modules,
                                                   quire::placement::near_to{reinterpret_cast<const void*>(&here)});
  if (kind == "protected")
    return run_in<linux_jit_allocator::with_backing<quire::backing::executable_linux_mmap<>>>(modules);
  return 2;
}

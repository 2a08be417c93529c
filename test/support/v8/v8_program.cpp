// SPDX-License-Identifier: BSL-1.0
// Runs JavaScript in V8, on its own pages or on Quire's. What scripts print is the output; the last line of the
// standard error output tells the time and the pages.
//
// usage: v8_program own|plain|guarded|huge|partition SCRIPT.js…
#include <libplatform/libplatform.h>
#include <v8.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include <quire/backing/linux_mmap.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/engine/v8.hpp>
#include <quire/memory_partition.hpp>
#include <quire/quire.hpp>
#include <quire/region_allocator.hpp>

#include "forwarding_platform.hpp"

namespace {

using store = quire::backing::executable_linux_mmap<>;
using guarded = quire::linux_allocator::with_backing<store>;
using plain = guarded::with_protection<quire::protection::unguarded>;
using huge = plain::with_page_size<quire::page_size::transparent_huge<>>;

/// Regions and the adapter over them; they outlive V8.
template <class A>
struct pages_of {
  template <class... Given>
  explicit pages_of(Given... given) : regions(given...), pages(regions) {}

  quire::region_allocator<A> regions;
  quire::engine::v8_pages<quire::region_allocator<A>> pages;
};

v8::PageAllocator* pages_for(const std::string& kind) {
  if (kind == "own") return nullptr;
  if (kind == "plain") return &(new pages_of<plain>)->pages;
  if (kind == "guarded") return &(new pages_of<guarded>)->pages;
  if (kind == "huge") return &(new pages_of<huge>)->pages;
  if (kind == "partition") {
    auto* const partition = new quire::memory_partition<store>;
    if (partition->open({.name = "v8", .maximum = std::size_t{1} << 30}))
      return &(new pages_of<quire::with_partition<plain>>(quire::backing::partitioned{*partition}))->pages;
  }
  std::fprintf(stderr, "there are no pages of the kind %s\n", kind.c_str());
  std::exit(2);
}

std::string contents_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "%s cannot be read\n", file.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

v8::Local<v8::String> text(v8::Isolate* isolate, const std::string& of) {
  return v8::String::NewFromUtf8(isolate, of.data(), v8::NewStringType::kNormal, static_cast<int>(of.size()))
      .ToLocalChecked();
}

void print(const v8::FunctionCallbackInfo<v8::Value>& arguments) {
  const v8::String::Utf8Value told(arguments.GetIsolate(), arguments[0]);
  std::puts(*told);
}

bool run(v8::Isolate* isolate, v8::Local<v8::Context> context, const char* file) {
  const v8::TryCatch caught(isolate);
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> value;
  if (v8::Script::Compile(context, text(isolate, contents_of(file))).ToLocal(&script) &&
      script->Run(context).ToLocal(&value))
    return true;
  const v8::String::Utf8Value why(isolate, caught.Exception());
  std::fprintf(stderr, "%s: %s\n", file, *why);
  return false;
}

bool run_all(v8::Isolate* isolate, char** first, char** last) {
  const v8::Isolate::Scope in_isolate(isolate);
  const v8::HandleScope handles(isolate);
  const v8::Local<v8::ObjectTemplate> global = v8::ObjectTemplate::New(isolate);
  global->Set(isolate, "print", v8::FunctionTemplate::New(isolate, print));
  const v8::Local<v8::Context> context = v8::Context::New(isolate, nullptr, global);
  const v8::Context::Scope in_context(context);
  for (; first != last; ++first)
    if (!run(isolate, context, *first)) return false;
  return true;
}

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::size_t count_mappings() {
  std::ifstream maps("/proc/self/maps");
  return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(maps), {}, '\n'));
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  quire::test::forwarding_platform platform(pages_for(words[1]));
  v8::V8::InitializePlatform(&platform);
  const bool traps = v8::V8::EnableWebAssemblyTrapHandler(true);
  v8::V8::Initialize();
  v8::Isolate::CreateParams parameters;
  const std::unique_ptr<v8::ArrayBuffer::Allocator> buffers(v8::ArrayBuffer::Allocator::NewDefaultAllocator());
  parameters.array_buffer_allocator = buffers.get();
  v8::Isolate* const isolate = v8::Isolate::New(parameters);
  const double before = processor_seconds();
  const bool done = run_all(isolate, words + 2, words + count);
  std::fprintf(stderr, "%.3f s, %zu mappings%s\n", processor_seconds() - before, count_mappings(),
               traps ? "" : ", without trap handlers");
  isolate->Dispose();
  v8::V8::Dispose();
  std::fflush(stdout);
  return done ? 0 : 1;
}

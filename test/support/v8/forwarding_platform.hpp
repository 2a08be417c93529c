// SPDX-License-Identifier: BSL-1.0
// V8's default platform with other pages.
#pragma once
#include <libplatform/libplatform.h>
#include <v8-platform.h>

#include <memory>
#include <utility>

namespace quire::test {

/// A platform that another one serves. Later releases have CreateJob besides PostJob.
template <class Platform>
class served_platform : public Platform {
 protected:
  std::unique_ptr<Platform> to_ = v8::platform::NewDefaultPlatform(2);
};
template <class Platform>
  requires requires(Platform& p, std::unique_ptr<v8::JobTask> task) {
    p.CreateJob(v8::TaskPriority::kUserVisible, std::move(task));
  }
class served_platform<Platform> : public Platform {
 public:
  std::unique_ptr<v8::JobHandle> CreateJob(v8::TaskPriority priority, std::unique_ptr<v8::JobTask> task) override {
    return to_->CreateJob(priority, std::move(task));
  }

 protected:
  std::unique_ptr<Platform> to_ = v8::platform::NewDefaultPlatform(2);
};

/// Forwards everything but the pages; without pages also these. For V8 10.2 to 11.3.
class forwarding_platform final : public served_platform<v8::Platform> {
 public:
  explicit forwarding_platform(v8::PageAllocator* pages) : pages_(pages == nullptr ? to_->GetPageAllocator() : pages) {}

  v8::PageAllocator* GetPageAllocator() override { return pages_; }
  int NumberOfWorkerThreads() override { return to_->NumberOfWorkerThreads(); }
  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner(v8::Isolate* isolate) override {
    return to_->GetForegroundTaskRunner(isolate);
  }
  void CallOnWorkerThread(std::unique_ptr<v8::Task> task) override { to_->CallOnWorkerThread(std::move(task)); }
  void CallDelayedOnWorkerThread(std::unique_ptr<v8::Task> task, double seconds) override {
    to_->CallDelayedOnWorkerThread(std::move(task), seconds);
  }
  std::unique_ptr<v8::JobHandle> PostJob(v8::TaskPriority priority, std::unique_ptr<v8::JobTask> task) override {
    return to_->PostJob(priority, std::move(task));
  }
  double MonotonicallyIncreasingTime() override { return to_->MonotonicallyIncreasingTime(); }
  double CurrentClockTimeMillis() override { return to_->CurrentClockTimeMillis(); }
  v8::TracingController* GetTracingController() override { return to_->GetTracingController(); }

 private:
  v8::PageAllocator* pages_;
};

}  // namespace quire::test

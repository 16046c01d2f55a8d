// A program and a slot that hand everything on, for tests that look at some of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "pipelines/program.h"

namespace spacecast::test {

class ForwardingSlot : public ProgramSlot {
 public:
  explicit ForwardingSlot(std::unique_ptr<ProgramSlot> slot) : slot_(std::move(slot)) {}
  [[nodiscard]] unsigned index() const override { return slot_->index(); }
  void push_audio(Ref<GstSample> sample) override { slot_->push_audio(std::move(sample)); }
  void push_video(Ref<GstSample> sample) override { slot_->push_video(std::move(sample)); }
  void push_screen(Ref<GstSample> sample) override { slot_->push_screen(std::move(sample)); }
  void set_camera(bool on) override { slot_->set_camera(on); }
  void set_screen(bool on) override { slot_->set_screen(on); }
  void set_name(std::string name) override { slot_->set_name(std::move(name)); }
  void set_return(std::shared_ptr<ReturnSink> sink) override { slot_->set_return(std::move(sink)); }

 private:
  std::unique_ptr<ProgramSlot> slot_;
};

class ForwardingProgram : public Program {
 public:
  explicit ForwardingProgram(std::unique_ptr<Program> program) : program_(std::move(program)) {}
  Result<std::unique_ptr<ProgramSlot>> acquire(std::string name,
                                               std::optional<unsigned> wanted) override {
    return program_->acquire(std::move(name), wanted);
  }
  void set_layout(layout::Mode mode) override { program_->set_layout(mode); }
  void pin(std::optional<unsigned> slot) override { program_->pin(slot); }
  [[nodiscard]] std::unique_ptr<ReturnSubscription> monitor(
      std::shared_ptr<ReturnSink> sink) override {
    return program_->monitor(std::move(sink));
  }
  [[nodiscard]] Ref<GstClock> clock() const override { return program_->clock(); }
  [[nodiscard]] GstClockTime base_time() const override { return program_->base_time(); }
  [[nodiscard]] ProgramLosses losses() const override { return program_->losses(); }
  void end(Task done) override { program_->end(std::move(done)); }

 private:
  std::unique_ptr<Program> program_;
};

}  // namespace spacecast::test

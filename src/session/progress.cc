#include "session/progress.h"

#include "duckdb/common/progress_bar/progress_bar_display.hpp"
#include "duckdb/main/client_config.hpp"

namespace icefall {

namespace {

class FunctionDisplay : public duckdb::ProgressBarDisplay {
 public:
  explicit FunctionDisplay(ProgressFunction function) : function_(std::move(function)) {}
  ~FunctionDisplay() override { End(); }

  void Update(double percentage) override {
    shown_ = true;
    function_(percentage);
  }
  void Finish() override { End(); }

 private:
  // Once, and only behind an update: a statement that fails has no Finish call.
  void End() {
    if (shown_) function_(std::nullopt);
    shown_ = false;
  }

  ProgressFunction function_;
  bool shown_ = false;
};

}  // namespace

void ShowProgress(duckdb::Connection& connection, const ProgressFunction& function) {
  auto& config = duckdb::ClientConfig::GetConfig(*connection.context);
  config.enable_progress_bar = true;
  config.print_progress_bar = true;
  config.wait_time = 1000;  // milliseconds
  config.display_create_func = [function] {
    return duckdb::unique_ptr<duckdb::ProgressBarDisplay>(new FunctionDisplay(function));
  };
}

}  // namespace icefall

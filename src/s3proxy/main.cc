// icefalldb-s3proxy: tables as read-only buckets of Parquet files.
#include <csignal>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "s3proxy/bucket_directory.h"
#include "s3proxy/http/http_server.h"
#include "s3proxy/metrics.h"
#include "s3proxy/proxy_config.h"
#include "s3proxy/proxy_service.h"
#include "s3proxy/rewrite/rewritten_files.h"

namespace icefall::s3proxy {
namespace {

constexpr std::time_t kTickSeconds = 10;

// A directory of this process alone.
class ScratchDirectory {
 public:
  ScratchDirectory()
      : path_((std::filesystem::temp_directory_path() /
               fmt::format("icefalldb-s3proxy-{}", ::getpid()))
                  .string()) {}
  ~ScratchDirectory() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Before the first thread, which would have the signals otherwise.
void BlockStopSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void WaitForStop(BucketDirectory& directory) {
  const sigset_t signals = StopSignals();
  const timespec tick{.tv_sec = kTickSeconds, .tv_nsec = 0};
  while (sigtimedwait(&signals, nullptr, &tick) < 0) directory.DropOld();
}

HttpResponse AnswerMetrics(const HttpRequest& request, const Metrics& metrics,
                           const HttpServerCounts& server, const RewrittenFiles& rewritten) {
  HttpResponse response;
  response.headers = {{"Content-Type", "text/plain; version=0.0.4"}};
  if (request.target == "/metrics") {
    response.body = metrics.ToText(server, rewritten.counts());
  } else if (request.target == "/hc") {
    response.body = "ok\n";
  } else {
    response.status = 404;
    response.body = "expected /metrics or /hc\n";
  }
  return response;
}

Result<void> Serve(ProxyConfig config, bool only_check) {
  std::optional<ScratchDirectory> scratch;
  if (config.cache_directory.empty()) config.cache_directory = scratch.emplace().path();
  ICEFALL_ASSIGN_OR_RETURN(const auto rewritten,
                           RewrittenFiles::Open({.directory = config.cache_directory,
                                                 .size_bytes_max = config.cache_size_bytes_max,
                                                 .made_at_once_max = config.rewrites_at_once_max}));
  ICEFALL_ASSIGN_OR_RETURN(const auto directory,
                           BucketDirectory::Open(config, *rewritten, SystemClock()));
  HttpServerOptions options{.address = config.listen,
                            .connection_count_max = config.connection_count_max,
                            .stop_timeout_ms = config.stop_seconds_max * 1000};
  if (!config.tls_certificate.empty()) {
    ICEFALL_ASSIGN_OR_RETURN(options.tls, TlsContext::Load(config.tls_certificate, config.tls_key));
  }
  if (only_check) {
    std::cout << "the configuration is good\n";
    return {};
  }
  Metrics metrics;
  ProxyService service({config.domain, config.region, config.clock_skew_seconds_max}, *directory,
                       metrics, SystemClock());
  ICEFALL_ASSIGN_OR_RETURN(const auto server, HttpServer::Start(options, [&](const HttpRequest& r) {
                             return service.Answer(r);
                           }));
  const auto place = [](const std::string& address, uint16_t port) {
    return fmt::format("{}:{}", address.substr(0, address.rfind(':')), port);
  };
  std::unique_ptr<HttpServer> metrics_server;
  if (!config.metrics_listen.empty()) {
    const HttpServerCounts& counts = server->counts();
    ICEFALL_ASSIGN_OR_RETURN(
        metrics_server,
        HttpServer::Start({.address = config.metrics_listen}, [&](const HttpRequest& request) {
          return AnswerMetrics(request, metrics, counts, *rewritten);
        }));
    std::cout << fmt::format("metrics at http://{}/metrics\n",
                             place(config.metrics_listen, metrics_server->port()));
  }
  std::cout << fmt::format("listening at {}://{}\n", options.tls ? "https" : "http",
                           place(config.listen, server->port()))
            << std::flush;
  WaitForStop(*directory);
  return {};
}

int Run(int argc, char** argv) {
  CLI::App app("Shows tables as read-only S3 buckets of Parquet files.", "icefalldb-s3proxy");
  std::string path;
  bool only_check = false;
  app.add_option("config", path, "Configuration file (JSON), see docs/s3proxy.md")->required();
  app.add_flag("--check", only_check, "Open everything that the file names, then exit");
  app.set_version_flag("--version", ICEFALLDB_VERSION);
  CLI11_PARSE(app, argc, argv);
  BlockStopSignals();
  auto config = LoadProxyConfig(path);
  const auto served = config ? Serve(std::move(*config), only_check)
                             : Result<void>(Fail(std::move(config).error()));
  if (served) return 0;
  std::cerr << "icefalldb-s3proxy: " << served.error().message() << "\n";
  return 1;
}

}  // namespace
}  // namespace icefall::s3proxy

int main(int argc, char** argv) { return icefall::s3proxy::Run(argc, argv); }

// Answers HTTP/1 requests, a thread per connection.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/result.h"
#include "s3proxy/http/message.h"
#include "s3proxy/http/socket_stream.h"
#include "store/file_descriptor.h"

namespace icefall::s3proxy {

struct HttpServerOptions {
  std::string address = "127.0.0.1:0";  // "host:port", "[::1]:port"; port 0: any
  std::shared_ptr<TlsContext> tls;      // null: in the clear
  uint32_t connection_count_max = 256;  // more wait until one ends
  int64_t idle_timeout_ms = 60'000;     // between two requests
  int64_t stall_timeout_ms = 30'000;    // within one, while nothing moves
  int64_t stop_timeout_ms = 10'000;     // for answers that are being sent when it stops
};

struct HttpServerCounts {
  std::atomic<uint64_t> connections = 0;  // open ones
  std::atomic<uint64_t> sent_bytes = 0;   // of bodies
};

class HttpServer {
 public:
  // Called from many threads at once.
  using Handler = std::function<HttpResponse(const HttpRequest& request)>;

  // Listens, and answers from then on. Errors: kInvalidArgument for the address; kUnavailable
  // naming it when it cannot be listened at.
  static Result<std::unique_ptr<HttpServer>> Start(HttpServerOptions options, Handler handler);
  // Lets running answers end for `stop_timeout_ms`, and cuts the others.
  ~HttpServer();

  uint16_t port() const { return port_; }
  const HttpServerCounts& counts() const { return counts_; }

 private:
  HttpServer(HttpServerOptions options, Handler handler);
  Result<void> Listen();
  void Accept();
  void Serve(FileDescriptor socket);
  // False when the connection is to end.
  bool ServeRequest(SocketStream& stream, std::string& bytes);
  Result<void> Send(SocketStream& stream, const HttpRequest& request, HttpResponse response,
                    bool keep_alive);

  const HttpServerOptions options_;
  const Handler handler_;
  HttpServerCounts counts_;
  FileDescriptor listener_, stop_read_, stop_write_;
  uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;

  std::mutex mutex_;
  std::condition_variable ended_;  // a connection has
  std::set<int> sockets_;          // of open connections; guarded by mutex_
  uint32_t open_count_ = 0;        // connections whose threads run; guarded by mutex_
  std::thread acceptor_;
};

}  // namespace icefall::s3proxy

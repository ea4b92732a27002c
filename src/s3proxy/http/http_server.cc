#include "s3proxy/http/http_server.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "s3proxy/http/request_parser.h"

namespace icefall::s3proxy {
namespace {

// What is read and sent at a time: the memory of a connection.
constexpr uint64_t kPieceSizeBytes = 2 << 20;
constexpr int64_t kFinishTimeoutMs = 2'000;

struct HostAndPort {
  std::string host;
  std::string port;
};

Result<HostAndPort> SplitAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  HostAndPort split;
  if (colon != std::string::npos) {
    split = {address.substr(0, colon), address.substr(colon + 1)};
    if (split.host.starts_with('[') && split.host.ends_with(']')) {
      split.host = split.host.substr(1, split.host.size() - 2);
    }
  }
  const bool is_number = !split.port.empty() && split.port.size() <= 5 &&
                         split.port.find_first_not_of("0123456789") == std::string::npos;
  if (is_number && !split.host.empty()) return split;
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("address '{}': expected host:port, such as 127.0.0.1:8080", address));
}

std::unexpected<Error> CannotListen(const std::string& address, const char* why) {
  return Fail(ErrorCode::kUnavailable, fmt::format("cannot listen at {}: {}", address, why));
}

uint16_t PortOf(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size);
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&bound);
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&bound);
  return ntohs(bound.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

std::string HeadOf(const HttpResponse& response, bool keep_alive) {
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\nServer: IcefallDB\r\n", response.status,
                  ReasonPhrase(response.status), FormatHttpDate(SystemClock().NowMicros()));
  for (const auto& [name, value] : response.headers) head += fmt::format("{}: {}\r\n", name, value);
  if (response.status != 304) {
    head += fmt::format("Content-Length: {}\r\n", response.body_size_bytes());
  }
  head += fmt::format("Connection: {}\r\n\r\n", keep_alive ? "keep-alive" : "close");
  return head;
}

}  // namespace

HttpServer::HttpServer(HttpServerOptions options, Handler handler)
    : options_(std::move(options)), handler_(std::move(handler)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options, Handler handler) {
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(options), std::move(handler)));
  ICEFALL_RETURN_IF_ERROR(server->Listen());
  server->acceptor_ = std::thread([&server = *server] { server.Accept(); });
  return server;
}

Result<void> HttpServer::Listen() {
  ICEFALL_ASSIGN_OR_RETURN(const HostAndPort address, SplitAddress(options_.address));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found)) {
    return CannotListen(options_.address, ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, &::freeaddrinfo);
  listener_ = FileDescriptor(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (!listener_.valid() || ::bind(listener_.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(listener_.get(), SOMAXCONN) != 0) {
    return CannotListen(options_.address, std::strerror(errno));
  }
  port_ = PortOf(listener_.get());
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return CannotListen(options_.address, std::strerror(errno));
  stop_read_ = FileDescriptor(ends[0]);
  stop_write_ = FileDescriptor(ends[1]);
  return {};
}

HttpServer::~HttpServer() {
  if (!acceptor_.joinable()) return;
  stopping_ = true;
  stop_write_ = FileDescriptor();  // the other end becomes readable
  {
    const std::lock_guard lock(mutex_);
    ended_.notify_all();
  }
  acceptor_.join();
  std::unique_lock lock(mutex_);
  const auto none_open = [&] { return open_count_ == 0; };
  ended_.wait_for(lock, std::chrono::milliseconds(options_.stop_timeout_ms), none_open);
  for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  ended_.wait(lock, none_open);
}

void HttpServer::Accept() {
  while (!stopping_) {
    {
      std::unique_lock lock(mutex_);
      ended_.wait(lock, [&] { return stopping_ || open_count_ < options_.connection_count_max; });
    }
    pollfd polled[2] = {{listener_.get(), POLLIN, 0}, {stop_read_.get(), POLLIN, 0}};
    if (::poll(polled, 2, -1) < 0 || stopping_) continue;
    FileDescriptor socket(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.valid()) {
      // Descriptors are used up: wait for a connection's end rather than spin.
      std::unique_lock lock(mutex_);
      ended_.wait_for(lock, std::chrono::milliseconds(100));
      continue;
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const std::lock_guard lock(mutex_);
    sockets_.insert(socket.get());
    ++open_count_;
    std::thread([this, number = socket.Release()] { Serve(FileDescriptor(number)); }).detach();
  }
}

void HttpServer::Serve(FileDescriptor socket) {
  ++counts_.connections;
  const int number = socket.get();
  {
    SocketStream stream(std::move(socket), stop_read_.get());
    std::string bytes;
    const bool is_up =
        options_.tls == nullptr || stream.StartTls(*options_.tls, options_.stall_timeout_ms);
    while (is_up && ServeRequest(stream, bytes)) {
    }
    // While the number is still this connection's own.
    const std::lock_guard lock(mutex_);
    sockets_.erase(number);
  }
  --counts_.connections;
  // The last that this thread touches: the server may be gone when the lock is.
  const std::lock_guard lock(mutex_);
  --open_count_;
  ended_.notify_all();
}

bool HttpServer::ServeRequest(SocketStream& stream, std::string& bytes) {
  for (;;) {
    auto request = TakeRequest(bytes);
    if (!request) {
      HttpResponse refusal;
      refusal.status = request.error().code() == ErrorCode::kResourceExhausted ? 431 : 400;
      refusal.body = request.error().message() + "\n";
      (void)Send(stream, {}, std::move(refusal), false);
      stream.Finish(kFinishTimeoutMs);
      return false;
    }
    if (request->has_value()) {
      const bool keep_alive = (*request)->keep_alive && !(*request)->has_body && !stopping_;
      const auto sent = Send(stream, **request, handler_(**request), keep_alive);
      if (sent && !keep_alive) stream.Finish(kFinishTimeoutMs);
      return sent && keep_alive;
    }
    const auto came =
        stream.Read(bytes, bytes.empty() ? options_.idle_timeout_ms : options_.stall_timeout_ms);
    if (!came || !*came) return false;
  }
}

Result<void> HttpServer::Send(SocketStream& stream, const HttpRequest& request,
                              HttpResponse response, bool keep_alive) {
  const bool has_body = request.method != "HEAD" && response.status != 304;
  const uint64_t size_bytes = has_body ? response.body_size_bytes() : 0;
  std::string head = HeadOf(response, keep_alive);
  if (!response.reader || size_bytes == 0) {
    if (size_bytes > 0) head += response.body;
    counts_.sent_bytes += size_bytes;
    return stream.Write(head, options_.stall_timeout_ms);
  }
  ICEFALL_RETURN_IF_ERROR(stream.Write(head, options_.stall_timeout_ms));
  for (uint64_t offset = 0; offset < size_bytes;) {
    // An error can no longer be told but by ending early.
    ICEFALL_ASSIGN_OR_RETURN(
        const std::string piece,
        response.reader(offset, std::min(kPieceSizeBytes, size_bytes - offset)));
    ICEFALL_RETURN_IF_ERROR(stream.Write(piece, options_.stall_timeout_ms));
    offset += piece.size();
    counts_.sent_bytes += piece.size();
  }
  return {};
}

}  // namespace icefall::s3proxy

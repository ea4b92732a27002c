#include "s3proxy/http/socket_stream.h"

#include <array>
#include <cerrno>
#include <chrono>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

namespace icefall::s3proxy {
namespace {

constexpr size_t kReadSizeBytes = 16 * 1024;

std::string TlsMessage() {
  std::array<char, 256> text{};
  const auto code = ERR_get_error();
  if (code == 0) return "the connection ended";
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

std::unexpected<Error> Ended(std::string message) {
  return Fail(ErrorCode::kUnavailable, std::move(message));
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::Load(const std::string& certificate_path,
                                                     const std::string& key_path) {
  std::shared_ptr<TlsContext> context(new TlsContext(SSL_CTX_new(TLS_server_method())));
  SSL_CTX* tls = context->get();
  SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
  SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const auto fail = [](const std::string& what, const std::string& path) {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("{} {}: {}", what, path, TlsMessage()));
  };
  if (SSL_CTX_use_certificate_chain_file(tls, certificate_path.c_str()) != 1) {
    return fail("TLS certificate", certificate_path);
  }
  if (SSL_CTX_use_PrivateKey_file(tls, key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail("TLS key", key_path);
  }
  if (SSL_CTX_check_private_key(tls) != 1) {
    return fail(fmt::format("TLS certificate {} and key", certificate_path), key_path);
  }
  return context;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

SocketStream::SocketStream(FileDescriptor socket, int stop)
    : socket_(std::move(socket)), stop_(stop) {}

SocketStream::~SocketStream() { SSL_free(tls_); }

SocketStream::Wait SocketStream::WaitFor(short events, int64_t timeout_ms, bool may_stop) const {
  std::array<pollfd, 2> polled = {pollfd{socket_.get(), events, 0}, pollfd{stop_, POLLIN, 0}};
  const nfds_t count = may_stop && stop_ >= 0 ? 2 : 1;
  for (;;) {
    const int ready = ::poll(polled.data(), count, static_cast<int>(timeout_ms));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return Wait::kTimeout;
    return polled[0].revents != 0 ? Wait::kReady : Wait::kStop;
  }
}

Result<void> SocketStream::WaitForTls(int result, int64_t timeout_ms) {
  const int wanted = SSL_get_error(tls_, result);
  if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) return Ended(TlsMessage());
  const short events = wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
  if (WaitFor(events, timeout_ms, false) == Wait::kReady) return {};
  return Ended("the client is silent");
}

Result<void> SocketStream::StartTls(const TlsContext& context, int64_t timeout_ms) {
  tls_ = SSL_new(context.get());
  SSL_set_fd(tls_, socket_.get());
  for (;;) {
    ERR_clear_error();
    const int result = SSL_accept(tls_);
    if (result == 1) return {};
    ICEFALL_RETURN_IF_ERROR(WaitForTls(result, timeout_ms));
  }
}

Result<bool> SocketStream::Read(std::string& bytes, int64_t timeout_ms) {
  std::array<char, kReadSizeBytes> piece;
  if (tls_ == nullptr || SSL_pending(tls_) == 0) {
    const Wait wait = WaitFor(POLLIN, timeout_ms, bytes.empty());
    if (wait == Wait::kTimeout) return Ended("the client is silent");
    if (wait == Wait::kStop) return false;
  }
  for (;;) {
    if (tls_ != nullptr) {
      ERR_clear_error();
      const int count = SSL_read(tls_, piece.data(), static_cast<int>(piece.size()));
      if (count > 0) {
        bytes.append(piece.data(), static_cast<size_t>(count));
        return true;
      }
      if (SSL_get_error(tls_, count) == SSL_ERROR_ZERO_RETURN) return false;
      ICEFALL_RETURN_IF_ERROR(WaitForTls(count, timeout_ms));
      continue;
    }
    const ssize_t count = ::recv(socket_.get(), piece.data(), piece.size(), 0);
    if (count > 0) bytes.append(piece.data(), static_cast<size_t>(count));
    if (count >= 0) return count > 0;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return Ended("the client has gone");
    if (WaitFor(POLLIN, timeout_ms, false) != Wait::kReady) return Ended("the client is silent");
  }
}

Result<void> SocketStream::Write(std::string_view bytes, int64_t timeout_ms) {
  while (!bytes.empty()) {
    if (tls_ != nullptr) {
      ERR_clear_error();
      size_t written = 0;
      const int result = SSL_write_ex(tls_, bytes.data(), bytes.size(), &written);
      if (result == 1) {
        bytes.remove_prefix(written);
        continue;
      }
      ICEFALL_RETURN_IF_ERROR(WaitForTls(result, timeout_ms));
      continue;
    }
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return Ended("the client has gone");
    if (WaitFor(POLLOUT, timeout_ms, false) != Wait::kReady) return Ended("the client is silent");
  }
  return {};
}

void SocketStream::Finish(int64_t timeout_ms) {
  if (tls_ != nullptr) SSL_shutdown(tls_);
  ::shutdown(socket_.get(), SHUT_WR);
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  std::array<char, kReadSizeBytes> piece;
  while (std::chrono::steady_clock::now() < end) {
    if (WaitFor(POLLIN, timeout_ms, true) != Wait::kReady) return;
    if (::recv(socket_.get(), piece.data(), piece.size(), 0) <= 0) return;
  }
}

}  // namespace icefall::s3proxy

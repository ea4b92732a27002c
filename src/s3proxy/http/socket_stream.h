// A connection to a client, in the clear or by TLS, none of whose calls waits for ever.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "base/result.h"
#include "store/file_descriptor.h"

namespace icefall::s3proxy {

// The certificate that a server shows. Thread-safe.
class TlsContext {
 public:
  // PEM files, the certificate's with its chain. Error: kInvalidArgument naming the file and what
  // OpenSSL says.
  static Result<std::shared_ptr<TlsContext>> Load(const std::string& certificate_path,
                                                  const std::string& key_path);
  ~TlsContext();
  SSL_CTX* get() const { return context_; }

 private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  SSL_CTX* const context_;
};

// One thread at a time.
class SocketStream {
 public:
  // Takes over a connected socket. `stop`: a descriptor that becomes readable when idle connections
  // are to end, -1 for none.
  SocketStream(FileDescriptor socket, int stop);
  ~SocketStream();

  // Errors of all calls: kUnavailable when the peer is gone or silent for `timeout_ms`.
  Result<void> StartTls(const TlsContext& context, int64_t timeout_ms);
  // Appends what came; false at the peer's end, or, before anything came, when it is to stop.
  Result<bool> Read(std::string& bytes, int64_t timeout_ms);
  Result<void> Write(std::string_view bytes, int64_t timeout_ms);
  // Ends the sending direction, and throws away what the peer still sends, for a while: closing a
  // socket with unread bytes would take the last answer away from the peer.
  void Finish(int64_t timeout_ms);

 private:
  enum class Wait : uint8_t { kReady, kStop, kTimeout };
  Wait WaitFor(short events, int64_t timeout_ms, bool may_stop) const;
  // After an OpenSSL call that gave `result`: waits for what it needs. Error: the connection ended.
  Result<void> WaitForTls(int result, int64_t timeout_ms);

  const FileDescriptor socket_;
  const int stop_;
  SSL* tls_ = nullptr;
};

}  // namespace icefall::s3proxy

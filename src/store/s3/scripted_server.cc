#include "store/s3/scripted_server.h"

#include <cstdlib>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace icefall {
namespace {

constexpr char kTlsHandshake = 0x16;

// The head and, as long as it says, the body.
std::string ReadRequest(int connection) {
  std::string text;
  size_t wanted = std::string::npos;
  char buffer[65536];
  while (text.size() < wanted) {
    const ssize_t count = ::recv(connection, buffer, sizeof(buffer), 0);
    if (count <= 0) break;
    text.append(buffer, static_cast<size_t>(count));
    if (text[0] == kTlsHandshake) break;  // which is not spoken here
    const size_t head = text.find("\r\n\r\n");
    if (wanted != std::string::npos || head == std::string::npos) continue;
    const size_t length = text.find("Content-Length: ");
    wanted =
        head + 4 + (length < head ? std::strtoull(text.c_str() + length + 16, nullptr, 10) : 0);
  }
  return text;
}

}  // namespace

ScriptedServer::ScriptedServer(std::deque<ScriptedAnswer> script) : script_(std::move(script)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] { Serve(); });
}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);  // wakes accept
  thread_.join();
  ::close(listener_);
}

std::vector<std::string> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedServer::Serve() {
  while (!stopping_) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    Answer(connection);
    ::close(connection);
  }
}

void ScriptedServer::Answer(int connection) {
  std::string request = ReadRequest(connection);
  const bool is_head = request.starts_with("HEAD ");
  ScriptedAnswer answer{500, {}, ""};
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
    if (!script_.empty()) {
      answer = std::move(script_.front());
      script_.pop_front();
    }
  }
  if (answer.status == 0) return;
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " -\r\nConnection: close\r\n";
  for (const auto& header : answer.headers) text += header + "\r\n";
  if (answer.status != 204) {
    text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  }
  text += "\r\n" + (is_head ? std::string() : answer.body);
  (void)::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
}

}  // namespace icefall

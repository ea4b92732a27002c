#include "s3proxy/http/http_server.h"

#include <latch>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "store/s3/http_client.h"

namespace icefall::s3proxy {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::unique_ptr<HttpServer> Start(HttpServer::Handler handler, HttpServerOptions options = {}) {
  auto server = HttpServer::Start(std::move(options), std::move(handler));
  EXPECT_TRUE(server.has_value());
  return std::move(*server);
}

HttpResponse Echo(const HttpRequest& request) {
  HttpResponse response;
  response.body = request.method + " " + request.target;
  return response;
}

std::string UrlOf(const HttpServer& server) {
  return "http://127.0.0.1:" + std::to_string(server.port());
}

// A connection on which bytes are sent as they are.
class RawClient {
 public:
  explicit RawClient(const HttpServer& server) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  void Send(const std::string& bytes) {
    EXPECT_EQ(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // Up to the server's end of the connection.
  std::string ReadAll() {
    std::string all;
    char piece[4096];
    for (;;) {
      const ssize_t count = ::recv(socket_.get(), piece, sizeof(piece), 0);
      if (count <= 0) return all;
      all.append(piece, static_cast<size_t>(count));
    }
  }

 private:
  FileDescriptor socket_;
};

TEST(HttpServer, RequestsOfOneConnection) {
  const auto server = Start(Echo);
  RawClient client(*server);
  client.Send(
      "GET /a HTTP/1.1\r\n\r\nHEAD /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n"
      "Connection: close\r\n\r\n");
  const std::string all = client.ReadAll();
  EXPECT_THAT(all, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(all, HasSubstr("GET /a"));
  EXPECT_THAT(all, HasSubstr("Content-Length: 7"));
  EXPECT_THAT(all, Not(HasSubstr("HEAD /b")));
  EXPECT_TRUE(all.ends_with("GET /c"));
}

TEST(HttpServer, BodiesOfRequestsAreThrownAway) {
  const auto server = Start(Echo);
  RawClient client(*server);
  client.Send("PUT /a HTTP/1.1\r\nContent-Length: 300000\r\n\r\n" + std::string(300'000, 'x'));
  EXPECT_TRUE(client.ReadAll().ends_with("PUT /a"));
}

TEST(HttpServer, OtherProtocolsAreRefused) {
  const auto server = Start(Echo);
  RawClient client(*server);
  client.Send("hello\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  RawClient other(*server);
  other.Send("GET / HTTP/1.1\r\nX: " + std::string(70'000, 'x'));
  EXPECT_THAT(other.ReadAll(), StartsWith("HTTP/1.1 431 "));
}

// Bodies are sent piece by piece.
TEST(HttpServer, LargeBodies) {
  constexpr uint64_t kSize = (5 << 20) + 17;
  uint64_t piece_size_max = 0;
  const auto server = Start([&](const HttpRequest&) {
    HttpResponse response;
    response.reader_size_bytes = kSize;
    response.reader = [&](uint64_t offset, uint64_t size_bytes) -> Result<std::string> {
      piece_size_max = std::max(piece_size_max, size_bytes);
      return std::string(size_bytes / 2 + 1, static_cast<char>('a' + offset % 7));
    };
    return response;
  });
  HttpClient client({});
  const auto answer = client.Send({.url = UrlOf(*server)});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body.size(), kSize);
  EXPECT_LE(piece_size_max, uint64_t{2} << 20);
  EXPECT_EQ(server->counts().sent_bytes, kSize);
}

TEST(HttpServer, ABodyThatFailsIsCut) {
  const auto server = Start([](const HttpRequest&) {
    HttpResponse response;
    response.reader_size_bytes = 100;
    response.reader = [](uint64_t offset, uint64_t) -> Result<std::string> {
      if (offset > 0) return Fail(ErrorCode::kUnavailable, "gone");
      return std::string(50, 'x');
    };
    return response;
  });
  HttpClient client({});
  EXPECT_FALSE(client.Send({.url = UrlOf(*server)}).has_value());
}

TEST(HttpServer, StopsBesideIdleConnections) {
  auto server = Start(Echo);
  RawClient client(*server);
  client.Send("GET /a HTTP/1.1\r\n\r\n");
  while (server->counts().sent_bytes == 0) std::this_thread::yield();
  RawClient silent(*server);
  server.reset();
  EXPECT_TRUE(client.ReadAll().ends_with("GET /a"));
}

TEST(HttpServer, AnswersThatRunEndInPeace) {
  std::latch running(1), may_end(1);
  auto server = Start([&](const HttpRequest& request) {
    running.count_down();
    may_end.wait();
    return Echo(request);
  });
  RawClient client(*server);
  client.Send("GET /late HTTP/1.1\r\n\r\n");
  running.wait();
  std::thread stopper([&] { server.reset(); });
  may_end.count_down();
  stopper.join();
  EXPECT_TRUE(client.ReadAll().ends_with("GET /late"));
}

TEST(HttpServer, MoreConnectionsThanAllowedWait) {
  const auto server = Start(Echo, {.connection_count_max = 1});
  auto first = std::make_unique<RawClient>(*server);
  first->Send("GET /first HTTP/1.1\r\nConnection: close\r\n\r\n");
  RawClient second(*server);
  second.Send("GET /second HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(first->ReadAll().ends_with("GET /first"));
  first.reset();
  EXPECT_TRUE(second.ReadAll().ends_with("GET /second"));
}

TEST(HttpServer, AddressesThatCannotBe) {
  for (const char* address : {"", "8080", "h:", ":80", "127.0.0.1:x", "127.0.0.1:999999"}) {
    const auto server = HttpServer::Start({.address = address}, Echo);
    ASSERT_FALSE(server.has_value()) << address;
    EXPECT_EQ(server.error().code(), ErrorCode::kInvalidArgument) << address;
  }
  const auto taken = Start(Echo);
  const std::string address = "127.0.0.1:" + std::to_string(taken->port());
  const auto second = HttpServer::Start({.address = address}, Echo);
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().message(), HasSubstr(address + ": Address already in use"));
}

}  // namespace
}  // namespace icefall::s3proxy

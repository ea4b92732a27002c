// Files that are made on demand, kept on disk up to a size.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "s3proxy/virtual_file.h"

namespace icefall::s3proxy {

struct RewrittenFilesOptions {
  std::string directory;  // made when it is missing; several processes may share it
  uint64_t size_bytes_max = uint64_t{10} << 30;
  uint32_t made_at_once_max = 2;
};

struct RewrittenFilesCounts {
  uint64_t made = 0;
  uint64_t found = 0;
  uint64_t failed = 0;
  uint64_t size_bytes = 0;  // kept now
  double made_seconds = 0;
};

// A file is kept under a name of its identity and a hash of its bytes, which is its ETag. Thread-
// safe; a file that several ask for is made once.
class RewrittenFiles {
 public:
  // Writes the file's bytes to a path where nothing is yet.
  using Maker = std::function<Result<void>(const std::string& path)>;

  // Finds what earlier processes left. Error: why the directory cannot be used.
  static Result<std::unique_ptr<RewrittenFiles>> Open(RewrittenFilesOptions options);

  // `identity`: 64 hexadecimal digits; the same for the same bytes only. What was opened stays
  // readable when it is removed. Errors: those of `make`, and of the disk.
  Result<FileContentPointer> Open(const std::string& identity, const Maker& make);
  // Costs nothing for what was there before, whether or not it is kept still.
  Result<FileFacts> Facts(const std::string& identity, const Maker& make);

  RewrittenFilesCounts counts() const;

 private:
  struct Kept {
    FileFacts facts;
    bool on_disk = false;
    std::list<std::string>::iterator use;  // in uses_, while it is on disk
  };
  explicit RewrittenFiles(RewrittenFilesOptions options) : options_(std::move(options)) {}
  void FindKept();
  std::string PathOf(const std::string& identity, const FileFacts& facts) const;
  void Keep(const std::string& identity, FileFacts facts);  // with mutex_
  void RemoveOldest();                                      // with mutex_
  // Null when it is not there.
  FileContentPointer OpenKept(const std::string& identity);
  Result<FileContentPointer> Make(const std::string& identity, const Maker& make);

  const RewrittenFilesOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable made_;
  std::unordered_map<std::string, Kept> kept_;  // guarded by mutex_
  std::list<std::string> uses_;                 // least recent first; guarded by mutex_
  std::set<std::string> making_;                // guarded by mutex_
  RewrittenFilesCounts counts_;                 // guarded by mutex_
};

}  // namespace icefall::s3proxy

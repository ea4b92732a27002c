// The file that DuckDB LOADs: it holds no DuckDB symbol itself, makes the host's visible and then
// opens the engine, libicefall_core.so, which stands beside it.
//
// Why not LOAD the engine: Python opens DuckDB's module with RTLD_LOCAL, so nothing loaded later
// finds DuckDB's symbols. Re-opening that module with RTLD_GLOBAL changes this, and there stays one
// copy of DuckDB in the process. The price: a DuckDB of another version that the process opens
// later finds these symbols before its own. A host that exports nothing (DuckDB's own command line)
// gets the private libduckdb.so beside this file instead, of the same version, whose code works on
// the host's objects because their layout is the same.
#include <mutex>
#include <stdexcept>
#include <string>

#include <dlfcn.h>

namespace duckdb {
class ExtensionLoader;
}

namespace {

constexpr const char* kExpectedVersion = "v" ICEFALL_DUCKDB_VERSION;
// duckdb::DuckDB::LibraryVersion(): exported by every host that exports anything.
constexpr const char* kVersionSymbol = "_ZN6duckdb6DuckDB14LibraryVersionEv";

using VersionFunction = const char* (*)();
using CoreInitFunction = void (*)(duckdb::ExtensionLoader&);

// DuckDB puts the name and path of the extension in front, and catches std::exception only.
[[noreturn]] void Refuse(const std::string& reason) {
  throw std::runtime_error("icefall: " + reason);
}

std::string LastLoaderError() {
  const char* reason = dlerror();
  return reason == nullptr ? "unknown reason" : reason;
}

Dl_info FileOf(const void* address) {
  Dl_info info{};
  if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) {
    Refuse("the dynamic loader does not know which file called the extension");
  }
  return info;
}

// The folder of this file, with a final slash.
std::string OwnFolder() {
  static const char anchor = 0;
  const std::string path = FileOf(&anchor).dli_fname;
  return path.substr(0, path.rfind('/') + 1);
}

void CheckVersion(void* library, const std::string& path) {
  auto version = reinterpret_cast<VersionFunction>(dlsym(library, kVersionSymbol));
  if (version == nullptr) {
    Refuse(path + " exports no DuckDB symbols");
  }
  if (const std::string found = version(); found != kExpectedVersion) {
    Refuse("built for DuckDB " + std::string(kExpectedVersion) + ", but " + path + " is DuckDB " +
           found + "; install duckdb==" ICEFALL_DUCKDB_VERSION);
  }
}

// After this, symbols of DuckDB resolve for whatever is opened next.
void MakeDuckdbVisible(const Dl_info& host) {
  void* handle = dlopen(host.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL);
  if (handle == nullptr) {
    // The loader does not find a main program by its path; what that exports is global anyway.
    handle = dlopen(nullptr, RTLD_NOW);
  }
  if (handle != nullptr && dlsym(handle, kVersionSymbol) != nullptr) {
    CheckVersion(handle, host.dli_fname);
    return;
  }
  const std::string path = OwnFolder() + "libduckdb.so";
  void* private_copy = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (private_copy == nullptr) {
    Refuse(std::string(host.dli_fname) +
           " exports no DuckDB symbols, and the DuckDB library that "
           "would stand in for them did not open: " +
           LastLoaderError());
  }
  CheckVersion(private_copy, path);
}

CoreInitFunction OpenCore() {
  const std::string path = OwnFolder() + "libicefall_core.so";
  void* core = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (core == nullptr) {
    Refuse("the engine did not open: " + LastLoaderError());
  }
  auto init = reinterpret_cast<CoreInitFunction>(dlsym(core, "icefall_core_init"));
  if (init == nullptr) {
    Refuse(path + " is not an IcefallDB engine: it has no icefall_core_init");
  }
  return init;
}

// The engine is opened once per process and stays bound to the DuckDB that it was opened for.
CoreInitFunction CoreFor(const Dl_info& host) {
  static std::mutex mutex;
  static CoreInitFunction core = nullptr;
  static const void* core_host = nullptr;
  static std::string core_host_path;
  const std::scoped_lock lock(mutex);
  if (core == nullptr) {
    MakeDuckdbVisible(host);
    core = OpenCore();
    core_host = host.dli_fbase;
    core_host_path = host.dli_fname;
  }
  if (core_host != host.dli_fbase) {
    Refuse("this process has two copies of DuckDB: the engine already works inside " +
           core_host_path + " and cannot also work inside " + host.dli_fname);
  }
  return core;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void icefall_duckdb_cpp_init(
    duckdb::ExtensionLoader& loader) {
  // Before anything is inlined around it: the return address lies in the DuckDB that loads us.
  const Dl_info host = FileOf(__builtin_return_address(0));
  CoreFor(host)(loader);
}

#include "s3proxy/source/icefall_source.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/hash.h"
#include "s3proxy/source/file_names.h"
#include "s3proxy/source/raw_file.h"

namespace icefall::s3proxy {
namespace {

// Keeps what a view shows from being collected as garbage, and reads it.
class ViewPin {
 public:
  ViewPin(std::shared_ptr<Database> database, std::shared_ptr<Transaction> transaction,
          LiveRowsSettings settings)
      : database_(std::move(database)),
        transaction_(std::move(transaction)),
        settings_(std::move(settings)) {}

  // Thread-safe.
  Result<void> Write(const ObjectName& table, const Schema& schema, uint64_t fragment,
                     const std::string& path) {
    LiveRowsWriter* writer = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (writer_ == nullptr) {
        ICEFALL_ASSIGN_OR_RETURN(writer_, LiveRowsWriter::Open(settings_));
      }
      writer = writer_.get();
    }
    return writer->Write(table, schema, fragment, path);
  }

 private:
  const std::shared_ptr<Database> database_;
  const std::shared_ptr<Transaction> transaction_;
  const LiveRowsSettings settings_;
  std::mutex mutex_;
  std::unique_ptr<LiveRowsWriter> writer_;  // guarded by mutex_; null until something is written
};

struct RewrittenPart {
  std::shared_ptr<ViewPin> pin;
  ObjectName table;
  std::shared_ptr<const Schema> schema;
  uint64_t fragment;  // 0: inline rows
};

class RewrittenFile : public VirtualFile {
 public:
  RewrittenFile(std::string key, TimestampMicros modified_at, std::string identity,
                RewrittenPart part, RewrittenFiles& files)
      : VirtualFile(std::move(key), modified_at),
        identity_(std::move(identity)),
        part_(std::move(part)),
        files_(files) {}

  Result<FileFacts> Facts() override { return files_.Facts(identity_, Maker()); }
  Result<FileContentPointer> Open() override { return files_.Open(identity_, Maker()); }

 private:
  RewrittenFiles::Maker Maker() const {
    return [part = part_](const std::string& path) {
      return part.pin->Write(part.table, *part.schema, part.fragment, path);
    };
  }

  const std::string identity_;
  const RewrittenPart part_;
  RewrittenFiles& files_;
};

// What a reader sees of the columns in a file that was written under a schema.
bool LooksLike(const Schema& written, const Schema& wanted) {
  const auto stored = [](const Schema& schema) {
    std::vector<const Field*> fields;
    for (const Field& field : schema.fields) {
      if (!field.generated_as) fields.push_back(&field);
    }
    return fields;
  };
  return std::ranges::equal(stored(written), stored(wanted), [](const Field* a, const Field* b) {
    return a->id == b->id && a->name == b->name && a->type == b->type;
  });
}

bool IsShownAsStored(const Snapshot& snapshot, const Fragment& fragment) {
  if (fragment.deletes != nullptr || fragment.has_row_ids) return false;
  if (fragment.schema == snapshot.schema->id) return true;
  const auto written = snapshot.schemas.find(fragment.schema);
  return written != snapshot.schemas.end() && LooksLike(*written->second, *snapshot.schema);
}

}  // namespace

Result<FileSourcePointer> IcefallSource::Open(IcefallSourceSettings settings,
                                              RewrittenFiles& rewritten, Clock& clock) {
  DatabaseOptions options;
  options.read_only = true;
  options.clock = &clock;
  ICEFALL_ASSIGN_OR_RETURN(auto database, Database::Open(settings.location, options));
  return FileSourcePointer(
      new IcefallSource(std::move(settings), std::move(database), rewritten, clock));
}

IcefallSource::IcefallSource(IcefallSourceSettings settings, std::shared_ptr<Database> database,
                             RewrittenFiles& rewritten, Clock& clock)
    : settings_(std::move(settings)),
      database_(std::move(database)),
      rewritten_(rewritten),
      clock_(clock) {}

bool IcefallSource::is_fixed() const {
  return settings_.sequence || (settings_.time && *settings_.time < clock_.NowMicros());
}

Result<IcefallSource::Moment> IcefallSource::Look(std::shared_ptr<Transaction> transaction) const {
  Moment moment;
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
  moment.point = catalog->database_sequence.value;
  for (const ObjectName& name : settings_.tables) {
    const auto object = catalog->Find(ObjectKind::kTable, name);
    if (object == nullptr || object->kind != ObjectKind::kTable) {
      return Fail(ErrorCode::kNotFound, fmt::format("table '{}.{}' not found in {}", name.schema,
                                                    name.name, database_->store().name()));
    }
    ICEFALL_ASSIGN_OR_RETURN(auto state, transaction->Table(object->uuid));
    moment.point = std::max(moment.point, state->database_sequence.value);
    moment.states.emplace_back(object->name, std::move(state));
    moment.directories.push_back(object->directory);
  }
  moment.transaction = std::move(transaction);
  return moment;
}

// A transaction of a time holds all of the past; one of a number only what is needed from then on.
Result<IcefallSource::Moment> IcefallSource::LookAtTime(TimestampMicros time) const {
  ICEFALL_ASSIGN_OR_RETURN(auto found, database_->BeginAt({.time = time}));
  ICEFALL_ASSIGN_OR_RETURN(const Moment moment, Look(std::move(found)));
  ICEFALL_ASSIGN_OR_RETURN(auto held,
                           database_->BeginAt({.sequence = DatabaseSequence(moment.point)}));
  return Look(std::move(held));
}

Result<TableViewPointer> IcefallSource::Current() {
  if (is_fixed()) {
    const std::lock_guard lock(mutex_);
    if (fixed_view_ != nullptr) return fixed_view_;
  }
  if (settings_.sequence) {
    ICEFALL_ASSIGN_OR_RETURN(
        auto begun, database_->BeginAt({.sequence = DatabaseSequence(*settings_.sequence)}));
    ICEFALL_ASSIGN_OR_RETURN(const Moment moment, Look(std::move(begun)));
    return Remember(moment);
  }
  if (is_fixed()) {
    ICEFALL_ASSIGN_OR_RETURN(const Moment moment, LookAtTime(*settings_.time));
    return Remember(moment);
  }
  ICEFALL_ASSIGN_OR_RETURN(auto begun, database_->Begin());
  ICEFALL_ASSIGN_OR_RETURN(const Moment moment, Look(std::move(begun)));
  return Remember(moment);
}

Result<TableViewPointer> IcefallSource::At(uint64_t point) {
  ICEFALL_ASSIGN_OR_RETURN(auto begun, database_->BeginAt({.sequence = DatabaseSequence(point)}));
  ICEFALL_ASSIGN_OR_RETURN(const Moment moment, Look(std::move(begun)));
  return MakeView(moment);
}

TableViewPointer IcefallSource::Remember(const Moment& moment) {
  const std::lock_guard lock(mutex_);
  auto view = last_view_.lock();
  const bool is_same =
      view != nullptr && std::ranges::equal(moment.states, last_states_, [](auto& a, auto& b) {
        return a.second->table_uuid == b.second->table_uuid &&
               a.second->sequence == b.second->sequence;
      });
  if (!is_same) {
    view = MakeView(moment);
    last_view_ = view;
    last_states_ = moment.states;
  }
  if (is_fixed()) fixed_view_ = view;
  return view;
}

TableViewPointer IcefallSource::MakeView(const Moment& moment) const {
  auto view = std::make_shared<TableView>();
  view->point = moment.point;
  const auto pin = std::make_shared<ViewPin>(
      database_, moment.transaction,
      LiveRowsSettings{settings_.location, moment.point, settings_.temp_directory,
                       settings_.memory_limit_bytes});
  // Readable for as long as the view, or a file of it, is held.
  const std::shared_ptr<ObjectStore> store(pin, &database_->store());
  for (size_t i = 0; i < moment.states.size(); ++i) {
    const auto& [name, state] = moment.states[i];
    std::string folder;
    if (settings_.folders || settings_.tables.size() > 1) {
      folder = name.schema == "main" ? name.name + "/" : name.schema + "/" + name.name + "/";
    }
    const auto add_rewritten = [&](const std::string& file, uint64_t fragment) {
      const auto time = TimeOfName(file).value_or(state->committed_at);
      view->files.push_back(std::make_shared<RewrittenFile>(
          folder + file, time, Sha256Hex(state->table_uuid + "\n" + file),
          RewrittenPart{pin, name, state->schema, fragment}, rewritten_));
    };
    state->fragments.ForEach([&](const FragmentPointer& fragment) {
      if (fragment->live_count() == 0) return;
      if (!IsShownAsStored(*state, *fragment)) {
        add_rewritten(RewrittenFileName(*fragment, state->schema->id), fragment->id.value);
        return;
      }
      const std::string file = RawFileName(*fragment);
      view->files.push_back(
          MakeRawFile(folder + file, TimeOfName(file).value_or(state->committed_at), store,
                      moment.directories[i] + "/" + fragment->path, fragment->size_bytes,
                      state->table_uuid + "\n" + fragment->path));
    });
    // A table without rows is a file without rows, so that readers know its columns.
    if (state->inline_rows.live_count() > 0 || state->live_row_count == 0) {
      add_rewritten(InlineFileName(state->inline_rows, state->schema->id), 0);
    }
  }
  std::ranges::sort(view->files, {}, [](const VirtualFilePointer& f) { return f->key(); });
  return view;
}

}  // namespace icefall::s3proxy

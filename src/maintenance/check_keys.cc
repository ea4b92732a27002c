#include "maintenance/check_keys.h"

#include <set>

#include <fmt/format.h>

namespace icefall {

namespace {

class KeysCheck {
 public:
  KeysCheck(const std::string& location, const ObjectName& table, const Schema& schema,
            DataFileReader& reader, CheckReport& report)
      : location_(location), table_(table), schema_(schema), reader_(reader), report_(report) {}

  void Run() {
    std::set<std::string> required;
    for (const Field& field : schema_.fields) {
      if (field.required && !field.generated_as) required.insert(field.name);
    }
    for (const Constraint& constraint : schema_.constraints) {
      if (constraint.kind == Constraint::Kind::kCheck) CheckRows(constraint);
      if (!IsUnique(constraint.kind)) continue;
      std::vector<std::string> columns;
      for (const FieldId id : constraint.fields) columns.push_back(schema_.Find(id)->name);
      if (constraint.kind == Constraint::Kind::kPrimaryKey) {
        required.insert(columns.begin(), columns.end());
      }
      CheckUnique(constraint, columns);
    }
    for (const std::string& column : required) CheckNulls(column);
    CheckIndexes();
  }

 private:
  void Add(std::string code, const std::string& message) {
    report_.Add(Severity::kError, std::move(code),
                fmt::format("table '{}': {}", table_.name, message));
  }

  void CheckUnique(const Constraint& constraint, const std::vector<std::string>& columns) {
    const auto found = reader_.FindDuplicateKey(location_, table_, columns);
    if (!found) {
      Add("KeysUnread", fmt::format("{}: {}", constraint.name, found.error().message()));
    } else if (*found) {
      Add("DuplicateKey", fmt::format("constraint '{}': {} is the key of more than one live row",
                                      constraint.name, **found));
    }
  }

  void CheckNulls(const std::string& column) {
    const auto found = reader_.CountNulls(location_, table_, column);
    if (!found) {
      Add("KeysUnread", fmt::format("column '{}': {}", column, found.error().message()));
    } else if (*found > 0) {
      Add("UnexpectedNull",
          fmt::format("column '{}' must not be NULL, and is in {} live rows", column, *found));
    }
  }

  void CheckRows(const Constraint& constraint) {
    const auto found = reader_.CountViolations(location_, table_, constraint.expression);
    if (!found) {
      Add("KeysUnread",
          fmt::format("constraint '{}': {}", constraint.name, found.error().message()));
    } else if (*found > 0) {
      Add("CheckViolated", fmt::format("constraint '{}': {} live rows are not {}", constraint.name,
                                       *found, constraint.expression));
    }
  }

  void CheckIndexes() {
    const auto found = reader_.FindWrongIndexes(location_, table_);
    if (!found) {
      Add("KeysUnread", fmt::format("indexes: {}", found.error().message()));
      return;
    }
    for (const std::string& key : *found) {
      Add("IndexDiffers", fmt::format("{}: has other keys than its data file", key));
    }
  }

  const std::string& location_;
  const ObjectName& table_;
  const Schema& schema_;
  DataFileReader& reader_;
  CheckReport& report_;
};

}  // namespace

void CheckKeys(const std::string& location, const ObjectName& table, const Schema& schema,
               DataFileReader& reader, CheckReport& report) {
  KeysCheck(location, table, schema, reader, report).Run();
}

}  // namespace icefall

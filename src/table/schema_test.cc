#include "table/schema.h"

#include <functional>

#include "table/sample_table.h"

namespace icefall {
namespace {

using sample::Column;
using sample::FailsWith;

Field Nested(int32_t id, std::string name, TypeKind kind, std::vector<Field> children) {
  Field field;
  field.id = FieldId(id);
  field.name = std::move(name);
  field.type.kind = kind;
  field.type.children = std::move(children);
  return field;
}

Constraint Key(Constraint::Kind kind, std::string name, std::vector<int32_t> fields) {
  Constraint key;
  key.kind = kind;
  key.name = std::move(name);
  for (const int32_t id : fields) key.fields.emplace_back(id);
  return key;
}

Constraint Check(std::string name, std::string expression) {
  Constraint check;
  check.name = std::move(name);
  check.expression = std::move(expression);
  return check;
}

// a BIGINT, b STRUCT(x DATE, y INTEGER[]), c MAP(VARCHAR, INTEGER); ids 1 to 8 depth first.
Schema SampleSchema() {
  Schema schema;
  schema.fields = {
      Column(1, "a", "BIGINT"),
      Nested(2, "b", TypeKind::kStruct,
             {Column(3, "x", "DATE"),
              Nested(4, "y", TypeKind::kList, {Column(5, "element", "INTEGER")})}),
      Nested(6, "c", TypeKind::kMap, {Column(7, "key", "VARCHAR"), Column(8, "value", "INTEGER")})};
  schema.constraints = {Key(Constraint::Kind::kPrimaryKey, "pk", {1}),
                        Key(Constraint::Kind::kUnique, "u", {1, 2}), Check("positive", "a > 0")};
  return schema;
}

TEST(Schema, FindsTopLevelFieldsByNameIgnoringCase) {
  Schema schema = SampleSchema();
  schema.fields.push_back(Column(9, "Größe", "BIGINT"));
  EXPECT_EQ(schema.Find("A"), &schema.fields[0]);
  EXPECT_EQ(schema.Find("b"), &schema.fields[1]);
  EXPECT_EQ(schema.Find("GRößE"), &schema.fields[3]);
  EXPECT_EQ(schema.Find("x"), nullptr);
  EXPECT_EQ(schema.Find(""), nullptr);
}

TEST(Schema, FindsFieldsOfAnyDepthById) {
  const Schema schema = SampleSchema();
  ASSERT_NE(schema.Find(FieldId(5)), nullptr);
  EXPECT_EQ(schema.Find(FieldId(5))->name, "element");
  EXPECT_EQ(schema.Find(FieldId(2)), &schema.fields[1]);
  EXPECT_EQ(schema.Find(FieldId(9)), nullptr);
  EXPECT_EQ(LastFieldId(schema), FieldId(8));
  EXPECT_EQ(LastFieldId(Schema()), FieldId(0));
}

void ClearIds(std::vector<Field>& fields) {
  for (Field& field : fields) {
    field.id = FieldId();
    ClearIds(field.type.children);
  }
}

TEST(Schema, AssignsIdsDepthFirst) {
  Schema schema = SampleSchema();
  ClearIds(schema.fields);
  EXPECT_EQ(AssignFieldIds(schema, FieldId(0)), FieldId(8));
  EXPECT_EQ(schema.fields, SampleSchema().fields);
}

TEST(Schema, AssignsIdsOnlyWhereThereAreNone) {
  Schema schema = SampleSchema();
  schema.fields[1].type.children.push_back(Column(0, "z", "DATE"));
  schema.fields.push_back(Column(0, "d", "DATE"));
  EXPECT_EQ(AssignFieldIds(schema, FieldId(20)), FieldId(22));
  EXPECT_EQ(schema.fields[1].type.children[2].id, FieldId(21));
  EXPECT_EQ(schema.fields[3].id, FieldId(22));
  EXPECT_EQ(schema.fields[0].id, FieldId(1));
}

TEST(Schema, AcceptsEveryKind) {
  Schema schema = SampleSchema();
  schema.fields.push_back(
      Nested(9, "d", TypeKind::kArray, {Column(10, "element", "ENUM('a', 'b')")}));
  schema.fields.back().type.array_size = 3;
  schema.fields.push_back(Nested(11, "e", TypeKind::kUnion, {Column(2147483446, "n", "DATE")}));
  EXPECT_TRUE(ValidateSchema(schema).has_value());
  EXPECT_TRUE(ValidateSchema(Schema()).has_value());
}

struct Refusal {
  std::function<void(Schema&)> breaks;
  const char* message;
};

TEST(Schema, RefusesWrongFields) {
  const Refusal refusals[] = {
      {[](Schema& s) { s.fields[1].type.children[0].name = ""; },
       "field 3 in 'b': expected a name, found none"},
      {[](Schema& s) { s.fields[2].name = "A"; },
       "field 'A': the name occurs twice (case is ignored)"},
      {[](Schema& s) { s.fields[1].type.children[1].name = "X"; },
       "field 'b.X': the name occurs twice (case is ignored)"},
      {[](Schema& s) { s.fields[0].id = FieldId(0); },
       "field 'a': expected an id from 1 to 2147483446, found 0"},
      {[](Schema& s) { s.fields[0].id = FieldId(-1); },
       "field 'a': expected an id from 1 to 2147483446, found -1"},
      {[](Schema& s) { s.fields[0].id = FieldId(2147483447); },
       "field 'a': expected an id from 1 to 2147483446, found 2147483447"},
      {[](Schema& s) { s.fields[2].type.children[1].id = FieldId(1); },
       "field 'c.value': id 1 occurs twice"},
      {[](Schema& s) { s.fields[0].type.name = ""; }, "field 'a': expected a type name, found ''"},
      {[](Schema& s) { s.fields[1].type.name = "STRUCT"; },
       "field 'b': expected no name for a nested type, found 'STRUCT'"},
      {[](Schema& s) { s.fields[0].type.array_size = 2; },
       "field 'a': expected array size 0 for a type that is no array, found 2"},
      {[](Schema& s) { s.fields[1].type.children[1].type.kind = TypeKind::kArray; },
       "field 'b.y': expected an array size of at least 1, found 0"},
      {[](Schema& s) { s.fields[0].type.children = {Column(9, "element", "DATE")}; },
       "field 'a': expected no nested fields, found 'element'"},
      {[](Schema& s) { s.fields[2].type.children.pop_back(); },
       "field 'c': expected the nested fields 'key' 'value', found 'key'"},
      {[](Schema& s) { s.fields[1].type.children[1].type.children.clear(); },
       "field 'b.y': expected the nested fields 'element', found none"},
      {[](Schema& s) { s.fields[1].type.children.clear(); },
       "field 'b': expected at least one member, found none"},
  };
  for (const Refusal& refusal : refusals) {
    Schema schema = SampleSchema();
    refusal.breaks(schema);
    EXPECT_THAT(ValidateSchema(schema), FailsWith(ErrorCode::kInvalidArgument, refusal.message));
  }
}

TEST(Schema, RefusesTypesThatNestTooDeep) {
  Field field = Column(1, "element", "DATE");
  for (int32_t id = 2; id <= 64; ++id) {
    field = Nested(id, "element", TypeKind::kList, {std::move(field)});
  }
  Schema schema;
  schema.fields = {std::move(field)};
  EXPECT_TRUE(ValidateSchema(schema).has_value());
  schema.fields = {Nested(65, "list", TypeKind::kList, std::move(schema.fields))};
  const auto refused = ValidateSchema(schema);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message(),
              testing::EndsWith("expected at most 64 levels of nesting, found more"));
}

TEST(Schema, RefusesWrongConstraints) {
  const Refusal refusals[] = {
      {[](Schema& s) { s.constraints[2].name = ""; }, "constraint '': expected a name, found none"},
      {[](Schema& s) { s.constraints[1].name = "PK"; },
       "constraint 'PK': the name occurs twice (case is ignored)"},
      {[](Schema& s) { s.constraints[2].expression = ""; },
       "constraint 'positive': expected an expression and no key fields, found '' and 0 fields"},
      {[](Schema& s) { s.constraints[2].fields = {FieldId(1)}; },
       "constraint 'positive': expected an expression and no key fields, found 'a > 0' and 1 "
       "fields"},
      {[](Schema& s) { s.constraints[0].fields.clear(); },
       "constraint 'pk': expected key fields and no expression, found 0 fields and expression ''"},
      {[](Schema& s) { s.constraints[1].expression = "a"; },
       "constraint 'u': expected key fields and no expression, found 2 fields and expression 'a'"},
      {[](Schema& s) { s.constraints[0].fields = {FieldId(9)}; },
       "constraint 'pk': there is no column with id 9"},
      {[](Schema& s) { s.constraints[0].fields = {FieldId(3)}; },
       "constraint 'pk': there is no column with id 3"},
      {[](Schema& s) {
         s.constraints[1].fields = {FieldId(1), FieldId(1)};
       },
       "constraint 'u': column id 1 occurs twice"},
      {[](Schema& s) { s.constraints[1].kind = Constraint::Kind::kPrimaryKey; },
       "constraint 'u': the table already has primary key 'pk'"},
  };
  for (const Refusal& refusal : refusals) {
    Schema schema = SampleSchema();
    refusal.breaks(schema);
    EXPECT_THAT(ValidateSchema(schema), FailsWith(ErrorCode::kInvalidArgument, refusal.message));
  }
}

}  // namespace
}  // namespace icefall

#include "table/schema_change.h"

#include <functional>

#include "table/sample_table.h"

namespace icefall {
namespace {

using sample::Column;

// id BIGINT NOT NULL, point STRUCT(x DOUBLE, y DOUBLE), twice BIGINT generated.
Schema Before() {
  Schema schema;
  Field point = Column(2, "point", "");
  point.type.kind = TypeKind::kStruct;
  point.type.children = {Column(3, "x", "DOUBLE"), Column(4, "y", "DOUBLE")};
  Field twice = Column(5, "twice", "BIGINT");
  twice.generated_as = "id * 2";
  schema.fields = {Column(1, "id", "BIGINT"), point, twice};
  schema.fields[0].required = true;
  return schema;
}

struct Case {
  std::function<void(Schema&)> change;
  const char* rows_do_not_fit;        // "": they do
  const char* expressions_may_break;  // "": they may not
  const char* description;
};

void AddKey(Schema& schema) {
  Constraint key;
  key.kind = Constraint::Kind::kPrimaryKey;
  key.name = "pk";
  key.fields = {FieldId(1)};
  schema.constraints.push_back(key);
}

const Case kCases[] = {
    {[](Schema& s) { s.fields.push_back(Column(6, "new", "DATE")); }, "", "", "column 'new' added"},
    {[](Schema& s) {
       s.fields.push_back(Column(6, "new", "DATE"));
       s.fields.back().required = true;
       s.fields.back().initial_default = "DATE '2024-01-01'";
     },
     "", "", "column 'new' added"},
    {[](Schema& s) {
       s.fields.push_back(Column(6, "new", "DATE"));
       s.fields.back().required = true;
     },
     "column 'new' was added as NOT NULL without a default", "", "column 'new' added"},
    {[](Schema& s) { s.fields.erase(s.fields.begin()); }, "column 'id' was dropped",
     "column 'id' was dropped", "column 'id' dropped"},
    {[](Schema& s) { s.fields[0].name = "key"; }, "", "column 'id' was renamed to 'key'",
     "column 'id' renamed to 'key'"},
    {[](Schema& s) { s.fields[0].type.name = "HUGEINT"; },
     "column 'id' was changed from BIGINT to HUGEINT",
     "column 'id' was changed from BIGINT to HUGEINT", "type of column 'id' changed to HUGEINT"},
    {[](Schema& s) { s.fields[1].required = true; }, "column 'point' became NOT NULL", "",
     "column 'point' changed"},
    {[](Schema& s) { s.fields[0].required = false; }, "", "", "column 'id' changed"},
    {[](Schema& s) { s.fields[0].write_default = "7"; }, "", "", "column 'id' changed"},
    {[](Schema& s) { s.fields[0].comment = "the key"; }, "", "", "column 'id' changed"},
    {[](Schema& s) { s.fields[0].initial_default = "7"; },
     "the initial default of column 'id' was changed", "", "column 'id' changed"},
    {[](Schema& s) { s.fields[2].generated_as = "id * 3"; },
     "the expression of generated column 'twice' was changed", "", "column 'twice' changed"},
    {[](Schema& s) { s.fields[1].type.children.push_back(Column(6, "z", "DOUBLE")); }, "",
     "column 'point' was changed from STRUCT(\"x\" DOUBLE, \"y\" DOUBLE) to STRUCT(\"x\" DOUBLE, "
     "\"y\" DOUBLE, \"z\" DOUBLE)",
     "type of column 'point' changed to STRUCT(\"x\" DOUBLE, \"y\" DOUBLE, \"z\" DOUBLE)"},
    {[](Schema& s) { s.fields[1].type.children.pop_back(); }, "column 'point.y' was dropped",
     "column 'point' was changed from STRUCT(\"x\" DOUBLE, \"y\" DOUBLE) to STRUCT(\"x\" DOUBLE)",
     "type of column 'point' changed to STRUCT(\"x\" DOUBLE)"},
    {AddKey, "constraint 'pk' was added", "", "constraints changed"},
    {[](Schema& s) { std::swap(s.fields[0], s.fields[1]); }, "", "", "columns reordered"},
};

TEST(SchemaChange, IsJudgedAndDescribed) {
  for (const Case& test : kCases) {
    const Schema before = Before();
    Schema after = Before();
    test.change(after);
    EXPECT_EQ(DescribeSchemaChange(before, after), test.description);
    EXPECT_EQ(WhyRowsDoNotFit(before, after).value_or(""), test.rows_do_not_fit)
        << test.description;
    EXPECT_EQ(WhyExpressionsMayBreak(before, after).value_or(""), test.expressions_may_break)
        << test.description;
  }
}

TEST(SchemaChange, WideningLetsRowsFitUnlessAKeyHasTheColumn) {
  Schema before = Before(), after = Before();
  before.fields[0].type = Type::Primitive("INTEGER");
  EXPECT_EQ(WhyRowsDoNotFit(before, after), std::nullopt);
  EXPECT_EQ(WhyRowsDoNotFit(after, before), "column 'id' was changed from BIGINT to INTEGER");
  AddKey(before);
  AddKey(after);
  EXPECT_EQ(WhyRowsDoNotFit(before, after),
            "column 'id' of key 'pk' was changed from INTEGER to BIGINT");
  after.fields[0].required = before.fields[0].required = false;
  after.constraints.clear();
  after.fields[0].required = true;
  EXPECT_EQ(WhyRowsDoNotFit(before, after), "column 'id' became NOT NULL");
}

TEST(SchemaChange, DroppingAConstraintLetsRowsFit) {
  Schema before = Before();
  AddKey(before);
  EXPECT_EQ(WhyRowsDoNotFit(before, Before()), std::nullopt);
}

}  // namespace
}  // namespace icefall

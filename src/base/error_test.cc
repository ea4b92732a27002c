#include "base/error.h"

#include <set>
#include <string_view>

#include <gtest/gtest.h>

#include "base/result.h"

namespace icefall {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return Fail(ErrorCode::kInvalidArgument, "odd");
  return number / 2;
}

Result<int> Quarter(int number) {
  ICEFALL_ASSIGN_OR_RETURN(const int half, Half(number));
  return Half(half);
}

Result<void> CheckQuarter(int number) {
  ICEFALL_RETURN_IF_ERROR(Quarter(number));
  return {};
}

TEST(ErrorCode, NamesAreDistinct) {
  std::set<std::string_view> names;
  const int code_count = static_cast<int>(ErrorCode::kInternal) + 1;
  for (int i = 0; i < code_count; ++i) names.insert(ErrorCodeName(static_cast<ErrorCode>(i)));
  EXPECT_EQ(names.size(), static_cast<size_t>(code_count));
}

TEST(Error, ContextStandsInFront) {
  const Error error(ErrorCode::kNotFound, "no such file");
  EXPECT_EQ(error.WithContext("orders").message(), "orders: no such file");
  EXPECT_EQ(error.WithContext("orders").code(), ErrorCode::kNotFound);
}

TEST(Result, MacrosPassValuesAndErrors) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error().message(), "odd");
  EXPECT_TRUE(CheckQuarter(8).has_value());
  EXPECT_EQ(CheckQuarter(7).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace icefall

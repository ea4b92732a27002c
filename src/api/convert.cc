#include "api/convert.h"

#include <type_traits>
#include <utility>

namespace icefalldb {

static_assert(std::is_same_v<Value, icefall::Value>, "cells pass through unchanged");

namespace {

ErrorCode ToPublic(icefall::ErrorCode code) {
  switch (code) {
    case icefall::ErrorCode::kInvalidArgument:
      return ErrorCode::kInvalidArgument;
    case icefall::ErrorCode::kNotFound:
      return ErrorCode::kNotFound;
    case icefall::ErrorCode::kAlreadyExists:
      return ErrorCode::kAlreadyExists;
    case icefall::ErrorCode::kConflict:
      return ErrorCode::kConflict;
    case icefall::ErrorCode::kOutcomeUnknown:
      return ErrorCode::kOutcomeUnknown;
    case icefall::ErrorCode::kConstraint:
      return ErrorCode::kConstraint;
    case icefall::ErrorCode::kOutOfRange:
      return ErrorCode::kOutOfRange;
    case icefall::ErrorCode::kCorruption:
      return ErrorCode::kCorruption;
    case icefall::ErrorCode::kPermissionDenied:
      return ErrorCode::kPermissionDenied;
    case icefall::ErrorCode::kResourceExhausted:
      return ErrorCode::kResourceExhausted;
    case icefall::ErrorCode::kUnavailable:
      return ErrorCode::kUnavailable;
    case icefall::ErrorCode::kUnsupported:
      return ErrorCode::kUnsupported;
    case icefall::ErrorCode::kInternal:
      return ErrorCode::kInternal;
  }
  std::unreachable();
}

}  // namespace

Error ToPublic(const icefall::Error& error) { return {ToPublic(error.code()), error.message()}; }

}  // namespace icefalldb

// The C interface that the Python package calls for what is no SQL statement. One function for
// all: requests and answers are JSON, so that a new operation changes no signature.
#pragma once

extern "C" {

// `request`: {"function": name, …arguments}. Answers {"value": …} or
// {"error": {"code": ErrorCodeName, "message": text}}, to be freed with icefall_free. Thread-safe.
// Once the byte at `stop` is not 0, what reads or writes files ends with "interrupted", and nothing
// of it stays.
char* icefall_call(const char* request, const bool* stop);

void icefall_free(char* answer);
}

// The C interface that the Python package calls for what is no SQL statement. One function for
// all: requests and answers are JSON, so that a new operation changes no signature.
#pragma once

extern "C" {

// `request`: {"function": name, …arguments}. Answers {"value": …} or
// {"error": {"code": ErrorCodeName, "message": text}}, to be freed with icefall_free. Thread-safe.
char* icefall_call(const char* request);

void icefall_free(char* answer);
}

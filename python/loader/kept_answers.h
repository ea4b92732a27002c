// Kept answers for the Python package, as a C interface without JSON: a call takes a microsecond.
#pragma once

#include <cstddef>
#include <cstdint>

struct ArrowArray;
struct ArrowSchema;

extern "C" {

// What one connection knows; to be freed with icefall_answers_free. One thread at a time.
void* icefall_answers_new(uint64_t budget_bytes);
void icefall_answers_free(void* answers);

// The id under which the answer to the text was put, while it holds; 0: there is none.
uint64_t icefall_answers_find(void* answers, const char* text, size_t size_bytes);

// Between the two, this thread plans the statement with the text. End answers 0 when the answer
// must not be kept, 1 when it may be, 2 when the planned statement answers nothing, as the file at
// icefall_answers_path has its rows.
void icefall_answers_begin(void* answers, const char* text, size_t size_bytes);
int icefall_answers_end(void* answers);
const char* icefall_answers_path(void* answers);

// Instead of the two, for a statement that statistics may answer: true when they do, and `schema`
// and `array` (of Arrow's C data interface, the caller's to release) hold the one row; as after 1
// then. False: the statement has to be planned. No other thread uses the connection meanwhile, but
// to interrupt it.
bool icefall_answers_ask(void* answers, const char* text, size_t size_bytes, ArrowSchema* schema,
                         ArrowArray* array);

// After 1 or 2: remembers that the caller keeps the answer, in so many bytes; its id, or 0.
uint64_t icefall_answers_put(void* answers, uint64_t size_bytes);
// After 1: shares the answer, as an Arrow IPC stream, with other processes.
void icefall_answers_save(void* answers, const char* arrow, size_t size_bytes);

// Something else than a query or a change of rows has run: texts may mean something else now.
void icefall_answers_forget(void* answers);
}

// Rows that are Python dicts as Arrow columns, for the Python package `icedb`, in one pass over the
// rows: Python would make a list of each column first.
#pragma once

extern "C" {

// `rows` is a list, not empty; `batch` an ArrowArray and `schema` an ArrowSchema, both released or
// new. 1: they got a record batch whose columns are those keys of the first row under which all
// rows have None or values of one kind: whole numbers of 64 bits, floating-point numbers, booleans
// or text. What a row lacks is null. 0: nothing was made, because a row is no dict or has a key
// that the first one lacks, or this Python is one that is not known. The caller holds the
// interpreter's lock, and no Python error is left behind.
int icefall_columns_of_dicts(void* rows, void* batch, void* schema);
}

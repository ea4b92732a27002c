// Rows that are Python dicts by the partition that a Python function names, in the one pass over
// the rows in which they become Arrow columns: for inserts of the Python package `icedb`.
#pragma once

extern "C" {

// `rows` is a list. A row's partition is what it has under `partition_key`, else what `function`
// answers; `careful` answers that of a row that is no dict. They are called once for each row, in
// order, and before the row is read. Unless `preserve`, `partition_key` becomes no column.
//
// 2: `batch` and `batch_schema` got a record batch of all rows, with the keys of the first row as
// columns, in which the rows of a partition stand together, in order; `names` and `names_schema`
// one of the partitions' names and of how many rows each has. Both are in the order in which
// partitions first appear. 1: `names` got a batch of the partition of each row, as a dictionary's
// number, and `batch` nothing, because the rows are not such as icefall_columns_of_dicts makes
// columns of alone. 0: nothing was called or made, because there are no rows or this Python is one
// that is not known. -1: there is a Python error, raised by one that was called or for a name that
// is None. The caller holds the interpreter's lock, which others may have meanwhile.
int icefall_group_dicts(void* rows, void* function, void* careful, void* partition_key,
                        int preserve, void* names, void* names_schema, void* batch,
                        void* batch_schema);
}

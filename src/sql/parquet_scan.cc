#include "sql/parquet_scan.h"

#include <exception>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"

#include "sql/store/error_names.h"

namespace icefall {

duckdb::TableFunction ParquetScanFunction(duckdb::ClientContext& context) {
  auto& system = duckdb::Catalog::GetSystemCatalog(context);
  auto& parquet =
      system.GetEntry<duckdb::TableFunctionCatalogEntry>(context, DEFAULT_SCHEMA, "parquet_scan");
  return parquet.functions.GetFunctionByOffset(0);
}

duckdb::unique_ptr<duckdb::FunctionData> BindParquetScan(duckdb::ClientContext& context,
                                                         duckdb::TableFunction& function,
                                                         duckdb::vector<duckdb::LogicalType>& types,
                                                         duckdb::vector<duckdb::string>& names) {
  duckdb::vector<duckdb::Value> inputs{duckdb::Value("")};
  duckdb::named_parameter_map_t parameters;
  duckdb::vector<duckdb::LogicalType> input_types;
  duckdb::vector<duckdb::string> input_names;
  duckdb::TableFunctionRef reference;
  duckdb::TableFunctionBindInput input(inputs, parameters, input_types, input_names,
                                       function.function_info.get(), nullptr, function, reference);
  try {
    return function.bind(context, input, types, names);
  } catch (const std::exception& error) {
    RethrowWithStoreNames(error);
  }
}

}  // namespace icefall

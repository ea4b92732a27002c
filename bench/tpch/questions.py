"""The 22 TPC-H queries, scans of lineitem, and questions that metadata can answer."""

import glob
import os

import duckdb
import duckdb_extension_tpch

SCANS = {
    "scan: sum of 4 columns": "SELECT sum(l_quantity), sum(l_extendedprice), sum(l_discount), "
    "sum(l_tax) FROM lineitem",
    "scan: filtered count": "SELECT count(*) FROM lineitem WHERE l_comment LIKE '%final%'",
    "scan: distinct": "SELECT count(DISTINCT l_suppkey) FROM lineitem",
    "scan: top 10": "SELECT l_orderkey, l_linenumber FROM lineitem "
    "ORDER BY l_extendedprice DESC, l_orderkey, l_linenumber LIMIT 10",
    "metadata: count": "SELECT count(*) FROM lineitem",
    "metadata: min, max": "SELECT min(l_orderkey), max(l_orderkey), min(l_shipdate), "
    "max(l_shipdate) FROM lineitem",
}


def questions():
    """Name -> SQL, the queries first."""
    package = os.path.dirname(duckdb_extension_tpch.__file__)
    (extension,) = glob.glob(f"{package}/**/*.duckdb_extension", recursive=True)
    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as connection:
        connection.execute(f"LOAD '{extension}'")
        rows = connection.execute("SELECT query_nr, query FROM tpch_queries()").fetchall()
    named = {f"Q{number}": query.rstrip().rstrip(";") for number, query in rows}
    return named | SCANS

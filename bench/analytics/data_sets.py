"""Tables and questions of the first-run benchmark, in SQL that all its engines speak."""

# In DuckDB's SQL; {rows} of them.
TABLES = {
    "events": """SELECT i AS id, TIMESTAMP '2024-01-01' + INTERVAL (hash(i, 4) % 31536000) SECOND
  AS ts, 'category ' || (hash(i) % 10) AS category,
  CASE WHEN hash(i, 1) % 4 = 0 THEN 'open' ELSE 'done' END AS status,
  (hash(i, 2) % 100000) / 100 AS value, (hash(i, 3) % 50000)::INTEGER AS user_id
  FROM range({rows}) r(i)""",
    "events_sorted": "SELECT * FROM ({events}) ORDER BY ts",
    "dimension": "SELECT 'category ' || i AS category, 'group ' || (i % 3) AS label "
    "FROM range(10) r(i)",
    "wide": """SELECT (hash(i) % 1000)::INTEGER AS int_a, (hash(i, 1) % 1000)::INTEGER AS int_b,
  (hash(i, 2) % 100000)::BIGINT AS int_c, (hash(i, 3) % 1000000)::BIGINT AS int_d,
  (hash(i, 4) % 100000) / 100 AS double_a, (hash(i, 5) % 100000) / 100 AS double_b,
  (hash(i, 6) % 100000) / 1000 AS double_c, (hash(i, 7) % 1000) / 10 AS double_d,
  CASE WHEN hash(i, 8) % 4 = 0 THEN 'open' ELSE 'done' END AS status
  FROM range({rows}) r(i)""",
    "wide_clustered": "SELECT * FROM ({wide}) ORDER BY int_a",
    "hits": """SELECT i AS watch_id, DATE '2013-07-01' + (i * 31 // {rows})::INTEGER AS event_date,
  TIMESTAMP '2013-07-01' + INTERVAL (i * 2678400 // {rows}) SECOND AS event_time,
  (hash(i) % 6000)::INTEGER AS counter_id, (hash(i, 1) % 5000)::INTEGER AS region_id,
  (power(hash(i, 2) % 1000000, 2) / 1000000)::BIGINT AS user_id,
  CASE WHEN hash(i, 3) % 50 = 0 THEN hash(i, 4) % 20 ELSE 0 END::SMALLINT AS adv_engine_id,
  (1000 + hash(i, 5) % 1500)::SMALLINT AS resolution_width,
  CASE WHEN hash(i, 6) % 8 = 0 THEN 'phrase ' || (hash(i, 7) % 20000) ELSE '' END AS search_phrase,
  CASE WHEN hash(i, 8) % 20 = 0 THEN 'model ' || (hash(i, 9) % 200) ELSE '' END AS phone_model,
  'http://' || CASE WHEN hash(i, 10) % 500 = 0 THEN 'google' ELSE 'site' || (hash(i, 11) % 3000) END
    || '.example/' || (hash(i, 12) % 100000) AS url, 'title ' || (hash(i, 13) % 50000) AS title,
  {flags} FROM range({rows}) r(i)""",
}
FLAGS = ", ".join(
    f"(hash(i, {20 + n}) % {[2, 10, 256, 60000][n % 4]})::BIGINT AS flag_{n}" for n in range(88)
)

LINEITEM = {
    "sum of 3 columns": "SELECT sum(l_quantity), sum(l_extendedprice), sum(l_partkey) "
    "FROM lineitem",
    "group by": "SELECT l_shipmode, count(*), sum(l_extendedprice) FROM lineitem "
    "GROUP BY l_shipmode",
    "Q1": "SELECT l_returnflag, l_linestatus, sum(l_quantity), sum(l_extendedprice), "
    "sum(l_extendedprice * (1 - l_discount)), sum(l_extendedprice * (1 - l_discount) * "
    "(1 + l_tax)), count(*) FROM lineitem WHERE l_shipdate <= DATE '1998-09-02' "
    "GROUP BY l_returnflag, l_linestatus",
    "Q6": "SELECT sum(l_extendedprice * l_discount) FROM lineitem WHERE l_shipdate >= "
    "DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01' AND l_discount BETWEEN 0.05 AND 0.07 "
    "AND l_quantity < 24",
    "count": "SELECT count(*) FROM lineitem",
    "min, max": "SELECT min(l_orderkey), max(l_orderkey), min(l_shipdate), max(l_shipdate) "
    "FROM lineitem",
    "filtered count": "SELECT count(*) FROM lineitem WHERE l_quantity = 24 AND l_tax < 0.03",
    "equality, 0.04 %": "SELECT count(*) FROM lineitem WHERE l_shipdate = DATE '1995-06-17'",
    "strings": "SELECT count(*) FROM lineitem WHERE l_comment LIKE '%special%'",
    "distinct": "SELECT count(DISTINCT l_suppkey) FROM lineitem",
    "top 10": "SELECT l_orderkey, l_linenumber FROM lineitem "
    "ORDER BY l_extendedprice DESC, l_orderkey, l_linenumber LIMIT 10",
    "point lookup": "SELECT l_linenumber, l_partkey, l_comment FROM lineitem "
    "WHERE l_orderkey = 3000000",
}
SHAPES = {
    "count": "SELECT count(*) FROM wide",
    "count, sum, 2 predicates": "SELECT count(*), sum(value) FROM events "
    "WHERE status = 'open' AND user_id < 1000",
    "group by, avg": "SELECT category, avg(value) FROM events GROUP BY category",
    "equality, count, sum": "SELECT count(*), sum(value) FROM events "
    "WHERE category = 'category 3'",
    "one month, group, top 10": "SELECT user_id, count(*) AS n FROM events_sorted "
    "WHERE ts >= TIMESTAMP '2024-03-01' AND ts < TIMESTAMP '2024-04-01' "
    "GROUP BY user_id ORDER BY n DESC, user_id LIMIT 10",
    "join to dimension": "SELECT label, count(*), sum(value) FROM events "
    "JOIN dimension ON events.category = dimension.category GROUP BY label",
    "clustered, 4 predicates": "SELECT count(*) FROM wide_clustered WHERE int_a BETWEEN 100 AND "
    "120 AND int_b < 500 AND double_a > 100 AND status = 'open'",
    "4 predicates": "SELECT count(*) FROM wide WHERE int_a BETWEEN 100 AND 120 AND int_b < 500 "
    "AND double_a > 100 AND status = 'open'",
    "6 aggregates, 3 predicates": "SELECT count(*), sum(int_c), avg(double_b), min(double_c), "
    "max(double_d), sum(int_d) FROM wide WHERE int_a < 500 AND double_a > 100 "
    "AND status = 'done'",
}
HITS = {
    "count": "SELECT count(*) FROM hits",
    "count, 1 predicate": "SELECT count(*) FROM hits WHERE adv_engine_id <> 0",
    "sum, count, avg": "SELECT sum(adv_engine_id), count(*), avg(resolution_width) FROM hits",
    "avg of ids": "SELECT avg(user_id) FROM hits",
    "distinct users": "SELECT count(DISTINCT user_id) FROM hits",
    "distinct phrases": "SELECT count(DISTINCT search_phrase) FROM hits",
    "min, max": "SELECT min(event_date), max(event_date) FROM hits",
    "group by engine": "SELECT adv_engine_id, count(*) AS n FROM hits WHERE adv_engine_id <> 0 "
    "GROUP BY adv_engine_id",
    "regions by rows": "SELECT region_id, sum(adv_engine_id) AS s, count(*) AS n, "
    "avg(resolution_width) AS a FROM hits GROUP BY region_id ORDER BY n DESC, region_id LIMIT 10",
    "models by users": "SELECT phone_model, count(DISTINCT user_id) AS n FROM hits "
    "WHERE phone_model <> '' GROUP BY phone_model ORDER BY n DESC, phone_model LIMIT 10",
    "phrases by rows": "SELECT search_phrase, count(*) AS n FROM hits WHERE search_phrase <> '' "
    "GROUP BY search_phrase ORDER BY n DESC, search_phrase LIMIT 10",
    "users by rows": "SELECT user_id, count(*) AS n FROM hits GROUP BY user_id "
    "ORDER BY n DESC, user_id LIMIT 10",
    "one user": "SELECT count(*) FROM hits WHERE user_id = 4356",
    "part of a URL": "SELECT count(*) FROM hits WHERE url LIKE '%google%'",
    "phrases with a URL": "SELECT search_phrase, min(url) AS u, count(*) AS n FROM hits "
    "WHERE url LIKE '%google%' AND search_phrase <> '' GROUP BY search_phrase "
    "ORDER BY n DESC, search_phrase LIMIT 10",
    "newest 10": "SELECT event_time, watch_id, url FROM hits "
    "ORDER BY event_time DESC, watch_id DESC LIMIT 10",
    "sum of 20 columns": "SELECT "
    + ", ".join(f"sum(flag_{n})" for n in range(20))
    + " FROM hits",
    "one day of a counter": "SELECT url, count(*) AS n FROM hits WHERE counter_id = 62 AND "
    "event_date >= DATE '2013-07-10' AND event_date <= DATE '2013-07-12' "
    "GROUP BY url ORDER BY n DESC, url LIMIT 10",
}

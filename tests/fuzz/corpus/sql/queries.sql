SELECT count(*), max(v), sum(s.a) FROM t AT (VERSION => 2) WHERE i BETWEEN 5 AND 50;
SELECT * FROM t ORDER BY i DESC LIMIT 3; FROM icefall_snapshots('t'); FROM icefall_changes('t', 1, 3);
SELECT w.i, l[1] FROM w JOIN t USING (i) WHERE v LIKE 'v1%' OR l IS NULL;

-- Statistics go out of date as a table grows, and then make SQLite scan it.
DROP TABLE IF EXISTS sqlite_stat1;

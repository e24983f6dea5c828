/*
description = "One row per column of the public tables, described as in the catalog."

[columns]
table_name = "The table."
table_description = "What a row is."
column_name = "The column."
data_type = "Its type."
description = "What it says."
*/
select
    tables.table_name,
    coalesce(tables.comment, '') as table_description,
    columns.column_name,
    lower(columns.data_type) as data_type,
    coalesce(columns.comment, '') as description
from duckdb_tables() as tables
inner join duckdb_columns() as columns
    on columns.database_name = tables.database_name
    and columns.schema_name = tables.schema_name
    and columns.table_name = tables.table_name
where tables.schema_name = current_schema() and tables.database_name = current_database()
order by tables.table_name, columns.column_index

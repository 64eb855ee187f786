//! PostgreSQL, MySQL, SQL Server, Oracle, MongoDB, Redis.

use crate::{check, row};

#[test]
fn postgresql() {
    check(
        "2026-03-01 10:00:00.123 UTC [99] eve@shop FATAL:  password authentication failed for user \"eve\"",
        row![
            "class_uid" => 3002, "status" => "Failure", "user/name" => "eve", "actor/process/pid" => 99,
            "metadata/log_level" => "FATAL", "metadata/log_source" => "postgresql", "time" => 1_772_359_200_123_i64,
        ],
    );
    check(
        "2026-03-01 10:00:00 UTC:203.0.113.9(5000):eve@shop:[99]:LOG:  statement: DELETE FROM \"t\" WHERE a = 'LOG:  x'",
        row![
            "class_uid" => 6005, "activity_id" => 7, "src_endpoint/ip" => "203.0.113.9", "database/name" => "shop",
            "query_info/query_string" => "DELETE FROM \"t\" WHERE a = 'LOG:  x'", "actor/user/name" => "eve",
        ],
    );
    check(
        "Mar  1 10:00:00 db1 postgres[99]: [3-1] eve@shop FATAL:  no pg_hba.conf entry for host \"203.0.113.9\", user \"eve\", database \"shop\", SSL off",
        row!["class_uid" => 3002, "device/hostname" => "db1", "src_endpoint/ip" => "203.0.113.9", "status" => "Failure"],
    );
    check(
        "2026-03-01 10:00:00.123 UTC,\"eve\",\"shop\",99,\"203.0.113.9:5000\",5ff.63,3,\"SELECT\",2026-03-01 09:00:00 UTC,3/9,0,LOG,00000,\"statement: SELECT \"\"a\"\", 1\",,,,,,,,,\"psql\",\"client backend\"",
        row![
            "class_uid" => 6005, "activity_id" => 4, "src_endpoint/port" => 5000, "actor/process/pid" => 99,
            "query_info/query_string" => "SELECT \"a\", 1", "status_code" => "00000", "unmapped/application_name" => "psql",
        ],
    );
    check(
        r#"{"timestamp":"2026-03-01 10:00:00.123 UTC","user":"eve","dbname":"shop","pid":99,"remote_host":"203.0.113.9","remote_port":5000,"session_id":"5ff.63","error_severity":"LOG","message":"AUDIT: SESSION,1,1,WRITE,INSERT,TABLE,public.pay,\"INSERT INTO pay VALUES (1,2)\",<not logged>"}"#,
        row![
            "class_uid" => 6005, "activity_id" => 5, "query_info/query_string" => "INSERT INTO pay VALUES (1,2)",
            "unmapped/object_name" => "public.pay", "databucket/name" => "pay", "metadata/event_code" => "INSERT",
        ],
    );
    check(
        "2026-03-01 10:00:00.123 UTC [99] LOG:  connection authorized: user=eve database=shop SSL enabled",
        row!["class_uid" => 3002, "activity_id" => 1, "status" => "Success", "user/name" => "eve"],
    );
}

#[test]
fn mysql() {
    check(
        "2026-03-01T10:00:00.123456Z 14 [Note] [MY-010926] [Server] Access denied for user 'o'bri'@'203.0.113.9' (using password: YES)",
        row![
            "class_uid" => 3002, "status" => "Failure", "user/name" => "o'bri", "src_endpoint/ip" => "203.0.113.9",
            "metadata/event_code" => "MY-010926", "metadata/log_source" => "mysql", "unmapped/thread" => "14",
        ],
    );
    check(
        "2026-03-01T10:00:00.123456Z\t   14 Query\tDROP TABLE pay",
        row!["class_uid" => 6005, "activity_id" => 7, "query_info/query_string" => "DROP TABLE pay"],
    );
    check(
        "# Time: 2026-03-01T10:00:00.5Z\n# User@Host: eve[eve] @ app [203.0.113.9]  Id:    14\n# Query_time: 2.4  Lock_time: 0.1 Rows_sent: 1  Rows_examined: 9\nuse shop;\nSET timestamp=1772359200;\nSELECT 1\nFROM t;",
        row![
            "class_uid" => 6005, "actor/user/name" => "eve", "src_endpoint/ip" => "203.0.113.9", "time" => 1_772_359_200_500_i64,
            "query_info/query_string" => "SELECT 1\nFROM t;", "database/name" => "shop", "unmapped/Query_time" => "2.4",
        ],
    );
    check(
        "20260301 10:00:00,db1,eve,203.0.113.9,14,99,QUERY,shop,'SELECT \\'a\\', b',0",
        row!["class_uid" => 6005, "activity_id" => 4, "device/hostname" => "db1", "status" => "Success"],
    );
    check(
        r#"{"timestamp":"2026-03-01 10:00:00","id":1,"class":"connection","event":"connect","connection_id":14,"account":{"user":"eve","host":"h"},"login":{"user":"eve","os":"","ip":"203.0.113.9","proxy":""},"connection_data":{"connection_type":"ssl","status":1045,"db":"shop"}}"#,
        row!["class_uid" => 3002, "status" => "Failure", "user/name" => "eve", "src_endpoint/ip" => "203.0.113.9"],
    );
}

#[test]
fn others() {
    check(
        "2026-03-01 10:00:00.12 Logon       Login failed for user 'it's me'. Reason: Password did not match that for the login provided. [CLIENT: 203.0.113.9]",
        row![
            "class_uid" => 3002, "user/name" => "it's me", "src_endpoint/ip" => "203.0.113.9", "metadata/log_source" => "mssql",
            "status" => "Failure",
        ],
    );
    check(
        "123:M 01 Mar 2026 10:00:00.123 # WARNING overcommit_memory is set to 0!",
        row![
            "metadata/log_source" => "redis", "actor/process/pid" => 123, "severity_id" => 3, "time" => 1_772_359_200_123_i64,
        ],
    );
    check(
        "30 Mar 10:00:00.5 * Ready to accept connections",
        row!["metadata/log_source" => "redis"],
    );
    check(
        "2026-03-01T10:00:00.123+0000 I  ACCESS   [conn1] Successfully authenticated as principal eve on admin from client 203.0.113.9:5000",
        row!["class_uid" => 3002, "status" => "Success", "user/name" => "eve", "src_endpoint/port" => 5000],
    );
    check(
        "Mar  1 10:00:00 db1 Oracle Unified Audit[77]: LENGTH: '160' TYPE:\"4\" DBID:\"99\" SESID:\"7\" CLIENTID:\"\" DBUSER:\"EVE\" CURUSER:\"EVE\" ACTION:\"100\" RETCODE:\"1017\" USERHOST:\"app1\" OSUSER:\"oracle\"",
        row![
            "class_uid" => 3002, "status" => "Failure", "user/name" => "EVE", "src_endpoint/hostname" => "app1",
            "metadata/log_source" => "oracle", "status_code" => "1017",
        ],
    );
    check(
        "Mar  1 10:00:00 db1 Oracle Audit[77]: LENGTH : '99' ACTION :[21] 'select 'x' from dual;' DATABASE USER:[1] '/' PRIVILEGE :[6] 'SYSDBA' CLIENT USER:[6] 'oracle' CLIENT TERMINAL:[5] 'pts/0' STATUS:[1] '0'",
        row![
            "class_uid" => 6005, "activity_id" => 4, "query_info/query_string" => "select 'x' from dual;",
            "unmapped/PRIVILEGE" => "SYSDBA", "status" => "Success",
        ],
    );
}

//! Suricata, clouds and JSON of any kind.

use crate::{check, events, row};

#[test]
fn suricata() {
    check(
        r#"{"timestamp":"2026-03-01T16:00:00.5+0600","flow_id":7,"event_type":"alert","src_ip":"203.0.113.9","src_port":4,"dest_ip":"192.0.2.1","dest_port":80,"proto":"TCP","alert":{"action":"blocked","gid":1,"signature_id":2001,"rev":3,"signature":"ET TEST","category":"Misc","severity":1},"http":{"hostname":"h","url":"/x?y","http_method":"GET","status":200,"length":5},"app_proto":"http"}"#,
        row![
            "class_uid" => 4002, "activity_id" => 3, "time" => 1_772_359_200_500_i64, "is_alert" => true,
            "src_endpoint/ip" => "203.0.113.9", "dst_endpoint/port" => 80, "firewall_rule/name" => "ET TEST",
            "firewall_rule/uid" => "2001", "action" => "blocked", "action_id" => 2, "severity_id" => 4,
            "http_request/url/path" => "/x", "http_response/code" => 200, "app_name" => "http",
            "connection_info/protocol_name" => "TCP", "unmapped/alert/gid" => 1, "unmapped/src_ip" => null,
        ],
    );
    check(
        r#"{"timestamp":"2026-03-01T10:00:00Z","event_type":"dns","src_ip":"192.0.2.1","src_port":5,"dest_ip":"192.0.2.53","dest_port":53,"proto":"UDP","dns":{"type":"query","id":9,"rrname":"example.org","rrtype":"A"}}"#,
        row![
            "class_uid" => 4003, "activity_id" => 1, "query/hostname" => "example.org", "query/type" => "A",
        ],
    );
}

#[test]
fn clouds() {
    let record = r#"{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AID","userName":"eve","accountId":"123"},"eventTime":"2026-03-01T10:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.9","userAgent":"aws-cli","errorCode":"AccessDenied","requestParameters":{"userName":"x"}}"#;
    check(
        record,
        row![
            "class_uid" => 6003, "activity_id" => 1, "api/operation" => "CreateUser", "status" => "Failure",
            "actor/user/name" => "eve", "actor/user/uid" => "AID", "cloud/region" => "eu-west-1", "cloud/provider" => "AWS",
            "src_endpoint/ip" => "203.0.113.9", "unmapped/eventName" => "CreateUser",
            "unmapped/requestParameters/userName" => "x",
        ],
    );
    let batch = format!("{{\"Records\":[{record},{record}]}}");
    assert_eq!(events(&batch, None).len(), 2);
    check(
        r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"delete","user":{"username":"eve"},"sourceIPs":["203.0.113.9"],"objectRef":{"resource":"pods","namespace":"default","name":"p"},"responseStatus":{"code":403},"requestReceivedTimestamp":"2026-03-01T10:00:00.123456Z"}"#,
        row![
            "class_uid" => 6003, "activity_id" => 4, "actor/user/name" => "eve", "status" => "Failure",
            "resources/0/type" => "pods", "time" => 1_772_359_200_123_i64,
        ],
    );
}

#[test]
fn any_json() {
    check(
        r#"{"ts":1772359200.5,"level":"warn","msg":"Login failed for user \"eve\" from 203.0.113.9","nested":{"a":[1,2.5,null,true,"x\u0000y"]},"big":18446744073709551615}"#,
        row![
            "class_uid" => 3002, "status" => "Failure", "time" => 1_772_359_200_500_i64, "user/name" => "eve",
            "src_endpoint/ip" => "203.0.113.9", "severity_id" => 3, "unmapped/nested/a" => [1, 2.5, null, true, "x\u{0}y"],
            "unmapped/big" => 18_446_744_073_709_551_615_u64, "metadata/log_source" => "json",
        ],
    );
    check(
        r#"{"source":{"ip":"203.0.113.9","port":5},"destination":{"ip":"192.0.2.1"},"user":{"name":"eve"},"@timestamp":"2026-03-01T10:00:00Z","host":{"name":"h1"}}"#,
        row![
            "class_uid" => 4001, "src_endpoint/ip" => "203.0.113.9", "src_endpoint/port" => 5,
            "dst_endpoint/ip" => "192.0.2.1", "actor/user/name" => "eve", "device/hostname" => "h1",
        ],
    );
    // Repeated keys: the first one, and the JSON stays valid.
    check(r#"{"a":1,"a":2}"#, row!["class_uid" => 0, "unmapped/a" => 1]);
    check(
        "Mar  1 10:00:00 h app[3]: {\"user\":\"eve\",\"client_ip\":\"203.0.113.9\"}",
        row![
            "device/hostname" => "h", "actor/process/pid" => 3, "src_endpoint/ip" => "203.0.113.9",
        ],
    );
    check("{\"broken\": ", row!["class_uid" => 0, "metadata/log_source" => "text"]);
}

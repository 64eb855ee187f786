//! What hosts and platforms say of themselves: the journal, Docker, Laurel, vCenter, X-Road, flows.

use crate::{check, row};

#[test]
fn journal() {
    check(
        "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1772359200123456\n_HOSTNAME=web1\nPRIORITY=4\nSYSLOG_IDENTIFIER=sshd\n_PID=77\n_COMM=sshd\nMESSAGE=Failed password for root from 203.0.113.9 port 5 ssh2\n",
        row![
            "class_uid" => 3002, "status" => "Failure", "user/name" => "root", "src_endpoint/ip" => "203.0.113.9",
            "device/hostname" => "web1", "time" => 1_772_359_200_123_i64, "severity_id" => 3,
        ],
    );
}

#[test]
fn containers_and_audit() {
    check(
        r#"{"status":"start","id":"abc","from":"nginx","Type":"container","Action":"start","Actor":{"ID":"abc","Attributes":{"image":"nginx","name":"web"}},"scope":"local","time":1772359200,"timeNano":1772359200123456789}"#,
        row![
            "class_uid" => 6003, "api/operation" => "container.start", "resources/0/name" => "web", "time" => 1_772_359_200_123_i64,
            "metadata/log_source" => "docker",
        ],
    );
    check(
        r#"{"ID":"1772359200.123:77","NODE":"web1","SYSCALL":{"arch":"0xc000003e","syscall":59,"success":"yes","exit":0,"ppid":1,"pid":7,"auid":1000,"uid":0,"comm":"sh","exe":"/bin/sh","SYSCALL":"execve","UID":"root","AUID":"eve"},"EXECVE":{"argc":3,"ARGV":["sh","-c","id; ls"]},"CWD":{"cwd":"/tmp"}}"#,
        row![
            "class_uid" => 1007, "activity_id" => 1, "process/cmd_line" => "sh -c id; ls", "process/file/path" => "/bin/sh",
            "process/pid" => 7, "process/working_directory" => "/tmp", "actor/user/name" => "eve", "device/hostname" => "web1",
            "metadata/log_source" => "auditd", "time" => 1_772_359_200_123_i64, "status" => "Success",
        ],
    );
}

#[test]
fn vcenter() {
    check(
        "<134>1 2026-03-01T10:00:00Z vc1 vpxd 42 - - Event [77] [1-1] [2026-03-01T10:00:00.5Z] [vim.event.UserLoginSessionEvent] [info] [CORP\\eve] [] [77] [User CORP\\eve@203.0.113.9 logged in as pyvmomi Python/3.9]",
        row![
            "class_uid" => 3002, "status" => "Success", "user/name" => "eve", "user/domain" => "CORP",
            "src_endpoint/ip" => "203.0.113.9", "time" => 1_772_359_200_500_i64, "metadata/log_source" => "vmware",
        ],
    );
    check(
        "Mar  1 10:00:00 esx1 Hostd: info hostd[42] [Originator@6876 sub=Vimsvc.ha-eventmgr] Event 7 : Cannot login root@203.0.113.9",
        row!["class_uid" => 3002, "status" => "Failure", "user/name" => "root", "src_endpoint/ip" => "203.0.113.9"],
    );
    check(
        "<134>1 2026-03-01T10:00:00Z vc1 vpxd 42 - - Event [78] [1-1] [2026-03-01T10:00:00.5Z] [vim.event.VmRemovedEvent] [info] [CORP\\eve] [DC1] [78] [Removed web1 on esx1]",
        row!["class_uid" => 6003, "activity_id" => 4, "api/operation" => "VmRemovedEvent", "actor/user/name" => "eve"],
    );
}

#[test]
fn xroad() {
    check(
        "2026-03-01T16:00:00+06:00 ss1 correlation-id: [e4591e2949c156e7] INFO [X-Road Proxy Admin REST API] 2026-03-01T16:00:00.801+06:00 - {\"event\":\"Delete client failed\",\"user\":\"xrd\",\"ipaddress\":\"203.0.113.9\",\"reason\":\"client is registered\",\"auth\":\"Session\",\"url\":\"/api/v1/clients/1\",\"data\":{\"clientIdentifier\":{\"xRoadInstance\":\"BD\",\"memberClass\":\"GOV\",\"memberCode\":\"M5\",\"subsystemCode\":\"TAX\"}}}",
        row![
            "class_uid" => 3004, "activity_id" => 4, "status" => "Failure", "actor/user/name" => "xrd",
            "device/hostname" => "ss1", "entity/uid" => "BD/GOV/M5/TAX", "entity/name" => "client",
            "metadata/event_code" => "Delete client failed", "metadata/correlation_uid" => "e4591e2949c156e7",
            "status_detail" => "client is registered", "time" => 1_772_359_200_801_i64, "metadata/log_source" => "xroad-audit",
        ],
    );
    check(
        r#"{"event":"Log in user","user":"xrd","auth":"HttpBasicPam","url":"/login","data":{}}"#,
        row!["class_uid" => 3002, "status" => "Success", "user/name" => "xrd", "service/name" => "X-Road"],
    );
    check(
        r#"{"securityServerType":"Producer","securityServerInternalIp":"192.0.2.1","requestInTs":1772359200123,"responseOutTs":1772359200223,"clientXRoadInstance":"BD","clientMemberClass":"GOV","clientMemberCode":"M1","clientSubsystemCode":"TAX","serviceXRoadInstance":"BD","serviceMemberClass":"GOV","serviceMemberCode":"M2","serviceSubsystemCode":"NID","serviceCode":"getPerson","serviceVersion":"v1","messageId":"m-1","messageUserId":"u-7","clientSecurityServerAddress":"ss1.example","serviceSecurityServerAddress":"ss2.example","succeeded":false,"faultCode":"Server.ClientProxy","faultString":"denied"}"#,
        row![
            "class_uid" => 6003, "activity_id" => 2, "api/operation" => "getPerson", "actor/app_name" => "BD/GOV/M1/TAX",
            "api/service/name" => "BD/GOV/M2/NID", "status" => "Failure", "duration" => 100, "time" => 1_772_359_200_123_i64,
            "src_endpoint/hostname" => "ss1.example", "api/response/error" => "Server.ClientProxy", "actor/user/uid" => "u-7",
        ],
    );
}

#[test]
fn flows() {
    check(
        r#"{"exporterIPv4Address":"192.0.2.254","sourceIPv4Address":"203.0.113.9","destinationIPv4Address":"192.0.2.1","sourceTransportPort":4000,"destinationTransportPort":443,"protocolIdentifier":6,"octetDeltaCount":7000,"packetDeltaCount":9,"flowStartMilliseconds":1772359200000,"flowEndMilliseconds":1772359205000,"tcpControlBits":27}"#,
        row![
            "class_uid" => 4001, "activity_id" => 6, "src_endpoint/ip" => "203.0.113.9", "dst_endpoint/port" => 443,
            "connection_info/protocol_name" => "tcp", "connection_info/protocol_num" => 6, "traffic/bytes" => 7000,
            "traffic/packets" => 9, "time" => 1_772_359_200_000_i64, "duration" => 5000, "device/ip" => "192.0.2.254",
            "metadata/log_source" => "netflow",
        ],
    );
}

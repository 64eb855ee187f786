//! Windows events in their shapes.

use crate::{check, row};
use serde_json::json;

const EVTX: &str = r##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon","Guid":"{5}"}},"EventID":1,"Version":5,"Level":4,"Keywords":"0x8000000000000000","TimeCreated":{"#attributes":{"SystemTime":"2026-03-01T10:00:00.5Z"}},"EventRecordID":9,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"PC1","Security":{"#attributes":{"UserID":"S-1-5-18"}}},"EventData":{"ProcessId":4242,"Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd /c whoami","User":"CORP\\bob","Hashes":"SHA1=AA,MD5=BB","ParentImage":"C:\\p.exe","ParentProcessId":"7","RuleName":"-","Odd Name":"v"}}}"##;

#[test]
fn sysmon_as_the_evtx_crate_dumps_it() {
    check(
        EVTX,
        row![
            "class_uid" => 1007, "activity_id" => 1, "time" => 1_772_359_200_500_i64,
            "metadata/event_code" => "1", "metadata/log_name" => "Microsoft-Windows-Sysmon/Operational",
            "metadata/log_provider" => "Microsoft-Windows-Sysmon", "metadata/log_source" => "windows",
            "device/hostname" => "PC1", "process/pid" => 4242, "process/file/path" => "C:\\Windows\\System32\\cmd.exe",
            "process/name" => "cmd.exe", "process/cmd_line" => "cmd /c whoami", "process/user/name" => "bob",
            "process/user/domain" => "CORP", "actor/process/file/path" => "C:\\p.exe", "actor/process/pid" => 7,
            "unmapped/User" => "CORP\\bob", "unmapped/Hashes" => "SHA1=AA,MD5=BB", "unmapped/RuleName" => "-",
            "unmapped/OddName" => "v", "unmapped/CommandLine" => null, "unmapped/EventRecordID" => "9",
        ],
    );
}

#[test]
fn one_logon_in_every_shape() {
    let expected = row![
        "class_uid" => 3002, "activity_id" => 1, "status_id" => 2, "status" => "Failure",
        "metadata/event_code" => "4625", "metadata/log_name" => "Security", "device/hostname" => "DC1",
        "user/name" => "eve", "src_endpoint/ip" => "203.0.113.9", "logon_type_id" => 3, "logon_type" => "Network",
        "time" => 1_772_359_200_000_i64, "metadata/log_source" => "windows",
    ];
    let data = json!({"TargetUserName": "eve", "IpAddress": "203.0.113.9", "LogonType": "3"});
    let flat = json!({"EventTime": "2026-03-01 10:00:00", "Hostname": "DC1", "EventID": 4625, "SeverityValue": 4,
        "Channel": "Security", "SourceName": "Microsoft-Windows-Security-Auditing", "TargetUserName": "eve",
        "IpAddress": "203.0.113.9", "LogonType": "3", "Keywords": "-9218868437227405312", "ProcessID": 600});
    let shapes = [
        json!({"@timestamp": "2026-03-01T10:00:00Z", "winlog": {"channel": "Security", "event_id": "4625",
            "provider_name": "Microsoft-Windows-Security-Auditing", "computer_name": "DC1", "event_data": data}}),
        json!({"win": {"system": {"channel": "Security", "eventID": "4625", "computer": "DC1",
            "providerName": "Microsoft-Windows-Security-Auditing", "systemTime": "2026-03-01T10:00:00Z"},
            "eventdata": {"targetUserName": "eve", "ipAddress": "203.0.113.9", "logonType": "3"}}}),
        json!({"System": {"Provider": {"Name": "Microsoft-Windows-Security-Auditing"}, "EventID": {"Value": 4625},
            "Channel": "Security", "Computer": "DC1", "TimeCreated": {"SystemTime": 1_772_359_200.0}}, "EventData": data}),
        flat,
    ];
    for shape in shapes {
        check(&shape.to_string(), expected);
    }
    check(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Security-Auditing' Guid='{5}'/><EventID>4625</EventID><TimeCreated SystemTime='2026-03-01T10:00:00Z'/><Channel>Security</Channel><Computer>DC1</Computer></System><EventData><Data Name='TargetUserName'>eve</Data><Data Name='IpAddress'>203.0.113.9</Data><Data Name='LogonType'>3</Data><Data Name='X'>a &lt;b&gt; &#65;</Data></EventData></Event>",
        expected,
    );
}

#[test]
fn xml_entities_and_user_data() {
    check(
        "<Event xmlns=\"x\"><System><Provider Name=\"P &amp; Q\"/><EventID>104</EventID><Channel>System</Channel><Computer>PC</Computer></System><UserData><LogFileCleared xmlns=\"y\"><SubjectUserName>bob</SubjectUserName><BackupPath></BackupPath></LogFileCleared></UserData></Event>",
        row![
            "metadata/log_provider" => "P & Q", "metadata/event_code" => "104",
        ],
    );
}

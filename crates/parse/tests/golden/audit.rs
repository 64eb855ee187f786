//! The kernel's audit records.

use crate::{check, row};

#[test]
fn single_lines() {
    check(
        "type=USER_LOGIN msg=audit(1772359200.123:77): pid=9 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct=\"root\" exe=\"/usr/sbin/sshd\" hostname=? addr=203.0.113.9 terminal=ssh res=failed'",
        row![
            "class_uid" => 3002, "activity_id" => 1, "status" => "Failure", "time" => 1_772_359_200_123_i64,
            "user/name" => "root", "src_endpoint/ip" => "203.0.113.9", "actor/process/file/path" => "/usr/sbin/sshd",
            "metadata/event_code" => "USER_LOGIN", "metadata/correlation_uid" => "77", "unmapped/type" => "USER_LOGIN",
            "unmapped/acct" => "root", "unmapped/terminal" => "ssh", "actor/process/auid" => null,
        ],
    );
    // Hex because of the blank, and the enriched part behind 0x1d.
    check(
        "node=db-1 type=SYSCALL msg=audit(1772359200.000:1): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=7 auid=1000 uid=0 comm=62617368202D78 exe=\"/bin/bash\" key=\"exec\"\x1dARCH=x86_64 SYSCALL=execve UID=\"root\"",
        row![
            "class_uid" => 1007, "activity_id" => 1, "device/hostname" => "db-1", "process/pid" => 7,
            "process/parent_process/pid" => 1, "process/file/path" => "/bin/bash", "process/name" => "bash -x",
            "process/user/name" => "root", "process/auid" => 1000, "unmapped/key" => "exec",
            "unmapped/SYSCALL" => "execve", "unmapped/comm" => "bash -x",
        ],
    );
    check(
        "type=EXECVE msg=audit(1772359200.000:1): argc=3 a0=\"sh\" a1=\"-c\" a2=6563686F20C3A9",
        row![
            "class_uid" => 1007, "process/cmd_line" => "sh -c echo é", "unmapped/a0" => "sh", "unmapped/a2" => "echo é",
        ],
    );
    check(
        "type=ADD_USER msg=audit(1772359200.000:1): pid=7 uid=0 msg='op=add-user acct=\"eve\" exe=\"/usr/sbin/useradd\" res=success'",
        row![
            "class_uid" => 3001, "activity_id" => 1, "user/name" => "eve", "status" => "Success",
        ],
    );
    check(
        "type=SERVICE_STOP msg=audit(1772359200.000:1): pid=1 uid=0 msg='unit=auditd comm=\"systemd\" exe=\"/lib/systemd/systemd\" res=success'",
        row![
            "class_uid" => 6002, "activity_id" => 4, "app/name" => "auditd",
        ],
    );
}

#[test]
fn assembled_records() {
    let raw = "type=SYSCALL msg=audit(1772359200.000:9): arch=c000003e syscall=59 success=yes exit=0 a0=55d0 a1=55d1 ppid=5 pid=6 uid=33 comm=\"cat\" exe=\"/bin/cat\" key=\"shadow\"\n\
        type=EXECVE msg=audit(1772359200.000:9): argc=2 a0=\"cat\" a1=\"/etc/shadow\"\n\
        type=CWD msg=audit(1772359200.000:9): cwd=\"/var/www\"\n\
        type=PATH msg=audit(1772359200.000:9): item=0 name=\"/bin/cat\" inode=1\n\
        type=PROCTITLE msg=audit(1772359200.000:9): proctitle=636174002F6574632F736861646F77";
    check(
        raw,
        row![
            "class_uid" => 1007, "activity_id" => 1, "process/cmd_line" => "cat /etc/shadow",
            "process/working_directory" => "/var/www", "process/file/path" => "/bin/cat",
            "unmapped/type" => ["SYSCALL", "EXECVE", "CWD", "PATH", "PROCTITLE"],
            "unmapped/a1" => ["55d1", "/etc/shadow"], "unmapped/proctitle" => "cat /etc/shadow",
            "unmapped/key" => "shadow",
        ],
    );
    let raw = "type=SYSCALL msg=audit(1772359200.000:9): arch=c000003e syscall=42 success=yes pid=6 uid=0 comm=\"nc\" exe=\"/bin/nc\"\n\
        type=SOCKADDR msg=audit(1772359200.000:9): saddr=020001BBCB0071090000000000000000";
    check(
        raw,
        row![
            "class_uid" => 4001, "activity_id" => 1, "dst_endpoint/ip" => "203.0.113.9", "dst_endpoint/port" => 443,
            "actor/process/name" => "nc", "actor/process/pid" => 6, "process" => null,
        ],
    );
}

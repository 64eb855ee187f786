//! Names behind audit's numbers, and what its record types mean.

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    /// Authentication, with OCSF's activity.
    Logon(u8),
    /// Account Change.
    Account(u8),
    /// Group Management.
    Group(u8),
    /// Application Lifecycle.
    Service(u8),
    /// A system call and what belongs to it.
    Syscall,
    /// A command run by sudo.
    Command,
    /// Anything else.
    Other,
}

/// What a record type is about (audit-userspace, `lib/audit-records.h`).
pub(crate) fn activity(kind: &str) -> Activity {
    match kind {
        "USER_LOGIN" | "USER_START" | "LOGIN" | "USER_ERR" | "ANOM_LOGIN_FAILURES" => {
            Activity::Logon(1)
        }
        "USER_AUTH" | "USER_ACCT" | "CRED_ACQ" | "CRED_REFR" | "GRP_AUTH" => Activity::Logon(6),
        "USER_LOGOUT" | "USER_END" | "CRED_DISP" => Activity::Logon(2),
        "ADD_USER" => Activity::Account(1),
        "DEL_USER" => Activity::Account(6),
        "USER_CHAUTHTOK" => Activity::Account(3),
        "ACCT_LOCK" => Activity::Account(9),
        "ACCT_UNLOCK" => Activity::Account(12),
        "USER_MGMT" => Activity::Account(99),
        "ADD_GROUP" => Activity::Group(6),
        "DEL_GROUP" => Activity::Group(5),
        "GRP_MGMT" | "GRP_CHAUTHTOK" => Activity::Group(0),
        "SERVICE_START" => Activity::Service(3),
        "SERVICE_STOP" => Activity::Service(4),
        "SYSCALL" | "EXECVE" | "PROCTITLE" | "SECCOMP" | "ANOM_ABEND" => Activity::Syscall,
        "USER_CMD" => Activity::Command,
        _ => Activity::Other,
    }
}

/// The name of a system call; x86-64 (`c000003e`), x86 (`40000003`) and AArch64 (`c00000b7`), those
/// that audit rules commonly watch. Sources: the kernel's syscall tables.
pub(crate) fn syscall_name(arch: &str, number: &str) -> Option<&'static str> {
    if let [first, ..] = number.as_bytes()
        && !first.is_ascii_digit()
    {
        return None;
    }
    let table = match arch {
        "c000003e" | "x86_64" => X86_64,
        "40000003" | "i386" => X86,
        "c00000b7" | "aarch64" => AARCH64,
        _ => return None,
    };
    let number = number.parse::<u32>().ok()?;
    table.iter().find(|(n, _)| *n == number).map(|(_, name)| *name)
}

#[rustfmt::skip]
const X86_64: &[(u32, &str)] = &[
    (0, "read"), (1, "write"), (2, "open"), (3, "close"), (9, "mmap"), (10, "mprotect"),
    (41, "socket"), (42, "connect"), (43, "accept"), (44, "sendto"), (49, "bind"),
    (50, "listen"), (56, "clone"), (57, "fork"), (58, "vfork"), (59, "execve"), (62, "kill"),
    (76, "truncate"), (77, "ftruncate"), (80, "chdir"), (82, "rename"), (83, "mkdir"),
    (84, "rmdir"), (85, "creat"), (86, "link"), (87, "unlink"), (88, "symlink"), (90, "chmod"),
    (91, "fchmod"), (92, "chown"), (93, "fchown"), (94, "lchown"), (101, "ptrace"),
    (105, "setuid"), (106, "setgid"), (113, "setreuid"), (114, "setregid"), (117, "setresuid"),
    (119, "setresgid"), (135, "personality"), (155, "pivot_root"), (159, "adjtimex"),
    (160, "setrlimit"), (161, "chroot"), (164, "settimeofday"), (165, "mount"),
    (166, "umount2"), (167, "swapon"), (169, "reboot"), (170, "sethostname"),
    (171, "setdomainname"), (175, "init_module"), (176, "delete_module"), (188, "setxattr"),
    (189, "lsetxattr"), (190, "fsetxattr"), (197, "removexattr"), (198, "lremovexattr"),
    (199, "fremovexattr"), (227, "clock_settime"), (246, "kexec_load"), (257, "openat"),
    (258, "mkdirat"), (260, "fchownat"), (263, "unlinkat"), (264, "renameat"),
    (265, "linkat"), (266, "symlinkat"), (268, "fchmodat"), (288, "accept4"),
    (304, "open_by_handle_at"), (310, "process_vm_readv"), (311, "process_vm_writev"),
    (313, "finit_module"), (316, "renameat2"), (319, "memfd_create"), (320, "kexec_file_load"),
    (321, "bpf"), (322, "execveat"), (435, "clone3"), (437, "openat2"),
];

#[rustfmt::skip]
const X86: &[(u32, &str)] = &[
    (5, "open"), (10, "unlink"), (11, "execve"), (15, "chmod"), (26, "ptrace"), (37, "kill"),
    (38, "rename"), (102, "socketcall"), (120, "clone"), (128, "init_module"),
    (129, "delete_module"), (295, "openat"), (301, "unlinkat"), (358, "execveat"),
    (362, "connect"),
];

#[rustfmt::skip]
const AARCH64: &[(u32, &str)] = &[
    (35, "unlinkat"), (38, "renameat"), (53, "fchmodat"), (56, "openat"), (105, "init_module"),
    (106, "delete_module"), (117, "ptrace"), (129, "kill"), (200, "bind"), (203, "connect"),
    (220, "clone"), (221, "execve"), (273, "finit_module"), (281, "execveat"),
];

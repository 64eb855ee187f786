//! What a request may need: one closed list.

/// Every permission, from one list: the enum, its names and what each is for.
macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        /// One thing that a request may need.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum Permission { $($(#[$doc])* $name,)+ }

        impl Permission {
            /// Every permission.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The permission as it stands in the database and in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

permissions! {
    /// Alerts with their evidence and history.
    ReadAlerts = "read_alerts";
    /// Events and raw logs.
    ReadEvents = "read_events";
    /// Taking events out as files.
    ExportEvents = "export_events";
    /// Changing an alert.
    TriageAlerts = "triage_alerts";
    /// Cases with their evidence.
    ReadCases = "read_cases";
    /// Opening and changing cases.
    ManageCases = "manage_cases";
    /// The counts of the ledger; no event's content.
    ReadLedger = "read_ledger";
    /// Dead letters, which hold raw bytes.
    ReadDeadLetters = "read_dead_letters";
    /// Rules, their stages and statistics.
    ReadRules = "read_rules";
    /// Writing rules.
    WriteRules = "write_rules";
    /// Approving a rule's stage.
    ApproveRules = "approve_rules";
    /// Exceptions from rules.
    ManageExceptions = "manage_exceptions";
    /// Threat indicators.
    ManageIndicators = "manage_indicators";
    /// Collectors and their health.
    ReadCollectors = "read_collectors";
    /// Enrolling and revoking collectors.
    ManageCollectors = "manage_collectors";
    /// Where alerts are sent to.
    ManageNotifications = "manage_notifications";
    /// How soon alerts are to be worked.
    ManageSla = "manage_sla";
    /// How long data is kept.
    ManageRetention = "manage_retention";
    /// Deciding on personal data behind its tokens.
    Unmask = "unmask";
    /// Users, their roles and sessions.
    ReadUsers = "read_users";
    /// Adding users, granting roles, ending sessions.
    ManageUsers = "manage_users";
    /// API keys of other users and of service accounts.
    ManageKeys = "manage_keys";
    /// The audit log, whose entries are of all agencies.
    ReadAudit = "read_audit";
}

//! Keycloak's events: what users do, and what administrators do to them.

use super::{Vendor, crud};
use crate::json::View;
use crate::words::outcome;
use ocsf::{Event, Path, Status, class};

pub(super) const VENDORS: &[Vendor] = &[USERS, ADMINS];

/// `{"type", "realmId", "clientId", "userId"?, "ipAddress", "error"?, "details"}`.
const USERS: Vendor = Vendor {
    source: "keycloak",
    parser: "keycloak/1",
    product: ("Keycloak", "Keycloak"),
    class: class::AUTHENTICATION,
    keep_all: true,
    detect: |root| {
        root.get("realmId").and(root.get("clientId")).and(root.get("type")).map(|_| root)
    },
    finish: |_, _, event| {
        let kind = event.text(Path::METADATA_EVENT_CODE).unwrap_or("");
        user_event(kind, event);
    },
    rows: &[
        ("time", "@time"),
        ("timestamp", "@time"),
        ("type", "metadata.event_code"),
        ("realmId", "user.domain"),
        ("clientId", "actor.app_name"),
        ("userId", "user.uid"),
        ("ipAddress", "@src"),
        ("error", "status_detail"),
        ("details/username", "@user"),
        ("sessionId", "session.uid"),
    ],
};

/// Class, activity and status of an event of a user, by its type: `LOGIN`, `UPDATE_PASSWORD_ERROR` …
pub(crate) fn user_event(kind: &str, event: &mut Event<'_>) {
    let failed = kind.ends_with("_ERROR") || outcome(kind) == Some(Status::Failure);
    event.status(if failed { Status::Failure } else { Status::Success });
    event.set_if_absent(Path::USER_NAME, "(unknown)");
    event.set(Path::SERVICE_NAME, "Keycloak");
    let account = match kind.trim_end_matches("_ERROR") {
        "REGISTER" => Some(1),
        "UPDATE_PASSWORD" => Some(3),
        "RESET_PASSWORD" => Some(4),
        "DELETE_ACCOUNT" => Some(6),
        "UPDATE_TOTP" => Some(10),
        "REMOVE_TOTP" => Some(11),
        _ => None,
    };
    match account {
        Some(activity) => event.kind(class::ACCOUNT_CHANGE, activity),
        None => event.kind(class::AUTHENTICATION, if kind.starts_with("LOGOUT") { 2 } else { 1 }),
    }
}

/// `{"operationType", "resourceType", "resourcePath", "authDetails": {"userId", "ipAddress", …}}`.
const ADMINS: Vendor = Vendor {
    source: "keycloak",
    parser: "keycloak/1",
    product: ("Keycloak", "Keycloak"),
    class: class::ENTITY,
    keep_all: true,
    detect: |root| {
        let theirs = root.get("realmId").or(root.get("authDetails"));
        root.get("operationType").and(root.get("resourceType")).and(theirs).map(|_| root)
    },
    finish: |body, _, event| {
        let member = |name: &str| body.get(name).and_then(View::str).unwrap_or("");
        let [operation, kind, path] = ["operationType", "resourceType", "resourcePath"].map(member);
        admin_event(operation, kind, path, event);
    },
    rows: &[
        ("time", "@time"),
        ("timestamp", "@time"),
        ("operationType", "metadata.event_code"),
        ("authDetails/userId", "actor.user.uid"),
        ("authDetails/username", "actor.user.name"),
        ("authDetails/clientId", "actor.app_name"),
        ("authDetails/ipAddress", "@src"),
        ("error", "status_detail"),
    ],
};

/// Class, activity and status of what an administrator did: `CREATE`, `USER`, `users/ID`.
pub(crate) fn admin_event<'a>(
    operation: &'a str,
    kind: &'a str,
    path: &'a str,
    event: &mut Event<'a>,
) {
    let failed = event.has(Path::STATUS_DETAIL);
    event.status(if failed { Status::Failure } else { Status::Success });
    let id = path.strip_prefix("users/").map(|rest| rest.split('/').next().unwrap_or(rest));
    if let Some(id) = id {
        let activity = match operation {
            _ if path.ends_with("/reset-password") => 4,
            "CREATE" if kind == "USER" => 1,
            "DELETE" if kind == "USER" => 6,
            _ => 99,
        };
        event.set(Path::USER_UID, id);
        event.activity_name = Some(operation).filter(|_| activity == 99);
        return event.kind(class::ACCOUNT_CHANGE, activity);
    }
    crud(event, operation);
    event.activity_name = Some(operation).filter(|_| event.activity == 99);
    event.set(Path::ENTITY_NAME, path);
    event.set(Path::ENTITY_TYPE, kind);
    event.class = class::ENTITY;
}

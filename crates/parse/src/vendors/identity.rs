//! Identity providers and code hosts: Okta, Auth0, Google Workspace, Microsoft 365, GitHub.

use super::{Vendor, crud, operation};
use crate::Cx;
use crate::json::View;
use ocsf::{Event, Path, Status, class};

pub(super) const VENDORS: &[Vendor] = &[OKTA, AUTH0, GSUITE, M365, GITHUB, ONELOGIN];

/// A member by its name, whatever the case.
fn member<'t, 'a>(view: View<'t, 'a>, name: &str) -> Option<View<'t, 'a>> {
    view.members().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

const OKTA: Vendor = Vendor {
    source: "okta",
    parser: "okta/1",
    product: ("Okta", "Okta"),
    class: class::API,
    keep_all: true,
    detect: |root| {
        let typed = member(root, "eventType").and_then(View::str).is_some();
        let is = typed
            && root.get("actor").is_some_and(View::is_object)
            && (root.get("published").is_some()
                || member(root, "displayMessage").is_some()
                || root.get("outcome").is_some());
        is.then_some(root)
    },
    finish: finish_okta,
    rows: &[
        ("published", "@time"),
        ("uuid", "metadata.original_event_uid"),
        ("eventType", "metadata.event_code"),
        ("displayMessage", "@message"),
        ("severity", "@severity"),
        ("actor/alternateId", "@actor"),
        ("actor/id", "actor.user.uid"),
        ("actor/displayName", "actor.user.full_name"),
        ("client/ipAddress", "@src"),
        ("client/userAgent/rawUserAgent", "http_request.user_agent"),
        ("client/geographicalContext/city", "src_endpoint.location.city"),
        ("client/geographicalContext/country", "src_endpoint.location.country"),
        ("outcome/result", "@status"),
        ("outcome/reason", "status_detail"),
        ("target/alternateId", "user.name"),
        ("authenticationContext/externalSessionId", "actor.session.uid"),
        ("debugContext/debugData/requestUri", "@url"),
    ],
};

fn finish_okta<'a>(_body: View<'_, 'a>, _cx: &Cx<'a>, event: &mut Event<'a>) {
    let name = event.text(Path::METADATA_EVENT_CODE).unwrap_or("");
    let logon = name.starts_with("user.session.start") || name.starts_with("user.authentication");
    if logon || name.starts_with("user.session.end") {
        if let Some(actor) = event.get(Path::ACTOR_USER_NAME) {
            event.set(Path::USER_NAME, actor);
        }
        event.set_if_absent(Path::USER_NAME, "(unknown)");
        event.set(Path::SERVICE_NAME, "Okta");
        event.kind(class::AUTHENTICATION, if logon { 1 } else { 2 });
        return;
    }
    account(
        event,
        name,
        &[
            ("user.lifecycle.create", 1),
            ("user.lifecycle.activate", 2),
            ("user.lifecycle.deactivate", 5),
            ("user.lifecycle.suspend", 5),
            ("user.lifecycle.delete", 6),
            ("user.account.lock", 9),
            ("user.account.unlock", 12),
            ("user.account.update_password", 3),
            ("user.account.reset_password", 4),
            ("user.mfa.factor.deactivate", 11),
            ("user.mfa.factor.activate", 10),
        ],
    );
    if event.class != class::ACCOUNT_CHANGE {
        operation(event, name);
    }
}

fn account(event: &mut Event<'_>, name: &str, activities: &[(&str, u8)]) {
    let found = activities.iter().find(|(prefix, _)| name.starts_with(prefix));
    if let Some((_, id)) = found.filter(|_| event.has(Path::USER_NAME)) {
        event.kind(class::ACCOUNT_CHANGE, *id);
    }
}

const AUTH0: Vendor = Vendor {
    source: "auth0",
    parser: "auth0/1",
    product: ("Okta", "Auth0"),
    class: class::API,
    keep_all: true,
    detect: |root| {
        let body = root.get("json").unwrap_or(root);
        let data = body.get("data").unwrap_or(body);
        let is = (body.get("log_id").is_some() || data.get("log_id").is_some())
            && data.get("type").is_some()
            && data.get("date").is_some();
        is.then_some(data)
    },
    finish: |body, _, event| {
        let kind = body.get("type").and_then(View::str).unwrap_or("");
        let failed = kind.starts_with('f');
        event.status(if failed { Status::Failure } else { Status::Success });
        let logon = matches!(
            kind,
            "s" | "f"
                | "fp"
                | "fu"
                | "ssa"
                | "fsa"
                | "seacft"
                | "feacft"
                | "seccft"
                | "feccft"
                | "sepft"
                | "fepft"
                | "sertft"
                | "fertft"
                | "slo"
                | "flo"
        );
        if logon {
            event.set_if_absent(Path::USER_NAME, "(unknown)");
            event.set(Path::SERVICE_NAME, "Auth0");
            event.kind(class::AUTHENTICATION, if kind.ends_with("lo") { 2 } else { 1 });
        } else {
            operation(event, event.message.unwrap_or("unknown"));
        }
    },
    rows: &[
        ("date", "@time"),
        ("type", "metadata.event_code"),
        ("description", "@message"),
        ("log_id", "metadata.original_event_uid"),
        ("ip", "@src"),
        ("client_ip", "@src"),
        ("user_agent", "http_request.user_agent"),
        ("hostname", "dst_endpoint.hostname"),
        ("user_name", "@user"),
        ("user_id", "user.uid"),
        ("details/request/auth/user/name", "@actor"),
        ("details/request/auth/user/email", "@actor"),
        ("details/request/auth/user/user_id", "actor.user.uid"),
        ("details/request/method", "@method"),
        ("details/request/path", "@url"),
        ("details/response/statusCode", "http_response.code"),
        ("connection", "actor.idp.name"),
    ],
};

const GSUITE: Vendor = Vendor {
    source: "gsuite",
    parser: "gsuite/1",
    product: ("Google", "Google Workspace"),
    class: class::API,
    keep_all: true,
    detect: |root| {
        let activity =
            root.get("kind").and_then(View::str).is_some_and(|k| k.starts_with("admin#reports"));
        (activity || root.at("id.applicationName").is_some()).then_some(root)
    },
    finish: |body, _, event| {
        let name = body.get("name").and_then(View::str);
        let name = name.or(body.get("events").and_then(|e| e.items().next()?.get("name")?.str()));
        let name = name.unwrap_or("unknown");
        event.message = Some(name);
        if matches!(name, "login_success" | "login_failure" | "logout") {
            if let Some(actor) = event.get(Path::ACTOR_USER_NAME) {
                event.set(Path::USER_NAME, actor);
            }
            event.set_if_absent(Path::USER_NAME, "(unknown)");
            event.status(if name == "login_failure" { Status::Failure } else { Status::Success });
            event.set(Path::SERVICE_NAME, "Google Workspace");
            event.kind(class::AUTHENTICATION, if name == "logout" { 2 } else { 1 });
        } else {
            operation(event, name);
        }
        event.set(Path::METADATA_EVENT_CODE, name);
    },
    rows: &[
        ("id/time", "@time"),
        ("id/uniqueQualifier", "metadata.original_event_uid"),
        ("id/applicationName", "api.service.name"),
        ("actor/email", "@actor"),
        ("actor/profileId", "actor.user.uid"),
        ("ipAddress", "@src"),
        ("type", "metadata.type"),
    ],
};

const M365: Vendor = Vendor {
    source: "m365",
    parser: "m365/1",
    product: ("Microsoft", "Microsoft 365"),
    class: class::API,
    keep_all: true,
    detect: |root| {
        root.get("Operation").and(root.get("Workload").or(root.get("RecordType"))).map(|_| root)
    },
    finish: |_, _, event| {
        let name = event.text(Path::METADATA_EVENT_CODE).unwrap_or("unknown");
        event.message = Some(name);
        if matches!(name, "UserLoggedIn" | "UserLoginFailed") {
            if let Some(actor) = event.get(Path::ACTOR_USER_NAME) {
                event.set(Path::USER_NAME, actor);
            }
            event.set_if_absent(Path::USER_NAME, "(unknown)");
            event.status(if name == "UserLoggedIn" { Status::Success } else { Status::Failure });
            event.set(Path::SERVICE_NAME, "Microsoft 365");
            event.set(Path::API_OPERATION, name);
            event.kind(class::AUTHENTICATION, 1);
        } else {
            operation(event, name);
            directory(event, name);
        }
    },
    rows: &[
        ("CreationTime", "@time"),
        ("Id", "metadata.original_event_uid"),
        ("Operation", "metadata.event_code"),
        ("Workload", "api.service.name"),
        ("UserId", "@actor"),
        ("UserKey", "actor.user.uid"),
        ("ActorIpAddress", "@src"),
        ("ClientIP", "@src"),
        ("ClientIPAddress", "@src"),
        ("UserAgent", "http_request.user_agent"),
        ("ResultStatus", "@status"),
        ("ObjectId", "resources.uid"),
        ("OrganizationId", "cloud.account.uid"),
    ],
};

/// What Entra ID's audit says of accounts and groups; the object is whom it is about.
fn directory<'a>(event: &mut Event<'a>, name: &'a str) {
    const DONE: [(&str, u32, u8); 8] = [
        ("Add user", class::ACCOUNT_CHANGE, 1),
        ("Enable account", class::ACCOUNT_CHANGE, 2),
        ("Change user password", class::ACCOUNT_CHANGE, 3),
        ("Reset user password", class::ACCOUNT_CHANGE, 4),
        ("Disable account", class::ACCOUNT_CHANGE, 5),
        ("Delete user", class::ACCOUNT_CHANGE, 6),
        ("Add member to group", class::GROUP, 3),
        ("Remove member from group", class::GROUP, 4),
    ];
    let name = name.trim_end_matches('.');
    let done = DONE.iter().find(|(done, ..)| *done == name);
    let Some(((_, class, activity), who)) = done.zip(event.get(Path::RESOURCES_UID)) else {
        return;
    };
    event.set(Path::USER_NAME, who);
    event.activity_name = None;
    event.kind(*class, *activity);
}

const GITHUB: Vendor = Vendor {
    source: "github",
    parser: "github/1",
    product: ("GitHub", "GitHub"),
    class: class::API,
    keep_all: true,
    detect: |root| {
        let dotted = root.get("action").and_then(View::str).is_some_and(|a| a.contains('.'));
        let is = dotted
            && (root.get("actor").is_some_and(|a| a.str().is_some())
                || root.get("org").is_some()
                || root.get("repo").is_some());
        is.then_some(root)
    },
    finish: |_, _, event| {
        let name = event.text(Path::METADATA_EVENT_CODE).unwrap_or("unknown");
        operation(event, name);
        crud(event, name.split_once('.').map_or(name, |(_, verb)| verb));
        event.message = Some(name);
        if event.activity == 99 {
            event.activity_name = Some(name);
        }
    },
    rows: &[
        ("@timestamp", "@time"),
        ("at_sign_timestamp", "@time"),
        ("created_at", "@time"),
        ("_document_id", "metadata.original_event_uid"),
        ("action", "metadata.event_code"),
        ("actor", "actor.user.name"),
        ("actor_id", "actor.user.uid"),
        ("actor_ip", "@src"),
        ("actor_location/country_code", "src_endpoint.location.country"),
        ("user", "unmapped_user"),
        ("user_agent", "http_request.user_agent"),
        ("repo", "resources.name"),
        ("org", "actor.user.org.name"),
    ],
};

const ONELOGIN: Vendor = Vendor {
    source: "onelogin",
    parser: "onelogin/1",
    product: ("One Identity", "OneLogin"),
    class: class::API,
    keep_all: true,
    detect: |root| {
        root.get("event_type_id")
            .and(root.get("actor_user_name").or(root.get("user_name")))
            .map(|_| root)
    },
    finish: |_, _, event| {
        let code = event.text(Path::METADATA_EVENT_CODE).unwrap_or("unknown");
        // 5: logged on, 6: failed to, 7: logged off (OneLogin's list of event types).
        let logon = matches!(code, "5" | "6" | "7" | "8");
        if logon {
            event.set_if_absent(Path::USER_NAME, "(unknown)");
            event.status(if code == "6" { Status::Failure } else { Status::Success });
            event.set(Path::SERVICE_NAME, "OneLogin");
            event.kind(class::AUTHENTICATION, if code == "7" { 2 } else { 1 });
        } else {
            operation(event, code);
        }
    },
    rows: &[
        ("created_at", "@time"),
        ("event_type_id", "metadata.event_code"),
        ("id", "metadata.original_event_uid"),
        ("ipaddr", "@src"),
        ("user_name", "@user"),
        ("user_id", "user.uid"),
        ("actor_user_name", "@actor"),
        ("actor_user_id", "actor.user.uid"),
        ("user_agent", "http_request.user_agent"),
        ("app_name", "api.service.name"),
    ],
};

//! Who is told of alerts and of troubles of the platform, by webhook, e-mail and SMS.

use crate::App;
use crate::accounts::Language;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, Json, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::{Agencies, Permission};
use crate::telling::Teller;
use crate::work::channel::{Channel, Outcome, Spec};
use crate::work::sla::Unkept;
use crate::written::{bad, etag, if_match, line_of};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

const NAME_CHARACTERS_MAX: usize = 100;
/// As many as anybody needs; each is looked through for every alert.
const CHANNELS_MAX: usize = 500;
/// Bytes of a secret that signs webhooks.
const SECRET_BYTES: usize = 32;

/// Where a channel leads.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = ChannelTarget)]
pub(crate) enum Target {
    /// A POST of JSON, signed with the channel's secret.
    Webhook {
        /// `https://…`; the service's configuration names the hosts that are let through.
        #[schema(max_length = 2000)]
        url: String,
    },
    /// A mail to each.
    Email {
        #[schema(min_items = 1, max_items = 20)]
        to: Vec<String>,
    },
    /// A short message to each.
    Sms {
        /// With their country, such as `+8801712345678`.
        #[schema(min_items = 1, max_items = 20)]
        to: Vec<String>,
    },
}

impl From<Target> for notice::Target {
    fn from(target: Target) -> Self {
        match target {
            Target::Webhook { url } => Self::Webhook { url },
            Target::Email { to } => Self::Email { to },
            Target::Sms { to } => Self::Sms { to },
        }
    }
}

impl From<notice::Target> for Target {
    fn from(target: notice::Target) -> Self {
        match target {
            notice::Target::Webhook { url } => Self::Webhook { url },
            notice::Target::Email { to } => Self::Email { to },
            notice::Target::Sms { to } => Self::Sms { to },
        }
    }
}

/// What a channel is to be.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelBody {
    /// Whose alerts it is told; `*` for those of every agency. It stays whose it was made for.
    #[schema(pattern = r"^(\*|[a-z0-9][a-z0-9-]{0,39})$")]
    agency: String,
    /// What it is called.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    target: Target,
    /// Of its messages.
    language: Language,
    /// Alerts of this OCSF severity or a higher one; none: no alerts.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 6)]
    severity_min: Option<u8>,
    /// Troubles of the platform: a store that does not answer, no events, a silent collector.
    #[serde(default)]
    platform: bool,
    #[serde(default = "enabled")]
    enabled: bool,
}

fn enabled() -> bool {
    true
}

/// A channel.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = NotificationChannel)]
pub(crate) struct ChannelView {
    id: String,
    agency: String,
    /// Rises by one with each change; the channel's ETag.
    version: u32,
    name: String,
    target: Target,
    language: Language,
    severity_min: Option<u8>,
    platform: bool,
    enabled: bool,
    changed_by: String,
    changed: i64,
    /// Alerts and troubles that wait behind the storm guard.
    waiting: u64,
    /// What became of its last messages, newest first.
    messages: Vec<Outcome>,
}

impl ChannelView {
    fn of(channel: Channel, messages: Vec<Outcome>, waiting: u64) -> Self {
        let Channel { id, agency, version, spec, changed_by, changed_ms, .. } = channel;
        let language = match spec.language {
            notice::Language::Bn => Language::Bn,
            notice::Language::En => Language::En,
        };
        Self {
            id: id.to_string(),
            agency,
            version,
            name: spec.name,
            target: spec.target.into(),
            language,
            severity_min: spec.severity_min,
            platform: spec.platform,
            enabled: spec.enabled,
            changed_by,
            changed: changed_ms,
            waiting,
            messages,
        }
    }
}

/// A channel that was made.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = NewNotificationChannel)]
pub(crate) struct Made {
    channel: ChannelView,
    /// Signs webhooks, 64 hex digits of which the bytes are the key; shown this once.
    secret: String,
}

/// The channels.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct ChannelList {
    items: Vec<ChannelView>,
}

/// Who is told
///
/// The channels of the agencies whose notifications the caller manages.
#[utoipa::path(get, path = "/notification-channels", tag = "notifications",
    responses((status = 200, description = "The channels.", body = ChannelList)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<axum::Json<ChannelList>> {
    let held = caller.agencies(Permission::ManageNotifications)?;
    let mut items = Vec::new();
    for channel in app.work.channels().await? {
        if is_own(&held, &channel.agency) {
            items.push(view(&app, channel).await?);
        }
    }
    Ok(axum::Json(ChannelList { items }))
}

/// One channel
#[utoipa::path(get, path = "/notification-channels/{channel}", tag = "notifications",
    params(("channel" = String, Path, description = "The channel.")),
    responses((status = 200, description = "The channel.", body = ChannelView,
        headers(("etag" = String, description = "The version, quoted.")))))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Response> {
    let channel = own(&app, &caller, &id).await?;
    answer(&app, channel).await
}

/// Make a channel
///
/// Who lets alerts leave must be allowed to read them there.
#[utoipa::path(post, path = "/notification-channels", tag = "notifications",
    request_body = ChannelBody,
    responses((status = 201, description = "Made.", body = Made)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<ChannelBody>,
) -> Answer<Response> {
    caller.may_set_policy(Permission::ManageNotifications, &body.agency)?;
    let agency = body.agency.clone();
    let spec = body.checked(&app, &caller)?;
    if app.work.channels().await?.len() >= CHANNELS_MAX {
        let detail = format!("there are {CHANNELS_MAX} channels; delete one that nobody needs");
        return Err(Problem::new(Code::InvalidBody, detail));
    }
    let mut secret = vec![0; SECRET_BYTES];
    getrandom::fill(&mut secret).map_err(|source| crate::Error::Random { source })?;
    let text = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let entry = caller.entry(Action::ChannelChange, &agency, json!({"made": spec}));
    app.accounts.audit(entry).await?;
    let made = app.work.add_channel(&agency, spec, secret, &caller.user.name).await?;
    let channel = view(&app, made).await?;
    Ok((StatusCode::CREATED, axum::Json(Made { channel, secret: text })).into_response())
}

/// Change a channel
///
/// Only if it is still at the version in `If-Match`.
#[utoipa::path(put, path = "/notification-channels/{channel}", tag = "notifications",
    request_body = ChannelBody,
    params(("channel" = String, Path, description = "The channel."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 200, description = "Changed.", body = ChannelView,
        headers(("etag" = String, description = "The version, quoted.")))))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    Json(body): Json<ChannelBody>,
) -> Answer<Response> {
    let channel = own(&app, &caller, &id).await?;
    let expected = if_match(&headers)?;
    if body.agency != channel.agency {
        return Err(bad("agency", "a channel stays whose it was made for; make another"));
    }
    let spec = body.checked(&app, &caller)?;
    let entry = caller.entry(Action::ChannelChange, &id, json!({"to": spec}));
    app.accounts.audit(entry).await?;
    let kept = app.work.set_channel(channel.id, expected, Some(spec), &caller.user.name).await?;
    let Some(kept) = kept.map_err(refused)? else { return Err(refused(Unkept::NotFound)) };
    answer(&app, kept).await
}

/// Delete a channel
///
/// What waits for it is dropped.
#[utoipa::path(delete, path = "/notification-channels/{channel}", tag = "notifications",
    params(("channel" = String, Path, description = "The channel."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 204, description = "Deleted.")))]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    let channel = own(&app, &caller, &id).await?;
    let expected = if_match(&headers)?;
    let entry = caller.entry(Action::ChannelChange, &id, json!({"deleted": true}));
    app.accounts.audit(entry).await?;
    app.work.set_channel(channel.id, expected, None, &caller.user.name).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Try a channel
///
/// Sends it one message that says so, and tells what became of it; there is no second try.
#[utoipa::path(post, path = "/notification-channels/{channel}/test", tag = "notifications",
    params(("channel" = String, Path, description = "The channel.")),
    responses((status = 200, description = "What became of the message.", body = Outcome)))]
pub(crate) async fn test(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<axum::Json<Outcome>> {
    let channel = own(&app, &caller, &id).await?;
    app.accounts.audit(caller.entry(Action::ChannelTest, &id, json!({}))).await?;
    let due = app.work.try_channel(&channel).await?;
    Ok(axum::Json(Teller::of(&app).try_once(due, true).await?))
}

impl ChannelBody {
    /// What is to be kept, if the caller may let that leave the agency.
    fn checked(self, app: &App, caller: &Caller) -> Answer<Spec> {
        let Self { agency, name, target, language, severity_min, platform, enabled } = self;
        line_of("name", &name, NAME_CHARACTERS_MAX)?;
        if severity_min.is_some() {
            caller.may_set_policy(Permission::ReadAlerts, &agency)?;
        }
        if severity_min.is_some_and(|id| !(1..=6).contains(&id)) {
            return Err(bad("severity_min", "an OCSF severity, 1 to 6"));
        }
        if severity_min.is_none() && !platform {
            return Err(bad(
                "severity_min",
                "a channel is told of alerts, of the platform, or both",
            ));
        }
        let target = notice::Target::from(target);
        let config = app.senders.config();
        target.check(config).map_err(|refused| bad(refused.field, refused.detail))?;
        let language = match language {
            Language::Bn => notice::Language::Bn,
            Language::En => notice::Language::En,
        };
        Ok(Spec { name, target, language, severity_min, platform, enabled })
    }
}

fn is_own(held: &Agencies, agency: &str) -> bool {
    Agencies::parse(agency).is_ok_and(|asked| held.covers(&asked))
}

/// The channel, if the caller manages it; another's is not there.
async fn own(app: &App, caller: &Caller, id: &str) -> Answer<Channel> {
    let held = caller.agencies(Permission::ManageNotifications)?;
    let found = match id.parse() {
        Ok(number) => app.work.channel(number).await?,
        Err(_) => None,
    };
    let found = found.filter(|channel| is_own(&held, &channel.agency));
    found.ok_or_else(|| refused(Unkept::NotFound))
}

async fn view(app: &App, channel: Channel) -> Answer<ChannelView> {
    let (messages, waiting) = app.work.outcomes(channel.id).await?;
    Ok(ChannelView::of(channel, messages, waiting))
}

async fn answer(app: &App, channel: Channel) -> Answer<Response> {
    let tag = etag(channel.version);
    let view = view(app, channel).await?;
    Ok(([(header::ETAG, tag)], axum::Json(view)).into_response())
}

fn refused(unkept: Unkept) -> Box<Problem> {
    match unkept {
        Unkept::NotFound => {
            Problem::new(Code::NotFound, "there is no such channel among those that you manage")
        }
        Unkept::Conflict(version) => {
            let detail = "the channel was changed since; look at params.version";
            Problem::new(Code::VersionConflict, detail).with(json!({"version": version}))
        }
    }
}

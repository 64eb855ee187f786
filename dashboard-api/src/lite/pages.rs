//! The pages themselves.

use super::html::Html;
use super::words::Words;
use crate::accounts::Language;
use crate::caller::Caller;
use crate::problem::Code;
use crate::views::alert::{evidence, sentence};
use model::day;
use store::{AlertSummary, HistoryItem, State, Verdict};

/// The most of one raw log that is shown, in characters: the whole is in the full version.
const RAW_MAX: usize = 2_000;
/// Raw logs of one page.
const RAWS_MAX: usize = 3;
/// Steps of a history that are shown: the last.
const STEPS_MAX: usize = 20;

/// A page with its frame.
fn page(words: &Words, title: &str, body: &Html) -> Html {
    let mut html = Html::new();
    html.raw("<!doctype html><html lang=\"").put(words.lang);
    html.raw("\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
    html.put(title).raw(" · ").put(words.product);
    html.raw("</title><link rel=\"stylesheet\" href=\"/lite/style.css\"></head><body>");
    html.add(body).raw("</body></html>\n");
    html
}

/// The bar above: where one is, and the other language.
fn bar(words: &Words, caller: &Caller, token: &str) -> Html {
    let (other, name) = match caller.user.language {
        Language::Bn => ("en", "English"),
        Language::En => ("bn", "বাংলা"),
    };
    let mut html = Html::new();
    html.raw("<header><a href=\"/lite\"><b>").put(words.product).raw("</b></a> ");
    html.put(&caller.user.display_name).raw(" <a href=\"/alerts\">").put(words.full).raw("</a>");
    html.raw("<form method=\"post\" action=\"/lite/language\"><input type=\"hidden\" name=\"token\" value=\"");
    html.put(token).raw("\"><button name=\"language\" value=\"").put(other);
    html.raw("\" lang=\"").put(other).raw("\">").put(name).raw("</button></form></header>");
    html
}

pub(super) fn sign_in(words: &Words, refused: Option<Code>) -> Html {
    let mut body = Html::new();
    body.raw("<main><h1>").put(words.product).raw(" · Prohori</h1>");
    if let Some(code) = refused {
        let why = match code {
            Code::SignInFailed => words.sign_in_failed,
            Code::LockedOut | Code::Busy => words.locked,
            _ => words.code_needed,
        };
        body.raw("<p class=\"note\" role=\"alert\">").put(why).raw("</p>");
    }
    body.raw("<form method=\"post\" action=\"/lite/session\"><p><label>").put(words.user);
    body.raw(" <span lang=\"en\">(User name)</span><br><input name=\"user\" required autocomplete=\"username\"></label></p><p><label>");
    body.put(words.password);
    body.raw(" <span lang=\"en\">(Password)</span><br><input name=\"password\" type=\"password\" required autocomplete=\"current-password\"></label></p><p><label>");
    body.put(words.code);
    body.raw(" <span lang=\"en\">(Code)</span><br><input name=\"code\" inputmode=\"numeric\" autocomplete=\"one-time-code\"></label></p><p><button>");
    body.put(words.sign_in).raw(" · Sign in</button></p></form></main>");
    page(words, words.sign_in, &body)
}

pub(super) fn failed(words: &Words, code: Code) -> Html {
    let why = match code {
        Code::NotFound => words.not_found,
        Code::Forbidden => words.forbidden,
        Code::VerdictRequired | Code::ReasonRequired | Code::InvalidBody => words.reason_required,
        _ => words.failed,
    };
    let mut body = Html::new();
    body.raw("<main><p class=\"note\" role=\"alert\">").put(why);
    body.raw("</p><p><a href=\"/lite\">").put(words.back).raw("</a></p></main>");
    page(words, words.queue, &body)
}

fn title<'a>(words: &Words, alert: &'a AlertSummary) -> &'a str {
    match words.lang == "bn" && !alert.title_bn.is_empty() {
        true => &alert.title_bn,
        false => &alert.title,
    }
}

fn severity(html: &mut Html, words: &Words, id: u8) {
    let (shape, word) = words.severity_of(id);
    html.raw("<span class=\"s").put(id.min(5)).raw("\">").put(shape).raw(" ").put(word);
    html.raw("</span>");
}

pub(super) fn queue(
    words: &Words,
    caller: &Caller,
    alerts: &[AlertSummary],
    total: u64,
    next: Option<String>,
    token: &str,
) -> Html {
    let mut body = bar(words, caller, token);
    body.raw("<main><h1>").put(words.queue).raw("</h1><p>").put(total).raw(" ");
    body.put(words.open_alerts).raw("</p>");
    if alerts.is_empty() {
        body.raw("<p>").put(words.none).raw("</p>");
    }
    body.raw("<ol>");
    for alert in alerts {
        body.raw("<li>");
        severity(&mut body, words, alert.severity_id);
        body.raw(" <a href=\"/lite/alerts/").put(&alert.id).raw("\">").put(title(words, alert));
        body.raw("</a><br><small>").put(moment(alert.time)).raw(" · <code>").put(&alert.host);
        body.raw("</code> · ").put(&alert.agency).raw(" · ×").put(alert.event_count).raw(" · ");
        body.put(words.state(alert.state));
        if !alert.assignee.is_empty() {
            body.raw(" · ").put(&alert.assignee);
        }
        body.raw("</small></li>");
    }
    body.raw("</ol>");
    if let Some(cursor) = next {
        body.raw("<p><a href=\"/lite?cursor=").put(cursor).raw("\">").put(words.more);
        body.raw("</a></p>");
    }
    body.raw("</main>");
    page(words, words.queue, &body)
}

pub(super) fn alert(
    words: &Words,
    caller: &Caller,
    alert: store::AlertDetail,
    history: &[HistoryItem],
    form: Option<String>,
    said: Option<&str>,
    token: &str,
) -> Html {
    let summary = alert.summary.clone();
    let happened = sentence(&summary, words.lang);
    let mut body = bar(words, caller, token);
    body.raw("<main><p><a href=\"/lite\">").put(words.back).raw("</a></p>");
    match said {
        Some("done") => {
            body.raw("<p class=\"note\" role=\"status\">").put(words.done).raw("</p>");
        }
        Some("conflict") => {
            body.raw("<p class=\"note\" role=\"alert\">").put(words.conflict).raw("</p>");
        }
        _ => {}
    }
    body.raw("<h1>").put(title(words, &summary)).raw("</h1><p>").put(happened).raw("</p>");
    facts(&mut body, words, &summary);
    if let Some(token) = form.filter(|_| summary.state != State::Closed) {
        body.add(&verbs(words, &summary, &token));
    }
    let evidence = evidence(&alert);
    let (_, raw) = evidence.events();
    body.raw("<h2>").put(words.raw).raw("</h2>");
    for raw in raw.iter().filter(|raw| !raw.is_empty()).take(RAWS_MAX) {
        let shown: String = raw.chars().take(RAW_MAX).collect();
        body.raw("<pre dir=\"ltr\" translate=\"no\">").put(shown).raw("</pre>");
    }
    let (_, matched, _) = evidence.explained();
    body.raw("<h2>").put(words.why).raw("</h2><ul>");
    for clause in matched.iter().take(STEPS_MAX) {
        let (field, pattern) = clause.shown();
        body.raw("<li><code dir=\"ltr\">").put(field).raw("</code>: <code dir=\"ltr\">");
        body.put(pattern).raw("</code></li>");
    }
    body.raw("</ul>");
    steps(&mut body, words, history);
    body.raw("</main>");
    page(words, title(words, &summary), &body)
}

fn facts(body: &mut Html, words: &Words, alert: &AlertSummary) {
    body.raw("<dl><dt>").put(words.severity).raw("</dt><dd>");
    severity(body, words, alert.severity_id);
    body.raw("</dd>");
    let verdict = alert.verdict.map(|v| format!(" ({})", words.verdict_of(v))).unwrap_or_default();
    let assignee = if alert.assignee.is_empty() { words.nobody } else { &alert.assignee };
    for (name, value) in [
        (words.time, moment(alert.time)),
        (words.host, alert.host.clone()),
        (words.agency, alert.agency.clone()),
        (words.events, alert.event_count.to_string()),
        (words.state, format!("{}{verdict}", words.state(alert.state))),
        (words.assignee, assignee.to_owned()),
    ] {
        body.raw("<dt>").put(name).raw("</dt><dd>").put(value).raw("</dd>");
    }
    body.raw("</dl>");
}

/// What can be done, each against the version shown.
fn verbs(words: &Words, alert: &AlertSummary, token: &str) -> Html {
    let mut html = Html::new();
    let begin = |html: &mut Html| {
        html.raw("<form method=\"post\" action=\"/lite/alerts/").put(&alert.id);
        html.raw("\"><input type=\"hidden\" name=\"token\" value=\"").put(token);
        html.raw("\"><input type=\"hidden\" name=\"version\" value=\"").put(alert.version);
        html.raw("\">");
    };
    if alert.state == State::New {
        begin(&mut html);
        html.raw("<button name=\"action\" value=\"acknowledge\">").put(words.acknowledge);
        html.raw("</button></form>");
    }
    begin(&mut html);
    html.raw("<fieldset><legend>").put(words.verdict).raw("</legend>");
    for verdict in Verdict::ALL {
        html.raw("<label><input type=\"radio\" name=\"verdict\" required value=\"");
        html.put(verdict.as_str()).raw("\"> ").put(words.verdict_of(verdict)).raw("</label> ");
    }
    html.raw("</fieldset><p><label>").put(words.reason);
    html.raw("<br><textarea name=\"reason\" rows=\"3\" required maxlength=\"4000\"></textarea></label></p><button name=\"action\" value=\"close\">");
    html.put(words.close).raw("</button></form>");
    html
}

fn steps(body: &mut Html, words: &Words, history: &[HistoryItem]) {
    if history.is_empty() {
        return;
    }
    body.raw("<h2>").put(words.history).raw("</h2><ul>");
    for step in history.iter().rev().take(STEPS_MAX) {
        body.raw("<li>").put(moment(step.at)).raw(" <b>").put(&step.actor).raw("</b> ");
        body.put(words.state(step.to_state));
        if let Some(verdict) = step.verdict {
            body.raw(" (").put(words.verdict_of(verdict)).raw(")");
        }
        for text in [&step.reason, &step.comment].into_iter().filter(|text| !text.is_empty()) {
            body.raw("<br>").put(text);
        }
        body.raw("</li>");
    }
    body.raw("</ul>");
}

/// Dhaka's clock: `2026-03-01 06:00 +06:00`.
fn moment(ms: i64) -> String {
    let days = day::number(ms);
    let in_day = (ms - day::begin_ms(days)) / 60_000;
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} +06:00", in_day / 60, in_day % 60)
}

/// The date of a day counted from 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn moments_are_dhaka_s() {
        for (ms, text) in [
            (0, "1970-01-01 06:00 +06:00"),
            (1_772_323_200_000, "2026-03-01 06:00 +06:00"),
            (1_709_164_740_000, "2024-02-29 05:59 +06:00"),
            (1_767_203_940_000, "2025-12-31 23:59 +06:00"),
        ] {
            assert_eq!(moment(ms), text);
        }
    }
}

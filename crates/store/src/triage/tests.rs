//! What a change makes of an alert, and which changes make no sense.

use super::*;

fn alert(state: State) -> AlertSummary {
    let closed = state == State::Closed;
    AlertSummary {
        id: "a".into(),
        version: 4,
        time: 1,
        created: 2,
        last: 0,
        risk_score: 0,
        group_id: String::new(),
        group_alerts: 1,
        severity_id: 3,
        title: String::new(),
        title_bn: String::new(),
        rule_id: String::new(),
        agency: "mof".into(),
        host: String::new(),
        user: String::new(),
        src_ip: String::new(),
        message: String::new(),
        message_bn: String::new(),
        event_count: 1,
        state,
        verdict: closed.then_some(Verdict::Benign),
        reason: if closed { "a test".into() } else { String::new() },
        assignee: "rima".into(),
        changed_by: String::new(),
        changed_at: 0,
    }
}

fn close(verdict: Option<Verdict>, reason: &str) -> Change {
    Change { state: Some(State::Closed), verdict, reason: Some(reason.into()), ..Change::default() }
}

#[test]
fn a_step_holds_the_whole_state_after_it() {
    let change = close(Some(Verdict::TruePositive), "seen it");
    let step = Step::next(&alert(State::New), &change, "karim", 9).unwrap();
    assert_eq!((step.version, &*step.kind, &*step.from_state), (5, "state", "new"));
    let after = step.applied(alert(State::New)).unwrap();
    assert_eq!((after.state, after.verdict), (State::Closed, Some(Verdict::TruePositive)));
    assert_eq!((&*after.reason, &*after.assignee), ("seen it", "rima"));
    assert_eq!((&*after.changed_by, after.changed_at, after.version), ("karim", 9, 5));
}

#[test]
fn reopening_takes_verdict_and_reason_back() {
    let change = Change { state: Some(State::InProgress), ..Change::default() };
    let step = Step::next(&alert(State::Closed), &change, "karim", 9).unwrap();
    let after = step.applied(alert(State::Closed)).unwrap();
    assert_eq!((after.state, after.verdict, &*after.reason), (State::InProgress, None, ""));
}

#[test]
fn kinds() {
    let assign = Change { assignee: Some(String::new()), ..Change::default() };
    let comment = Change { comment: Some("x".into()), ..Change::default() };
    let verdict = close(Some(Verdict::Duplicate), "same as b");
    for (state, change, kind) in [
        (State::New, &assign, "assignee"),
        (State::New, &comment, "comment"),
        (State::Closed, &comment, "comment"),
        (State::Closed, &verdict, "verdict"),
        (State::InProgress, &verdict, "state"),
    ] {
        assert_eq!(Step::next(&alert(state), change, "k", 9).unwrap().kind, kind, "{change:?}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let verdict = Change { verdict: Some(Verdict::Benign), ..Change::default() };
    for (change, refusal) in [
        (close(None, "why"), Refusal::VerdictRequired),
        (close(Some(Verdict::Benign), " "), Refusal::ReasonRequired),
        (verdict, Refusal::VerdictWithoutClosing),
    ] {
        assert_eq!(Step::next(&alert(State::New), &change, "k", 9).unwrap_err(), refusal);
    }
}

//! Tags, held against ATT&CK and against Sigma's own namespaces.

use crate::Code;

/// What is wrong with a tag: its kind, in words, and the mend.
pub(crate) fn fault(tag: &str) -> Option<(Code, String, String)> {
    match attack::read(tag) {
        None => namespace(tag),
        Some(attack::Tag::Unknown(near)) => {
            let message = format!("{tag:?} is not in ATT&CK {}", attack::RELEASE);
            let mend = match near {
                Some(near) => format!("did you mean attack.{near}?"),
                None => "write a tactic such as attack.persistence or a technique such as attack.t1059.001".to_owned(),
            };
            Some((Code::UnknownTag, message, mend))
        }
        Some(attack::Tag::Revoked(successor)) => {
            let message = format!("ATT&CK {} no longer has {tag:?}", attack::RELEASE);
            let mend = match successor {
                Some(now) => format!("write attack.{} ({})", now.id.to_lowercase(), now.name),
                None => "look up what took its place".to_owned(),
            };
            Some((Code::RevokedTag, message, mend))
        }
        Some(_) => None,
    }
}

/// Tags outside of ATT&CK, as Sigma's appendix of tags has them.
fn namespace(tag: &str) -> Option<(Code, String, String)> {
    const NAMESPACES: [&str; 7] = ["attack", "car", "cve", "d3fend", "detection", "stp", "tlp"];
    const DETECTION: [&str; 3] = ["dfir", "emerging-threats", "threat-hunting"];
    const TLP: [&str; 5] = ["red", "amber", "amber-strict", "green", "clear"];
    let (namespace, name) = tag.split_once('.').unwrap_or((tag, ""));
    let known: &[&str] = match namespace {
        "detection" => &DETECTION,
        "tlp" => &TLP,
        _ if NAMESPACES.contains(&namespace) && !name.is_empty() => return None,
        _ => &NAMESPACES,
    };
    let word = if known == NAMESPACES { namespace } else { name };
    if known != NAMESPACES && known.contains(&name) {
        return None;
    }
    let mend = match sigma::nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("known are {}", known.join(", ")),
    };
    Some((Code::UnknownTag, format!("{tag:?} is no tag of Sigma"), mend))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_are_none() {
        for (tag, expected) in [
            ("attack.t1059.001", None),
            ("attack.defense-evasion", None),
            ("attack.g0007", None),
            ("cve.2021-44228", None),
            ("tlp.amber", None),
            ("attack.t1562.001", Some("revoked-tag: write attack.t1685 (Disable or Modify Tools)")),
            ("attack.persistance", Some("unknown-tag: did you mean attack.persistence?")),
            ("attck.t1059", Some("unknown-tag: did you mean \"attack\"?")),
            ("tlp.grean", Some("unknown-tag: did you mean \"green\"?")),
            ("plain", Some("unknown-tag: known are attack, car, cve, d3fend, detection, stp, tlp")),
        ] {
            let found = fault(tag).map(|(code, _, mend)| format!("{}: {mend}", code.as_str()));
            assert_eq!(found.as_deref(), expected, "{tag}");
        }
    }
}

//! A rule in words, in English and in Bangla.

mod item;

use item::item;
use sigma::{Condition, Folding, LogSource, Node, Rule};

/// A language that rules are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Bangla.
    Bangla,
}

impl Language {
    /// The word of this language.
    pub(crate) fn of<'a>(self, english: &'a str, bangla: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::Bangla => bangla,
        }
    }
}

/// The sentences that tell a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    /// What it detects.
    pub(crate) title: String,
    /// What it looks at.
    pub(crate) looks_at: String,
    /// When it fires.
    pub(crate) fires: String,
    /// What becomes of many alerts.
    pub(crate) folds: Option<String>,
    /// Each selection, by name.
    pub(crate) selections: Vec<(String, String)>,
    /// What else may cause it.
    pub(crate) otherwise: Vec<String>,
}

/// Tells `rule`.
pub(crate) fn words(rule: &Rule, language: Language) -> Words {
    let selections = &rule.detection.selections;
    let names: Vec<&str> = selections.iter().map(|selection| &*selection.name).collect();
    let (title, otherwise) = match language {
        Language::Bangla => (
            rule.title_bn.as_ref().unwrap_or(&rule.title),
            if rule.falsepositives_bn.is_empty() {
                &rule.falsepositives
            } else {
                &rule.falsepositives_bn
            },
        ),
        Language::English => (&rule.title, &rule.falsepositives),
    };
    let condition = condition(&rule.detection.condition, &names, language, false);
    Words {
        title: title.clone(),
        looks_at: looks_at(&rule.logsource, language),
        fires: match language {
            Language::English => format!("It fires when {condition}."),
            Language::Bangla => format!("এটি সতর্কতা দেয় যখন {condition}।"),
        },
        folds: rule.folding.as_ref().map(|folding| folds(folding, language)),
        selections: selections
            .iter()
            .map(|selection| (selection.name.clone(), node(&selection.node, language, false)))
            .collect(),
        otherwise: otherwise.clone(),
    }
}

/// How alerts fold, and how many matches make one.
fn folds(folding: &Folding, language: Language) -> String {
    let by: Vec<&str> = folding.by.iter().map(|field| field.text.as_str()).collect();
    let (by, lasts) = (by.join(", "), span(folding.for_ms, language));
    let (count, within) = (folding.count, span(folding.within_ms, language));
    let mut text = match (language, folding.count) {
        (_, 1) => String::new(),
        (Language::English, _) => format!("An alert takes {count} matches within {within}. "),
        (Language::Bangla, _) => format!("একটি সতর্কতার জন্য {within}-এ {count}টি মিল লাগে। "),
    };
    text.push_str(&match (language, by.is_empty()) {
        (Language::English, true) => format!("Alerts of one agency fold into one for {lasts}."),
        (Language::English, false) => {
            format!("Alerts with the same {by} fold into one for {lasts}.")
        }
        (Language::Bangla, true) => format!("একটি সংস্থার সতর্কতা {lasts} ধরে একটিতে যোগ হয়।"),
        (Language::Bangla, false) => format!("একই {by}-এর সতর্কতা {lasts} ধরে একটিতে যোগ হয়।"),
    });
    text
}

/// A duration in its largest whole unit.
fn span(ms: i64, language: Language) -> String {
    let units = [
        (86_400_000, language.of("days", "দিন")),
        (3_600_000, language.of("hours", "ঘণ্টা")),
        (60_000, language.of("minutes", "মিনিট")),
        (1_000, language.of("seconds", "সেকেন্ড")),
    ];
    let whole = units.into_iter().find(|(unit, _)| ms % unit == 0);
    whole.map_or_else(|| format!("{ms} ms"), |(unit, name)| format!("{} {name}", ms / unit))
}

fn looks_at(source: &LogSource, language: Language) -> String {
    let parts = [
        (language.of("product", "পণ্য"), &source.product),
        (language.of("category", "শ্রেণি"), &source.category),
        (language.of("service", "সেবা"), &source.service),
    ];
    let parts = parts.iter().filter_map(|(key, part)| Some(format!("{key} {}", part.as_ref()?)));
    let parts = parts.collect::<Vec<_>>().join(", ");
    match language {
        Language::English => format!("It looks at events of {parts}."),
        Language::Bangla => format!("এটি যে ঘটনা দেখে: {parts}।"),
    }
}

/// A condition over selections; `inner` where others stand beside it.
fn condition(condition_: &Condition, names: &[&str], language: Language, inner: bool) -> String {
    let all = |parts: &[Condition]| {
        parts.iter().map(|part| condition(part, names, language, true)).collect::<Vec<_>>()
    };
    match condition_ {
        Condition::Selection(index) => names[*index].to_owned(),
        Condition::Not(part) => match language {
            Language::English => format!("not {}", condition(part, names, language, true)),
            Language::Bangla => format!("{} নয়", condition(part, names, language, true)),
        },
        Condition::And(parts) => joined(all(parts), language.of("and", "এবং"), inner),
        Condition::Or(parts) => joined(all(parts), language.of("or", "অথবা"), inner),
        Condition::AtLeast(count, of) => {
            let of = of.iter().map(|index| names[*index]).collect::<Vec<_>>().join(", ");
            match language {
                Language::English => format!("at least {count} of ({of})"),
                Language::Bangla => format!("({of})-এর অন্তত {count}টি"),
            }
        }
    }
}

fn node(node_: &Node, language: Language, inner: bool) -> String {
    let all = |nodes: &[Node]| nodes.iter().map(|part| node(part, language, true)).collect();
    match node_ {
        Node::Item(part) => item(part, language),
        Node::All(nodes) => joined(all(nodes), language.of("and", "এবং"), inner),
        Node::Any(nodes) => joined(all(nodes), language.of("or", "অথবা"), inner),
    }
}

fn joined(parts: Vec<String>, word: &str, inner: bool) -> String {
    let many = parts.len() > 1;
    let text = parts.join(&format!(" {word} "));
    if inner && many { format!("({text})") } else { text }
}

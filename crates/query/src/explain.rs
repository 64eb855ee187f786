//! A search in words, English and Bangla, so that its writer sees what was understood.

use crate::field::{Column, Field};
use crate::{Aggregate, Expr, Leaf, Moment, Query, Stage};
use sigma::{Anchor, Comparison, DatePart, Matcher};

/// A language of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Bangla.
    Bangla,
}

use Language::{Bangla, English};

impl Language {
    fn of<'t>(self, english: &'t str, bangla: &'t str) -> &'t str {
        match self {
            English => english,
            Bangla => bangla,
        }
    }
}

/// The search in words.
pub fn explain(query: &Query, language: Language) -> String {
    let events = match &query.expr {
        Expr::All(parts) if parts.is_empty() => language.of("All events", "সব ইভেন্ট").to_owned(),
        expr => match language {
            English => format!("Events where {}", words(expr, language)),
            Bangla => format!("যেসব ইভেন্টে {}", words(expr, language)),
        },
    };
    let stages = query.stages.iter().map(|stage| stage_words(stage, language));
    [events].into_iter().chain(stages).collect::<Vec<_>>().join("; ")
}

fn words(expr: &Expr, language: Language) -> String {
    let joined = |parts: &[Expr], joint: &str| {
        let shown = |part: &Expr| match part {
            Expr::All(inner) | Expr::Any(inner) if inner.len() > 1 => {
                format!("({})", words(part, language))
            }
            part => words(part, language),
        };
        parts.iter().map(shown).collect::<Vec<_>>().join(joint)
    };
    match expr {
        Expr::All(parts) if parts.is_empty() => language.of("anything", "যেকোনো কিছু").to_owned(),
        Expr::Any(parts) if parts.is_empty() => language.of("nothing", "কিছুই না").to_owned(),
        Expr::All(parts) => joined(parts, language.of(" and ", " এবং ")),
        Expr::Any(parts) => joined(parts, language.of(" or ", " অথবা ")),
        Expr::Not(inner) => match language {
            English => format!("not ({})", words(inner, language)),
            Bangla => format!("({}) নয়", words(inner, language)),
        },
        Expr::AtLeast(count, parts) => match language {
            English => format!("at least {count} of: {}", joined(parts, ", ")),
            Bangla => format!("এগুলোর অন্তত {count}টি: {}", joined(parts, ", ")),
        },
        Expr::Leaf(leaf) => leaf_words(leaf, language),
    }
}

fn leaf_words(leaf: &Leaf, language: Language) -> String {
    match leaf {
        Leaf::Field(field, matcher) => {
            let field = name(field, language);
            test_words(&field, matcher, language)
        }
        Leaf::Words(pattern) => match language {
            English => format!("message or raw text has \"{pattern}\""),
            Bangla => format!("বার্তা বা মূল লগে \"{pattern}\" আছে"),
        },
        Leaf::Source(source) => {
            let parts = [&source.product, &source.category, &source.service];
            let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).collect();
            match language {
                English => format!("the log source is {}", parts.join("/")),
                Bangla => format!("লগের উৎস {}", parts.join("/")),
            }
        }
        Leaf::Time(comparison, moment) => {
            let moment = moment_words(*moment, language);
            match (language, comparison) {
                (English, Comparison::Equal) => format!("the time is {moment}"),
                (English, Comparison::Greater) => format!("the time is after {moment}"),
                (English, Comparison::GreaterOrEqual) => format!("the time is {moment} or later"),
                (English, Comparison::Less) => format!("the time is before {moment}"),
                (English, Comparison::LessOrEqual) => format!("the time is {moment} or earlier"),
                (Bangla, Comparison::Equal) => format!("সময় {moment}"),
                (Bangla, Comparison::Greater) => format!("সময় {moment}-এর পরে"),
                (Bangla, Comparison::GreaterOrEqual) => format!("সময় {moment} থেকে"),
                (Bangla, Comparison::Less) => format!("সময় {moment}-এর আগে"),
                (Bangla, Comparison::LessOrEqual) => format!("সময় {moment} পর্যন্ত"),
            }
        }
        Leaf::Agency(agencies) => match language {
            English => format!("the agency is one of {}", agencies.join(", ")),
            Bangla => format!("সংস্থা এগুলোর একটি: {}", agencies.join(", ")),
        },
    }
}

fn moment_words(moment: Moment, language: Language) -> String {
    match (moment, language) {
        (Moment::Ago(0), _) => language.of("now", "এখন").to_owned(),
        (Moment::Ago(_), English) => {
            format!("{} before now", moment.to_string().trim_start_matches('-'))
        }
        (Moment::Ago(_), Bangla) => {
            format!("এখন থেকে {} আগে", moment.to_string().trim_start_matches('-'))
        }
        (Moment::At(_), _) => moment.to_string(),
    }
}

fn name(field: &Field, language: Language) -> String {
    let known = match field {
        Field::Any => language.of("any value", "যেকোনো মান"),
        Field::Column(column) => match column {
            Column::Agency => language.of("agency", "সংস্থা"),
            Column::Host => language.of("host", "হোস্ট"),
            Column::User => language.of("user", "ব্যবহারকারী"),
            Column::Process => language.of("process", "প্রসেস"),
            Column::Source => language.of("source type", "উৎসের ধরন"),
            Column::LogName => language.of("log name", "লগের নাম"),
            Column::EventCode => language.of("event code", "ইভেন্ট কোড"),
            Column::SrcIp => language.of("source address", "উৎস ঠিকানা"),
            Column::SrcPort => language.of("source port", "উৎস পোর্ট"),
            Column::DstIp => language.of("destination address", "গন্তব্য ঠিকানা"),
            Column::DstPort => language.of("destination port", "গন্তব্য পোর্ট"),
            Column::Class => language.of("class", "শ্রেণি"),
            Column::Activity => language.of("activity", "কার্যক্রম"),
            Column::Severity => language.of("severity", "গুরুত্ব"),
            Column::Status => language.of("status", "অবস্থা"),
            Column::Message => language.of("message", "বার্তা"),
            Column::Raw => language.of("raw text", "মূল লগ"),
            Column::Uid => language.of("event id", "ইভেন্ট আইডি"),
        },
        Field::Ocsf(path) => path,
        Field::Sigma(name) => name,
    };
    known.to_owned()
}

fn test_words(field: &str, matcher: &Matcher, language: Language) -> String {
    let whole_case = |cased: &bool| match cased {
        true => language.of(" (case counts)", " (বড়-ছোট হাতের অক্ষর মিলিয়ে)"),
        false => "",
    };
    let value = |verb_en: &str, verb_bn: &str, value: &str| match language {
        English => format!("{field} {verb_en} {value}"),
        Bangla => format!("{field} {verb_bn} {value}"),
    };
    match matcher {
        Matcher::Text { pattern, cased } => {
            let verb = match pattern.as_literal() {
                Some(_) => ("is", "হলো"),
                None => ("is like", "এর মতো:"),
            };
            value(verb.0, verb.1, &format!("\"{pattern}\"{}", whole_case(cased)))
        }
        Matcher::Regex(regex) => {
            value("matches the expression", "এই এক্সপ্রেশনে মেলে:", regex.source())
        }
        Matcher::Network(network) => {
            value("is in the network", "এই নেটওয়ার্কের ভেতরে:", &network.to_string())
        }
        Matcher::Equals(_, written) => value("is the number", "এই সংখ্যা:", written),
        Matcher::Compare(comparison, number) => {
            let (english, bangla) = comparison_words(*comparison);
            value(english, bangla, &number.to_string())
        }
        Matcher::Date(part, comparison, number) => {
            let part = date_words(*part, language);
            let (english, bangla) = comparison_words(*comparison);
            match language {
                English => format!("the {part} of {field} {english} {number}"),
                Bangla => format!("{field}-এর {part} {bangla} {number}"),
            }
        }
        Matcher::Null => match language {
            English => format!("{field} is absent or null"),
            Bangla => format!("{field} নেই বা শূন্য"),
        },
        Matcher::Exists(true) => match language {
            English => format!("{field} is there"),
            Bangla => format!("{field} আছে"),
        },
        Matcher::Exists(false) => match language {
            English => format!("{field} is not there"),
            Bangla => format!("{field} নেই"),
        },
        Matcher::Reference { field: other, anchor, cased } => {
            let verb = match anchor {
                Anchor::Whole => ("is the same as", "এর সমান:"),
                Anchor::Start => ("begins with the value of", "শুরু হয় এর মান দিয়ে:"),
                Anchor::End => ("ends with the value of", "শেষ হয় এর মান দিয়ে:"),
                Anchor::Anywhere => ("has the value of", "এর মান ধারণ করে:"),
            };
            value(verb.0, verb.1, &format!("{other}{}", whole_case(cased)))
        }
    }
}

fn comparison_words(comparison: Comparison) -> (&'static str, &'static str) {
    match comparison {
        Comparison::Equal => ("is", "সমান"),
        Comparison::Less => ("is less than", "এর চেয়ে কম:"),
        Comparison::LessOrEqual => ("is at most", "সর্বোচ্চ"),
        Comparison::Greater => ("is more than", "এর চেয়ে বেশি:"),
        Comparison::GreaterOrEqual => ("is at least", "কমপক্ষে"),
    }
}

fn date_words(part: DatePart, language: Language) -> &'static str {
    match part {
        DatePart::Minute => language.of("minute", "মিনিট"),
        DatePart::Hour => language.of("hour", "ঘণ্টা"),
        DatePart::Day => language.of("day", "দিন"),
        DatePart::Week => language.of("week", "সপ্তাহ"),
        DatePart::Month => language.of("month", "মাস"),
        DatePart::Year => language.of("year", "বছর"),
    }
}

fn stage_words(stage: &Stage, language: Language) -> String {
    let fields = |fields: &[Field]| {
        fields.iter().map(|field| name(field, language)).collect::<Vec<_>>().join(", ")
    };
    let by = |by: &[Field]| match (by.is_empty(), language) {
        (true, _) => String::new(),
        (false, English) => format!(" by {}", fields(by)),
        (false, Bangla) => format!(" ({} অনুযায়ী)", fields(by)),
    };
    match stage {
        Stage::Count(Aggregate { distinct: None, by: of }) => {
            format!("{}{}", language.of("counted", "গণনা"), by(of))
        }
        Stage::Count(Aggregate { distinct: Some(field), by: of }) => {
            let field = name(field, language);
            match language {
                English => format!("different values of {field} counted{}", by(of)),
                Bangla => format!("{field}-এর ভিন্ন ভিন্ন মান গণনা{}", by(of)),
            }
        }
        Stage::Timechart { span_s, by: of } => {
            let span = span_s.map(|span| Moment::Ago(i64::from(span)).to_string());
            let span = span.as_deref().map(|span| span.trim_start_matches('-'));
            let of = by(of);
            match (language, span) {
                (English, None) => format!("counted over time{of}"),
                (English, Some(span)) => format!("counted over time in steps of {span}{of}"),
                (Bangla, None) => format!("সময় অনুযায়ী গণনা{of}"),
                (Bangla, Some(span)) => format!("সময় অনুযায়ী গণনা, ধাপ {span}{of}"),
            }
        }
        Stage::Table(columns) => {
            let columns = fields(columns);
            match language {
                English => format!("shown as a table of {columns}"),
                Bangla => format!("সারণি: {columns}"),
            }
        }
        Stage::Sort(orders) => {
            let shown = orders.iter().map(|order| {
                let down = language.of(" (greatest first)", " (বড় থেকে ছোট)");
                format!("{}{}", order.column, if order.descending { down } else { "" })
            });
            let shown = shown.collect::<Vec<_>>().join(", ");
            match language {
                English => format!("sorted by {shown}"),
                Bangla => format!("সাজানো: {shown}"),
            }
        }
        Stage::Head(count) => match language {
            English => format!("the first {count}"),
            Bangla => format!("প্রথম {count}টি"),
        },
    }
}

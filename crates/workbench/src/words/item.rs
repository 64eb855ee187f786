//! One item of a selection in words: a field, what is asked of it, and the values.

use super::Language;
use sigma::{Item, Matcher};

/// How many values a sentence names; the others are counted.
const VALUES_MAX: usize = 12;

/// A way to ask, before and after the values; the field comes first in both languages.
type Phrase = (&'static str, &'static str);

/// English, Bangla.
struct Verb {
    english: Phrase,
    bangla: Phrase,
}

const fn verb(english: Phrase, bangla: Phrase) -> Verb {
    Verb { english, bangla }
}

/// The modifiers that say what is asked, and how that reads.
const VERBS: [(&str, Verb); 9] = [
    ("contains", verb(("contains", ""), ("এর মধ্যে", "আছে"))),
    ("startswith", verb(("starts with", ""), ("শুরু হয়", "দিয়ে"))),
    ("endswith", verb(("ends with", ""), ("শেষ হয়", "দিয়ে"))),
    ("re", verb(("has a part like", ""), ("এর কোনো অংশ মেলে", "ধাঁচের সঙ্গে"))),
    ("cidr", verb(("is an address in", ""), ("এর ঠিকানা পড়ে", "নেটওয়ার্কে"))),
    ("lt", verb(("is less than", ""), ("এর মান", "থেকে কম"))),
    ("lte", verb(("is at most", ""), ("এর মান বড়জোর", ""))),
    ("gt", verb(("is more than", ""), ("এর মান", "থেকে বেশি"))),
    ("gte", verb(("is at least", ""), ("এর মান অন্তত", ""))),
];
const IS: Verb = verb(("is", ""), ("এর মান", ""));
const IS_FIELD: Verb = verb(("is what is in field", ""), ("এর মান একই, যা আছে ক্ষেত্র", "এ"));
const KEYWORD: Verb = verb(("contains", ""), ("এ আছে", ""));

/// What is done to the rule's value first: modifier, English, Bangla.
const FORMS: [(&str, &str, &str); 15] = [
    ("base64", "in Base64", "বেস৬৪ রূপে"),
    ("base64offset", "in Base64 at any offset", "যেকোনো অবস্থানে বেস৬৪ রূপে"),
    ("wide", "in UTF-16", "ইউটিএফ-১৬ রূপে"),
    ("utf16le", "in UTF-16", "ইউটিএফ-১৬ রূপে"),
    ("utf16be", "in UTF-16 (big-endian)", "ইউটিএফ-১৬ (বিগ এন্ডিয়ান) রূপে"),
    ("utf16", "in UTF-16 with a byte-order mark", "বাইট-ক্রম চিহ্নসহ ইউটিএফ-১৬ রূপে"),
    ("windash", "with any dash before options", "অপশনের আগে যেকোনো ড্যাশসহ"),
    ("cased", "in this very case", "ঠিক এই বড়-ছোট হাতের অক্ষরে"),
    ("i", "in any case", "বড়-ছোট হাতের অক্ষর নির্বিশেষে"),
    ("minute", "as its minute", "মিনিট হিসেবে"),
    ("hour", "as its hour", "ঘণ্টা হিসেবে"),
    ("day", "as its day", "দিন হিসেবে"),
    ("week", "as its week", "সপ্তাহ হিসেবে"),
    ("month", "as its month", "মাস হিসেবে"),
    ("year", "as its year", "বছর হিসেবে"),
];

/// The item as a clause.
pub(super) fn item(item: &Item, language: Language) -> String {
    let clause = clause(item, language);
    match (item.negated, language) {
        (false, _) => clause,
        (true, Language::English) => format!("not ({clause})"),
        (true, Language::Bangla) => format!("({clause}) নয়"),
    }
}

fn clause(item: &Item, language: Language) -> String {
    let any = language.of("any value of the event", "ঘটনার যেকোনো মান");
    let field = item.field.as_deref().unwrap_or(any);
    if let Some(whole) = presence(item, field, language) {
        return whole;
    }
    let modifiers: Vec<&str> = item.modifiers.split('|').filter(|name| !name.is_empty()).collect();
    let asked = modifiers.iter().rev().find_map(|name| VERBS.iter().find(|(n, _)| n == name));
    let verb = match asked {
        Some((_, verb)) => verb,
        None if item.field.is_none() => &KEYWORD,
        None if modifiers.contains(&"fieldref") => &IS_FIELD,
        None => &IS,
    };
    let (before, after) = match language {
        Language::English => verb.english,
        Language::Bangla => verb.bangla,
    };
    let forms = FORMS.iter().filter(|(name, ..)| modifiers.contains(name));
    let forms = forms.map(|(_, english, bangla)| language.of(english, bangla));
    let values = values(item, language);
    let parts = [before, &values, after].into_iter().filter(|part| !part.is_empty());
    let parts: Vec<&str> = parts.chain(forms).collect();
    let link = if language == Language::Bangla && before.starts_with('এ') { "-" } else { " " };
    format!("{field}{link}{}", parts.join(" "))
}

/// Items that ask whether a field is there at all.
fn presence(item: &Item, field: &str, language: Language) -> Option<String> {
    let matchers: Vec<&Matcher> = item.tests.iter().flat_map(|test| &test.alternatives).collect();
    let (english, bangla) = match matchers.as_slice() {
        [Matcher::Null] => ("is absent or null", "নেই বা শূন্য"),
        [Matcher::Exists(true)] => ("is present", "আছে"),
        [Matcher::Exists(false)] => ("is absent", "নেই"),
        _ => return None,
    };
    Some(format!("{field} {}", language.of(english, bangla)))
}

fn values(item: &Item, language: Language) -> String {
    let word = match item.all {
        true => language.of("and", "এবং"),
        false => language.of("or", "অথবা"),
    };
    let shown = item.tests.iter().take(VALUES_MAX).map(|test| match test.text.as_str() {
        "" => language.of("an empty text", "খালি লেখা").to_owned(),
        text => format!("“{}”", text.replace(['\n', '\r'], " ")),
    });
    let mut values: Vec<String> = shown.collect();
    let left_out = item.tests.len().saturating_sub(VALUES_MAX);
    if left_out > 0 {
        values.push(match language {
            Language::English => format!("{left_out} more"),
            Language::Bangla => format!("আরও {left_out}টি"),
        });
    }
    values.join(&format!(" {word} "))
}

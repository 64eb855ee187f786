//! The words of these pages, in both languages.

use crate::accounts::Language;

macro_rules! catalogue {
    ($($name:ident: $en:literal, $bn:literal;)+) => {
        /// The words of one language.
        pub(super) struct Words { pub(super) lang: &'static str, $(pub(super) $name: &'static str,)+ }

        const EN: Words = Words { lang: "en", $($name: $en,)+ };
        const BN: Words = Words { lang: "bn", $($name: $bn,)+ };
    };
}

catalogue! {
    product: "Prohori", "প্রহরী";
    queue: "Queue", "সারি";
    open_alerts: "open alerts", "খোলা সতর্কতা";
    none: "Nothing is open.", "কিছু খোলা নেই।";
    more: "Older", "আরও পুরোনো";
    back: "Back to the queue", "সারিতে ফিরুন";
    full: "Full version", "পূর্ণ সংস্করণ";
    severity: "Severity", "তীব্রতা";
    time: "Time", "সময়";
    host: "Host", "হোস্ট";
    agency: "Agency", "সংস্থা";
    state: "State", "অবস্থা";
    assignee: "Assignee", "দায়িত্বে";
    events: "Events", "ইভেন্ট";
    nobody: "Nobody", "কেউ না";
    why: "Why it fired", "কেন উঠেছে";
    raw: "Raw log", "মূল লগ";
    history: "History", "ইতিহাস";
    acknowledge: "Acknowledge", "গ্রহণ করুন";
    close: "Close", "বন্ধ করুন";
    verdict: "Verdict", "সিদ্ধান্ত";
    reason: "Reason", "কারণ";
    done: "Done.", "হয়েছে।";
    conflict: "Somebody changed the alert in the meantime. Nothing of yours was saved; this is how it stands.",
        "এর মধ্যে অন্য একজন সতর্কতাটি বদলেছেন। আপনার বদল সংরক্ষিত হয়নি; এখন যা আছে তা এখানে।";
    user: "User name", "ব্যবহারকারীর নাম";
    password: "Password", "পাসওয়ার্ড";
    code: "Code, if you use one", "কোড, ব্যবহার করলে";
    sign_in: "Sign in", "লগ ইন";
    sign_in_failed: "Wrong name or password.", "নাম বা পাসওয়ার্ড ঠিক নয়।";
    code_needed: "The code of your app is missing or wrong.", "অ্যাপের কোড দেওয়া হয়নি বা ঠিক নয়।";
    locked: "Too many attempts. Wait, then try again.", "অনেকবার চেষ্টা হয়েছে। একটু পরে আবার করুন।";
    not_found: "There is no such alert in your agencies.", "আপনার সংস্থায় এমন সতর্কতা নেই।";
    forbidden: "Your roles do not allow this.", "আপনার ভূমিকায় এর অনুমতি নেই।";
    reason_required: "Closing needs a verdict and a reason.", "বন্ধ করতে সিদ্ধান্ত ও কারণ দরকার।";
    failed: "This did not work. Nothing was changed by halves; try again.",
        "কাজটি হয়নি। অর্ধেক কিছু বদলায়নি; আবার চেষ্টা করুন।";
    state_new: "New", "নতুন";
    state_acknowledged: "Acknowledged", "গৃহীত";
    state_in_progress: "In progress", "চলমান";
    state_closed: "Closed", "বন্ধ";
    true_positive: "True positive", "সত্য সতর্কতা";
    false_positive: "False positive", "মিথ্যা সতর্কতা";
    benign: "Benign", "নিরীহ";
    duplicate: "Duplicate", "পুনরাবৃত্তি";
    insufficient_data: "Insufficient data", "তথ্য অপ্রতুল";
    critical: "Critical", "গুরুতর";
    high: "High", "উচ্চ";
    medium: "Medium", "মাঝারি";
    low: "Low", "নিম্ন";
    informational: "Info", "তথ্য";
}

/// The words of a language.
pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::En => &EN,
        Language::Bn => &BN,
    }
}

impl Words {
    pub(super) fn state(&self, state: store::State) -> &'static str {
        match state {
            store::State::New => self.state_new,
            store::State::Acknowledged => self.state_acknowledged,
            store::State::InProgress => self.state_in_progress,
            store::State::Closed => self.state_closed,
        }
    }

    pub(super) fn verdict_of(&self, verdict: store::Verdict) -> &'static str {
        match verdict {
            store::Verdict::TruePositive => self.true_positive,
            store::Verdict::FalsePositive => self.false_positive,
            store::Verdict::Benign => self.benign,
            store::Verdict::Duplicate => self.duplicate,
            store::Verdict::InsufficientData => self.insufficient_data,
        }
    }

    /// The shape and the word of a severity.
    pub(super) fn severity_of(&self, id: u8) -> (&'static str, &'static str) {
        match id {
            5 | 6 => ("◆", self.critical),
            4 => ("▲", self.high),
            3 => ("■", self.medium),
            2 => ("●", self.low),
            _ => ("○", self.informational),
        }
    }
}

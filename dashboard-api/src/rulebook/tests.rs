//! Rules from their first draft to their end, in a real database.

use super::folder::{self, Found};
use super::*;
use crate::audit::Action;
use serde_json::json;

struct Shelf {
    _dir: tempfile::TempDir,
    database: Arc<Database>,
    book: Rulebook,
}

fn shelf() -> Shelf {
    let dir = tempfile::tempdir().unwrap();
    let database = Database::open(dir.path()).unwrap();
    let tables = Arc::new(Tables::builtin().unwrap());
    let clock = Clock::new(|| 1_000);
    let book = Rulebook::new(Arc::clone(&database), clock, tables, Placeholders::new());
    Shelf { _dir: dir, database, book }
}

fn entry(actor: &str) -> Entry {
    Entry {
        actor: actor.into(),
        action: Action::RuleSave,
        target: String::new(),
        detail: json!({}),
        trace_id: String::new(),
    }
}

fn rule(id: &str, value: &str) -> String {
    format!(
        "title: {id}\nid: {id}\nlogsource: {{product: linux}}\ndetection: {{s: {{a: {value}}}, condition: \
         s}}\nlevel: high\n"
    )
}

fn draft(text: String) -> Draft {
    Draft { text, ..Draft::default() }
}

fn wish(stage: Stage, version: u32) -> Wish {
    let agencies = if stage == Stage::Canary { vec!["mof".to_owned()] } else { Vec::new() };
    Wish { version, stage, agencies, note: String::new() }
}

impl Shelf {
    async fn save(&self, seen: Option<&Standing>, text: String, actor: &str) -> Changed {
        let seen = seen.map(|standing| (standing.rule.clone(), standing.revision));
        self.book.save(seen, draft(text), entry(actor)).await.unwrap()
    }

    async fn ship(&self, seen: &Standing, wish: Wish, actor: &str) -> Changed {
        let seen = (seen.rule.clone(), seen.revision);
        self.book.ship(seen, wish, entry(actor)).await.unwrap()
    }

    async fn approve(&self, seen: &Standing, actor: &str) -> Changed {
        let seen = (seen.rule.clone(), seen.revision);
        self.book.approve(seen, String::new(), entry(actor)).await.unwrap()
    }

    /// The set in force: files and stages.
    async fn set(&self) -> Vec<(String, String)> {
        self.book.read(set::bundle).await.unwrap().map(|bundle| bundle.files).unwrap_or_default()
    }

    fn take(&self, files: &[(&str, &str)], stages: &str) -> Vec<String> {
        let mut folder = folder::Folder::default();
        for (file, text) in files {
            folder.files.push(Found {
                file: (*file).into(),
                text: (*text).into(),
                matching: String::new(),
                missing: String::new(),
            });
        }
        folder.told.extend(folder.stages.add("stages.yml", stages).iter().map(ToString::to_string));
        self.database
            .run("take", |connection| {
                let transaction = connection.transaction()?;
                let told = folder::take(&transaction, &folder, &Placeholders::new(), 5)?;
                transaction.commit()?;
                Ok(told)
            })
            .unwrap()
    }
}

#[tokio::test]
async fn a_rule_goes_from_draft_to_active_by_two_other_people_and_back() {
    let shelf = shelf();
    let one = shelf.save(None, rule("rule-one", "1"), "author").await.unwrap();
    assert_eq!((one.stage, one.live, one.revision), (Stage::Draft, None, 1));
    assert!(shelf.set().await.is_empty(), "detectors have no drafts");
    let one = shelf.ship(&one, wish(Stage::Shadow, 1), "author").await.unwrap();
    assert_eq!(shelf.set().await[1].1, "\"rule-one\": \"shadow\"\n");
    let one = shelf.ship(&one, wish(Stage::Canary, 1), "author").await.unwrap();
    assert_eq!(shelf.set().await[1].1, "\"rule-one\": {\"canary\":[\"mof\"]}\n");
    let one = shelf.ship(&one, wish(Stage::Active, 1), "author").await.unwrap();
    assert_eq!((one.stage, one.proposal.as_ref().unwrap().needed), (Stage::Canary, 2));
    assert_eq!(shelf.approve(&one, "author").await, Err(Refusal::FourEyes));
    let one = shelf.approve(&one, "first").await.unwrap();
    assert_eq!(shelf.approve(&one, "first").await, Err(Refusal::FourEyes));
    assert_eq!(one.stage, Stage::Canary, "one word is not enough");
    let one = shelf.approve(&one, "second").await.unwrap();
    assert_eq!((one.stage, one.live), (Stage::Active, Some(1)));
    assert_eq!(shelf.set().await.len(), 1, "active rules need no line in stages.yml");

    // A new version changes nothing that is in force, until it is agreed to as well.
    let one = shelf.save(Some(&one), rule("rule-one", "2"), "author").await.unwrap();
    assert_eq!((one.newest, one.live, one.stage), (2, Some(1), Stage::Active));
    assert!(shelf.set().await[0].1.contains("a: 1"));
    let two = shelf.ship(&one, wish(Stage::Active, 2), "author").await.unwrap();
    let two = shelf.approve(&two, "first").await.unwrap();
    let two = shelf.approve(&two, "second").await.unwrap();
    assert!(shelf.set().await[0].1.contains("a: 2"));
    // Back to what two people agreed to before: one is enough.
    let back = shelf.ship(&two, wish(Stage::Active, 1), "author").await.unwrap();
    assert_eq!(back.proposal.as_ref().unwrap().needed, 1);
    let back = shelf.approve(&back, "second").await.unwrap();
    assert_eq!(back.live, Some(1));
    assert!(shelf.set().await[0].1.contains("a: 1"));
    // Out of force it blinds everybody: not by one person alone.
    let gone = shelf.ship(&back, wish(Stage::Retired, 1), "author").await.unwrap();
    assert_eq!((gone.stage, gone.proposal.as_ref().unwrap().needed), (Stage::Active, 1));
    assert!(shelf.approve(&gone, "first").await.is_ok());
    assert!(shelf.set().await.is_empty());
    let steps = shelf.book.read(|c| shelf::steps(c, "rule-one")).await.unwrap();
    let kinds: Vec<&str> = steps.iter().map(|step| step.kind.as_str()).collect();
    assert_eq!(kinds[..6], ["save", "ship", "ship", "propose", "approve", "approve"]);
    assert!(steps.windows(2).all(|pair| pair[0].revision + 1 == pair[1].revision));
}

#[tokio::test]
async fn two_writers_see_a_conflict_and_ids_stay_with_their_file() {
    let shelf = shelf();
    let one = shelf.save(None, rule("rule-one", "1"), "a").await.unwrap();
    shelf.save(Some(&one), rule("rule-one", "2"), "a").await.unwrap();
    let late = shelf.save(Some(&one), rule("rule-one", "3"), "b").await;
    assert!(matches!(late, Err(Refusal::Conflict(now)) if now.newest == 2));
    let again = shelf.save(None, rule("rule-one", "1"), "b").await;
    assert!(matches!(again, Err(Refusal::Taken { .. })));
    let now = shelf.book.get("rule-one").await.unwrap().unwrap();
    let renamed = shelf.save(Some(&now), rule("rule-two", "1"), "b").await;
    assert!(matches!(renamed, Err(Refusal::Renamed { .. })));
    let broken = shelf.save(None, "title: x\n".into(), "b").await;
    assert!(matches!(broken, Err(Refusal::Invalid(_))));
    assert!(shelf.book.get("rule-two").await.unwrap().is_none());
}

#[tokio::test]
async fn what_others_count_stays_in_force() {
    let shelf = shelf();
    let text = "title: many\nid: many-one\ncorrelation: {type: event_count, rules: [rule-one], \
        timespan: 5m, condition: {gte: 2}}\n";
    let many = shelf.save(None, text.into(), "a").await.unwrap();
    let refused = shelf.ship(&many, wish(Stage::Shadow, 1), "a").await;
    assert_eq!(refused, Err(Refusal::Needs { name: "rule-one".into() }));
    let one = shelf.save(None, rule("rule-one", "1"), "a").await.unwrap();
    let one = shelf.ship(&one, wish(Stage::Shadow, 1), "a").await.unwrap();
    shelf.ship(&many, wish(Stage::Shadow, 1), "a").await.unwrap();
    let refused = shelf.ship(&one, wish(Stage::Retired, 1), "a").await;
    assert_eq!(refused, Err(Refusal::NeededBy { rule: "many-one".into() }));
    let beside = shelf.book.read(|c| set::needed(c, &["rule-one".to_owned()])).await.unwrap();
    assert_eq!(beside.len(), 1);
}

#[tokio::test]
async fn git_is_taken_in_and_what_was_written_here_is_kept() {
    let shelf = shelf();
    let (a, b) = (rule("rule-aaa", "1"), rule("rule-bbb", "1"));
    let told =
        shelf.take(&[("x/a.yml", &a), ("b.yml", &b)], "rule-bbb: {stage: shadow, quality: 60}\n");
    assert!(told.is_empty(), "{told:?}");
    let bbb = shelf.book.get("rule-bbb").await.unwrap().unwrap();
    assert_eq!((bbb.stage, bbb.quality, bbb.live), (Stage::Shadow, Some(60), Some(1)));
    let set = shelf.set().await;
    assert_eq!(
        set.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["b.yml", "x/a.yml", "stages.yml"]
    );
    assert_eq!(set[2].1, "\"rule-bbb\": {\"quality\":60,\"stage\":\"shadow\"}\n");
    let mut stages = ruleset::Stages::default();
    assert!(stages.add("stages.yml", &set[2].1).is_empty());
    assert_eq!(stages.quality("rule-bbb"), Some(60));
    // Nothing changed: no version. A stage chosen here outlives what git says.
    shelf.take(&[("x/a.yml", &a), ("b.yml", &b)], "rule-bbb: {stage: active, quality: 60}\n");
    let bbb = shelf.book.get("rule-bbb").await.unwrap().unwrap();
    assert_eq!((bbb.stage, bbb.newest), (Stage::Shadow, 1));
    // What was written here is the newest; git's next change is a version after it.
    let aaa = shelf.book.get("rule-aaa").await.unwrap().unwrap();
    shelf.save(Some(&aaa), rule("rule-aaa", "here"), "author").await.unwrap();
    shelf.take(&[("x/a.yml", &a), ("b.yml", &b)], "");
    assert_eq!(shelf.book.get("rule-aaa").await.unwrap().unwrap().newest, 2);
    shelf.take(&[("x/a.yml", &rule("rule-aaa", "git")), ("b.yml", &b)], "");
    let aaa = shelf.book.get("rule-aaa").await.unwrap().unwrap();
    assert_eq!((aaa.newest, aaa.live), (3, Some(3)));
    // A broken file leaves what stood there; one that is gone retires its rule.
    let told = shelf.take(&[("x/a.yml", "title: broken\n")], "");
    assert!(told[0].starts_with("x/a.yml:1:1: "), "{told:?}");
    assert_eq!(shelf.book.get("rule-aaa").await.unwrap().unwrap().stage, Stage::Active);
    assert_eq!(shelf.book.get("rule-bbb").await.unwrap().unwrap().stage, Stage::Retired);
    // What comes back, changed or not, stands where it stood; what a person retired stays retired.
    shelf.take(&[("x/a.yml", &a), ("b.yml", &b)], "");
    assert_eq!(shelf.book.get("rule-bbb").await.unwrap().unwrap().stage, Stage::Shadow);
    let other = rule("rule-bbb", "2");
    for _ in 0..2 {
        shelf.take(&[("x/a.yml", &a)], "");
        let gone = shelf.book.get("rule-bbb").await.unwrap().unwrap();
        assert_eq!(gone.stage, Stage::Retired);
        shelf.take(&[("x/a.yml", &a), ("b.yml", &other)], "");
    }
    let bbb = shelf.book.get("rule-bbb").await.unwrap().unwrap();
    assert_eq!((bbb.stage, bbb.live, bbb.folder), (Stage::Shadow, Some(3), Some(3)));
    let retired = shelf.ship(&bbb, wish(Stage::Retired, 3), "author").await.unwrap();
    assert_eq!(retired.stage, Stage::Retired);
    shelf.take(&[("x/a.yml", &a), ("b.yml", &other)], "");
    assert_eq!(shelf.book.get("rule-bbb").await.unwrap().unwrap().stage, Stage::Retired);
    // No file at all is a folder that is not there.
    shelf.take(&[], "");
    assert_eq!(shelf.book.get("rule-aaa").await.unwrap().unwrap().stage, Stage::Active);
}

#[test]
fn folders_are_read_with_the_lines_beside_each_rule() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    std::fs::create_dir_all(dir.path().join("linux/mappings")).unwrap();
    write("linux/a.yml", &rule("rule-aaa", "1"));
    write("linux/a.match.log", "one\n");
    write("linux/a.match.ndjson", "{\"raw\": \"two\"}\n");
    write("linux/mappings/t.yml", "- when: {}\n");
    write("stages.yml", "rule-aaa: shadow\n");
    let paths = [dir.path().to_owned()];
    let before = folder::fingerprint(&paths).unwrap();
    let read = folder::read(&paths).unwrap();
    assert_eq!(read.files.len(), 1);
    assert_eq!(read.files[0].file, "linux/a.yml");
    assert_eq!(read.files[0].matching, "one\n{\"raw\": \"two\"}\n");
    assert_eq!(read.stages.get("rule-aaa"), ruleset::Stage::Shadow);
    write("linux/a.miss.log", "three\n");
    assert_ne!(folder::fingerprint(&paths).unwrap(), before);
    assert!(folder::read(&[dir.path().join("none")]).is_err());
}

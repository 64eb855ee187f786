//! Files of events.

use crate::engine::database;
use crate::sample::{START_MS, event, scope, store_events};
use serde_json::Value;
use store::{Error, EventFilter, Export, ExportFormat, ExportLimits, Scope};

const ALL: ExportLimits = ExportLimits { rows: 1_000_000, bytes: 1 << 30 };

fn filter() -> EventFilter {
    EventFilter { from_ms: START_MS, to_ms: START_MS + 3_600_000, ..EventFilter::default() }
}

async fn whole(export: &mut Export) -> Result<Vec<u8>, Error> {
    let mut file = Vec::new();
    while let Some(piece) = export.next().await? {
        file.extend_from_slice(&piece);
    }
    assert_eq!(export.bytes(), file.len() as u64);
    Ok(file)
}

#[tokio::test]
async fn every_format_holds_what_the_scope_sees_and_no_more() {
    let store = database().await;
    let events: Vec<Value> = (0..500)
        .map(|n| event("mof", n, |e| e["message"] = format!("=1+{n}, \"x\"").into()))
        .collect();
    store_events(&store, "mof", 0, &events).await;
    store_events(&store, "moh", 1_000, &[event("moh", 600, |_| {})]).await;
    let mof = scope(&["mof"]);
    let export = |scope: Scope, format, limits| {
        let store = store.clone();
        async move { store.export(&scope, &filter(), format, limits).await.unwrap() }
    };

    let mut ndjson = export(mof.clone(), ExportFormat::Ndjson, ALL).await;
    let file = String::from_utf8(whole(&mut ndjson).await.unwrap()).unwrap();
    let found: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(found.iter().eq(events.iter().rev()));
    assert_eq!((ndjson.rows(), ndjson.is_cut()), (500, false));

    let mut csv = export(mof.clone(), ExportFormat::Csv, ALL).await;
    let file = String::from_utf8(whole(&mut csv).await.unwrap()).unwrap();
    assert_eq!(file.matches("\r\n").count(), 501);
    assert!(file.contains(r#","'=1+499, ""x""","#), "{}", &file[..400]);

    for format in ExportFormat::ALL {
        let mut nothing = export(Scope::of([]), format, ALL).await;
        assert_eq!((whole(&mut nothing).await.unwrap(), nothing.rows()), (vec![], 0));
        let mut other = export(scope(&["moh"]), format, ALL).await;
        let file = whole(&mut other).await.unwrap();
        assert_eq!(other.rows(), 1);
        let text = String::from_utf8_lossy(&file);
        assert!(text.contains("moh") && !text.contains("mof"), "{format:?}");
    }
    let parquet = whole(&mut export(mof, ExportFormat::Parquet, ALL).await).await.unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
}

#[tokio::test]
async fn limits_cut_and_say_so() {
    let store = database().await;
    let events: Vec<Value> = (0..300).map(|n| event("mof", n, |_| {})).collect();
    store_events(&store, "mof", 0, &events).await;
    for format in [ExportFormat::Ndjson, ExportFormat::Csv] {
        let rows = ExportLimits { rows: 299, ..ALL };
        let mut export = store.export(&Scope::all(), &filter(), format, rows).await.unwrap();
        whole(&mut export).await.unwrap();
        assert_eq!((export.rows(), export.is_cut()), (299, true), "{format:?}");
        let bytes = ExportLimits { bytes: 10_000, ..ALL };
        let mut export = store.export(&Scope::all(), &filter(), format, bytes).await.unwrap();
        let file = whole(&mut export).await.unwrap();
        assert!(export.is_cut() && file.len() <= 10_000 && export.rows() > 5, "{format:?}");
        let exact = ExportLimits { rows: 300, ..ALL };
        let mut export = store.export(&Scope::all(), &filter(), format, exact).await.unwrap();
        whole(&mut export).await.unwrap();
        assert_eq!((export.rows(), export.is_cut()), (300, false), "{format:?}");
    }
    let format = ExportFormat::Parquet;
    let few = ExportLimits { rows: 10, ..ALL };
    let mut export = store.export(&Scope::all(), &filter(), format, few).await.unwrap();
    whole(&mut export).await.unwrap();
    assert_eq!((export.rows(), export.is_cut()), (10, true));
    let small = ExportLimits { bytes: 100, ..ALL };
    let mut export = store.export(&Scope::all(), &filter(), format, small).await.unwrap();
    let error = whole(&mut export).await.unwrap_err();
    assert!(matches!(error, Error::ExportTooLarge { bytes_max: 100 }), "{error}");
}

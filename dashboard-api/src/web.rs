//! The web app, from the binary: hashed files for ever, the page itself revalidated.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::LazyLock;

/// One file of the build.
struct File {
    path: &'static str,
    body: &'static [u8],
    brotli: Option<&'static [u8]>,
}

/// What `build.rs` found under `web/dist`.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

const PAGE: &str = "index.html";
/// The bundler puts files under this folder whose names change with their content.
const HASHED: &str = "assets/";

static BY_PATH: LazyLock<HashMap<&'static str, (&'static File, HeaderValue)>> =
    LazyLock::new(|| FILES.iter().map(|file| (file.path, (file, etag(file.body)))).collect());

fn etag(body: &[u8]) -> HeaderValue {
    let hash = crate::accounts::secret::hex(&Sha256::digest(body)[..16]);
    // Weak, because the compressed body is another representation under the same tag.
    HeaderValue::from_str(&format!("W/\"{hash}\"")).unwrap_or(HeaderValue::from_static("W/\"\""))
}

/// The file of that path; the page for a path of the app; else nothing.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return crate::guard::not_found().await.into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return crate::guard::method_not_allowed(method).await;
    }
    let name = if is_file(path) { path } else { PAGE };
    match BY_PATH.get(name) {
        Some((file, etag)) => respond(file, etag, &headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Whether a path is one of a file rather than of the app: an id in the app's own may have dots.
fn is_file(path: &str) -> bool {
    match path.split_once('/') {
        None => path.contains('.'),
        Some((folder, _)) => {
            let word = folder.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            !word
                || FILES
                    .iter()
                    .any(|f| f.path.split_once('/').is_some_and(|(own, _)| own == folder))
        }
    }
}

fn respond(file: &File, etag: &HeaderValue, headers: &HeaderMap) -> Response {
    let cache = if file.path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let common = [
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        (header::ETAG, etag.clone()),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == etag) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(media_type(file.path)))];
    match file.brotli.filter(|_| accepts_brotli(headers)) {
        Some(body) => {
            let encoding = [(header::CONTENT_ENCODING, HeaderValue::from_static("br"))];
            (common, media_type, encoding, body).into_response()
        }
        None => (common, media_type, file.body).into_response(),
    }
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
            let refused = |q: &str| matches!(q, "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
            named && !parts.any(refused)
        })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(path: &str, headers: &[(header::HeaderName, &str)]) -> Response {
        let headers =
            headers.iter().map(|(n, v)| (n.clone(), HeaderValue::from_str(v).unwrap())).collect();
        serve(Method::GET, path.parse().unwrap(), headers).await
    }

    #[tokio::test]
    async fn paths_of_the_app_get_the_page_and_files_do_not() {
        for (path, status) in [
            ("/", 200),
            ("/alerts/0123abcd", 200),
            ("/login", 200),
            ("/entities/host%3AMOF-DC-01.mof.example", 200),
            ("/index.html", 200),
            ("/missing.js", 404),
            ("/assets/../index.html", 404),
            ("/..%2f..%2fetc/passwd.txt", 404),
            ("/api", 404),
            ("/api/v9/x", 404),
        ] {
            let response = get(path, &[]).await;
            assert_eq!(response.status(), status, "{path}");
            let html = response
                .headers()
                .get("content-type")
                .is_some_and(|v| v == "text/html; charset=utf-8");
            assert_eq!(html, status == 200, "{path}");
        }
    }

    #[tokio::test]
    async fn the_page_is_revalidated() {
        let first = get("/", &[]).await;
        assert_eq!(first.headers()["cache-control"], "no-cache");
        let etag = first.headers()["etag"].to_str().unwrap().to_owned();
        let again = get("/queue", &[(header::IF_NONE_MATCH, &etag)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let changed = get("/queue", &[(header::IF_NONE_MATCH, "W/\"x\"")]).await;
        assert_eq!(changed.status(), StatusCode::OK);
    }

    #[test]
    fn hashed_files_are_immutable_and_compressed_when_accepted() {
        let file = File { path: "assets/a-1.js", body: b"long", brotli: Some(b"br") };
        let encoding = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_str(accept).unwrap());
            let response = respond(&file, &etag(file.body), &headers);
            assert!(response.headers()["cache-control"].to_str().unwrap().ends_with("immutable"));
            response.headers().get("content-encoding").cloned()
        };
        assert_eq!(encoding("gzip, deflate, br").unwrap(), "br");
        assert_eq!(encoding("BR;q=0.5").unwrap(), "br");
        assert_eq!(encoding("gzip"), None);
        assert_eq!(encoding("br;q=0"), None);
    }
}

//! Embeds the built web app (`web/dist`) into the binary, or a page that says how to build it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// More files than this means that something else than the web app's build lies in `dist`.
const FILES_MAX: usize = 2_000;

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let dist = root.join("web/dist");
    // An empty folder can be watched; a missing one would make cargo run this at every build. It is
    // best effort: a read-only checkout builds all the same.
    let _ = fs::create_dir_all(&dist);
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PROHORI_COMMIT");

    let mut files = Vec::new();
    list(&dist, &dist, &mut files)?;
    files.sort();
    assert!(files.len() <= FILES_MAX, "{}: more than {FILES_MAX} files", dist.display());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let table = if files.iter().any(|file| file == "index.html") {
        let copy = out.join("web");
        copy_all(&dist, &copy, &files)?;
        generate(&copy, &files)
    } else {
        let page = root.join("src/web/not-built.html");
        println!("cargo::rerun-if-changed={}", page.display());
        row("index.html", &page, None)
    };
    fs::write(out.join("assets.rs"), format!("&[\n{table}]\n"))
}

/// Copies the files: the compiler reads them later, when another build of the web app may already
/// have replaced them.
fn copy_all(from: &Path, to: &Path, files: &[String]) -> io::Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    for file in files {
        let target = to.join(file);
        fs::create_dir_all(target.parent().unwrap_or(to))?;
        fs::copy(from.join(file), target)?;
    }
    Ok(())
}

/// The files under `folder` as paths relative to `root`, with `/` between their parts.
fn list(root: &Path, folder: &Path, files: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            list(root, &path, files)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            files.push(relative.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}

/// One row a file; `x.br` becomes the brotli body of `x`.
fn generate(dist: &Path, files: &[String]) -> String {
    files
        .iter()
        .filter(|file| !file.ends_with(".br") && !file.ends_with(".gz") && !file.ends_with(".map"))
        .map(|file| {
            let brotli = files.contains(&format!("{file}.br"));
            row(file, &dist.join(file), brotli.then(|| dist.join(format!("{file}.br"))))
        })
        .collect()
}

fn row(name: &str, body: &Path, brotli: Option<PathBuf>) -> String {
    let mut row = String::new();
    let _ = write!(row, "    File {{ path: {name:?}, body: include_bytes!({body:?}), brotli: ");
    let _ = match brotli {
        Some(path) => write!(row, "Some(include_bytes!({path:?}))"),
        None => write!(row, "None"),
    };
    row.push_str(" },\n");
    row
}

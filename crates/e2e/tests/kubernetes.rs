//! The manifests under `deploy/kubernetes`: well formed by Kubernetes' own schemas, and as hardened as they say.

use e2e::binary;
use std::process::Command;

/// The version of Kubernetes whose schemas are asked.
const VERSION: &str = "1.32";
/// Objects of Kubernetes itself that the base renders.
const OBJECTS_MIN: usize = 20;

/// Everything, rendered; `None`, said aloud, where there is no kubectl.
fn rendered() -> Option<String> {
    let mut kubectl = Command::new("kubectl");
    kubectl.args(["kustomize", "deploy/kubernetes/autoscaling"]).current_dir(binary::root());
    let Ok(output) = kubectl.output() else {
        eprintln!("NOT TESTED: the manifests are not rendered, as there is no kubectl here");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    Some(String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn objects_fit_the_schemas() {
    let Some(text) = rendered() else { return };
    // The autoscaler's objects have a schema of their own project, which is not here.
    let own: Vec<&str> =
        text.split("\n---\n").filter(|o| !o.contains("apiVersion: keda.sh")).collect();
    assert!(own.len() >= OBJECTS_MIN, "{} objects", own.len());
    let file = tempfile::NamedTempFile::with_suffix(".yaml").expect("a file");
    std::fs::write(file.path(), own.join("\n---\n")).expect("it is written");
    let fetched = binary::root().join(".prohori/kubernetes-validate/bin/kubernetes-validate");
    let tool = if fetched.exists() { fetched } else { "kubernetes-validate".into() };
    let mut validate = Command::new(tool);
    let Ok(output) = validate.args(["--strict", "-k", VERSION]).arg(file.path()).output() else {
        eprintln!(
            "NOT TESTED: there is no kubernetes-validate here; `deploy/setup --test` fetches it"
        );
        return;
    };
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn nothing_runs_with_more_rights_than_it_needs() {
    let Some(text) = rendered() else { return };
    let mut workloads = 0;
    for object in text.split("\n---\n") {
        let kind = object.lines().find_map(|line| line.strip_prefix("kind: ")).unwrap_or_default();
        if !["Deployment", "StatefulSet", "Job"].contains(&kind) {
            continue;
        }
        workloads += 1;
        for needed in [
            "runAsNonRoot: true",
            "allowPrivilegeEscalation: false",
            "automountServiceAccountToken: false",
            "type: RuntimeDefault",
            "- ALL",
            "limits:",
            "requests:",
        ] {
            assert!(object.contains(needed), "no {needed:?} in\n{object}");
        }
        for forbidden in ["hostNetwork", "hostPath", "privileged: true", ":latest"] {
            assert!(!object.contains(forbidden), "{forbidden:?} in\n{object}");
        }
        let name = object.lines().find_map(|line| line.strip_prefix("  name: "));
        let policy = format!(
            "kind: NetworkPolicy\nmetadata:\n  labels:\n    app.kubernetes.io/part-of: prohori\n  name: {}\n",
            name.unwrap_or_default()
        );
        assert!(text.contains(&policy), "no network policy of {name:?}");
    }
    assert_eq!(workloads, 7, "workloads that were looked at");
}

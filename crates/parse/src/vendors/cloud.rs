//! Cloud providers: CloudTrail and other AWS logs, Azure, Google Cloud, Kubernetes.

use super::{Vendor, operation};
use crate::json::View;
use crate::{Cx, vendors};
use ocsf::{Event, Path, Status, class};

pub(super) const VENDORS: &[Vendor] = &[CLOUDTRAIL, S3_ACCESS, ELB, KUBERNETES, GCP, AZURE];

const CLOUDTRAIL: Vendor = Vendor {
    source: "cloudtrail",
    parser: "cloudtrail/1",
    product: ("AWS", "CloudTrail"),
    class: class::API,
    keep_all: true,
    detect: |root| {
        let is = |view: View<'_, '_>| {
            let text = |name: &str| view.get(name).and_then(View::str).is_some();
            text("eventName") && (text("eventSource") || text("awsRegion") || text("eventVersion"))
        };
        if is(root) {
            return Some(root);
        }
        ["aws", "detail", "data"].iter().find_map(|name| root.get(name).filter(|v| is(*v)))
    },
    finish: finish_cloudtrail,
    rows: &[
        ("eventTime", "@time"),
        ("eventName", "api.operation"),
        ("eventSource", "api.service.name"),
        ("eventVersion", "metadata.log_version"),
        ("eventID", "metadata.original_event_uid"),
        ("eventType", "metadata.type"),
        ("awsRegion", "cloud.region"),
        ("sourceIPAddress", "@src"),
        ("userAgent", "http_request.user_agent"),
        ("requestID", "api.request.uid"),
        ("errorCode", "api.response.error"),
        ("errorMessage", "api.response.error_message"),
        ("userIdentity/type", "actor.user.type"),
        ("userIdentity/principalId", "actor.user.uid"),
        ("userIdentity/arn", "actor.user.uid_alt"),
        ("userIdentity/userName", "@actor"),
        ("userIdentity/accountId", "actor.user.account.uid"),
        ("userIdentity/accessKeyId", "actor.user.credential_uid"),
        ("userIdentity/invokedBy", "actor.invoked_by"),
        ("userIdentity/sessionContext/sessionIssuer/userName", "@actor"),
        ("userIdentity/sessionContext/attributes/mfaAuthenticated", "actor.session.is_mfa"),
        ("recipientAccountId", "cloud.account.uid"),
        ("resources/ARN", "resources.uid"),
        ("resources/type", "resources.type"),
    ],
};

fn finish_cloudtrail<'a>(body: View<'_, 'a>, _cx: &Cx<'a>, event: &mut Event<'a>) {
    event.set(Path::CLOUD_PROVIDER, "AWS");
    event.set_if_absent(
        Path::CLOUD_ACCOUNT_UID,
        body.at("userIdentity.accountId").and_then(View::str).unwrap_or(""),
    );
    // A service calls itself by its host's name, or `AWS Internal`, which is none.
    if !event.has(Path::SRC_ENDPOINT_IP) && !event.has(Path::SRC_ENDPOINT_HOSTNAME) {
        let from = body.get("sourceIPAddress").and_then(View::str).unwrap_or("");
        event.set(Path::SRC_ENDPOINT_NAME, from);
    }
    if body.at("userIdentity.type").and_then(View::str) == Some("Root") {
        event.set_if_absent(Path::ACTOR_USER_NAME, "root");
    }
    let name = event.text(Path::API_OPERATION).unwrap_or("");
    let failed = body.get("errorCode").is_some_and(|v| !v.is_null())
        || body.at("responseElements.ConsoleLogin").and_then(View::str) == Some("Failure");
    event.status(if failed { Status::Failure } else { Status::Success });
    event.message = body.get("errorMessage").and_then(View::str).or(Some(name));
    if name == "ConsoleLogin" {
        // Whoever logs on is the user that the event is about.
        for (from, to) in [
            (Path::ACTOR_USER_NAME, Path::USER_NAME),
            (Path::ACTOR_USER_UID, Path::USER_UID),
            (Path::ACTOR_USER_UID_ALT, Path::USER_UID_ALT),
            (Path::ACTOR_USER_TYPE, Path::USER_TYPE),
        ] {
            if let Some(value) = event.get(from) {
                event.set(to, value);
            }
        }
        event.set_if_absent(Path::USER_NAME, "(unknown)");
        event.kind(class::AUTHENTICATION, 1);
        event.set(Path::SERVICE_NAME, "signin.amazonaws.com");
    } else {
        operation(event, name);
    }
}

/// S3's server access log as Wazuh's module writes it.
const S3_ACCESS: Vendor = Vendor {
    source: "aws-s3access",
    parser: "s3access/1",
    product: ("AWS", "S3"),
    class: class::HTTP,
    keep_all: true,
    detect: |root| {
        let is = |v: &View<'_, '_>| v.get("bucket_owner").is_some() && v.get("operation").is_some();
        root.get("aws").filter(is).or(Some(root).filter(is))
    },
    finish: |body, _, event| {
        event.set(Path::CLOUD_PROVIDER, "AWS");
        event.set_if_absent(Path::CLOUD_REGION, "");
        if let Some(name) = body.get("requester").and_then(View::str).filter(|n| *n != "-") {
            event.set(Path::ACTOR_USER_NAME, name.rsplit('/').next().unwrap_or(name));
            event.set(Path::ACTOR_USER_UID, name);
        }
        if let Some(host) = body.get("host_header").and_then(View::str) {
            event.set(Path::HTTP_REQUEST_URL_HOSTNAME, host);
            event.set(Path::DST_ENDPOINT_HOSTNAME, host);
            if let Some(region) =
                host.strip_suffix(".amazonaws.com").and_then(|h| h.rsplit('.').next())
                && region.contains('-')
            {
                event.set(Path::CLOUD_REGION, region);
            }
        }
        event.set_if_absent(Path::DST_ENDPOINT_HOSTNAME, "s3.amazonaws.com");
    },
    rows: &[
        ("time", "@time"),
        ("remote_ip", "@src"),
        ("operation", "metadata.event_code"),
        ("request_uri", "@request"),
        ("http_status", "@http_status"),
        ("bytes_sent", "http_response.length"),
        ("user_agent", "http_request.user_agent"),
        ("referer", "http_request.referrer"),
        ("request_id", "http_request.uid"),
        ("tls_version", "tls.version"),
        ("cipher_suite", "tls.cipher"),
        ("bucket", "metadata.product.feature.name"),
        ("error_code", "status_code"),
    ],
};

/// A load balancer's access log as Wazuh's module writes it.
const ELB: Vendor = Vendor {
    source: "aws-elb",
    parser: "elb/1",
    product: ("AWS", "Elastic Load Balancing"),
    class: class::HTTP,
    keep_all: true,
    detect: |root| {
        let is = |v: &View<'_, '_>| v.get("elb").is_some() && v.get("client_port").is_some();
        root.get("aws").filter(is).or(Some(root).filter(is))
    },
    finish: |_, _, event| event.set(Path::CLOUD_PROVIDER, "AWS"),
    rows: &[
        ("time", "@time"),
        ("client_ip", "@src"),
        ("client_port", "@src_port"),
        ("target_ip", "@dst"),
        ("target_port", "@dst_port"),
        ("elb_status_code", "@http_status"),
        ("received_bytes", "traffic.bytes_in"),
        ("sent_bytes", "traffic.bytes_out"),
        ("request", "@request"),
        ("user_agent", "http_request.user_agent"),
        ("action_executed", "action"),
        ("elb", "metadata.product.feature.name"),
        ("domain_name", "tls.sni"),
    ],
};

const KUBERNETES: Vendor = Vendor {
    source: "kubernetes",
    parser: "kubernetes/1",
    product: ("Kubernetes", "kube-apiserver"),
    class: class::API,
    keep_all: true,
    detect: |root| {
        let audit = root
            .get("apiVersion")
            .and_then(View::str)
            .is_some_and(|v| v.starts_with("audit.k8s.io"));
        let event = root.get("kind").and_then(View::str) == Some("Event")
            && (root.get("verb").is_some() || root.get("objectRef").is_some());
        (audit || event).then_some(root)
    },
    finish: |body, _, event| {
        let verb = body.get("verb").and_then(View::str).unwrap_or("unknown");
        operation(event, verb);
        let code = body.at("responseStatus.code").and_then(View::int).unwrap_or(200);
        event.status(if code >= 400 { Status::Failure } else { Status::Success });
        event.message = body.get("requestURI").and_then(View::str);
        if let Some(name) = body.at("impersonatedUser.username").and_then(View::str) {
            event.unmapped("impersonated_user", name);
        }
    },
    rows: &[
        ("requestReceivedTimestamp", "@time"),
        ("stageTimestamp", "@time"),
        ("auditID", "metadata.original_event_uid"),
        ("level", "metadata.log_level"),
        ("stage", "status_detail"),
        ("sourceIPs", "@src"),
        ("user/username", "actor.user.name"),
        ("user/uid", "actor.user.uid"),
        ("user/groups", "actor.user.groups.name"),
        ("userAgent", "http_request.user_agent"),
        ("requestURI", "@url"),
        ("responseStatus/code", "http_response.code"),
        ("objectRef/resource", "resources.type"),
        ("objectRef/name", "resources.name"),
        ("objectRef/namespace", "resources.namespace"),
        ("objectRef/uid", "resources.uid"),
    ],
};

const GCP: Vendor = Vendor {
    source: "gcp-audit",
    parser: "gcp-audit/1",
    product: ("Google", "Cloud Audit Logs"),
    class: class::API,
    keep_all: true,
    detect: |root| root.get("protoPayload").or(root.get("protopayload")).map(|_| root),
    finish: |_, _, event| {
        event.set(Path::CLOUD_PROVIDER, "GCP");
        let name = event.text(Path::API_OPERATION).unwrap_or("unknown");
        operation(event, name);
        event.message = Some(name);
        let failed = event.get(Path::API_RESPONSE_CODE).is_some_and(|v| v != ocsf::Value::Int(0));
        event.status(if failed { Status::Failure } else { Status::Success });
    },
    rows: &[
        ("timestamp", "@time"),
        ("receiveTimestamp", "@time"),
        ("insertId", "metadata.original_event_uid"),
        ("logName", "metadata.log_name"),
        ("severity", "@severity"),
        ("protoPayload/authenticationInfo/principalEmail", "@actor"),
        ("protoPayload/authenticationInfo/principalSubject", "actor.user.uid"),
        ("protoPayload/requestMetadata/callerIp", "@src"),
        ("protoPayload/requestMetadata/callerSuppliedUserAgent", "http_request.user_agent"),
        ("protoPayload/methodName", "api.operation"),
        ("protoPayload/serviceName", "api.service.name"),
        ("protoPayload/resourceName", "resources.name"),
        ("protoPayload/status/code", "api.response.code"),
        ("protoPayload/status/message", "api.response.error_message"),
        ("resource/type", "resources.type"),
        ("resource/labels/project_id", "cloud.project_uid"),
        ("resource/labels/location", "cloud.region"),
        ("resource/labels/zone", "cloud.zone"),
    ],
};

const AZURE: Vendor = Vendor {
    source: "azure-activity",
    parser: "azure/1",
    product: ("Microsoft", "Azure Monitor"),
    class: class::API,
    keep_all: true,
    detect: |root| {
        let is = root.get("operationName").is_some()
            && (root.get("resourceId").is_some()
                || root.get("tenantId").is_some()
                || root.get("category").is_some()
                || root.get("callerIpAddress").is_some());
        is.then_some(root)
    },
    finish: finish_azure,
    rows: &[
        ("time", "@time"),
        ("eventTimestamp", "@time"),
        ("operationName", "api.operation"),
        ("operationVersion", "api.version"),
        ("resourceId", "resources.uid"),
        ("category", "metadata.log_name"),
        ("correlationId", "metadata.correlation_uid"),
        ("callerIpAddress", "@src"),
        ("properties/ipAddress", "@src"),
        ("identity/authorization/evidence/principalId", "actor.user.uid"),
        ("identity/claims/name", "@actor"),
        ("identity/claims/upn", "@actor"),
        ("properties/userPrincipalName", "@user"),
        ("properties/userDisplayName", "user.full_name"),
        ("properties/userId", "user.uid"),
        ("properties/initiatedBy/user/userPrincipalName", "@actor"),
        ("properties/initiatedBy/user/ipAddress", "@src"),
        ("properties/initiatedBy/user/id", "actor.user.uid"),
        ("properties/userAgent", "http_request.user_agent"),
        ("properties/targetResources/userPrincipalName", "user.name"),
        ("level", "metadata.log_level"),
        ("tenantId", "cloud.account.uid"),
        ("location", "cloud.region"),
        ("identity", "actor.user.full_name"),
    ],
};

fn finish_azure<'a>(body: View<'_, 'a>, _cx: &Cx<'a>, event: &mut Event<'a>) {
    event.set(Path::CLOUD_PROVIDER, "Azure");
    let category = body.get("category").and_then(View::str).unwrap_or("");
    let name = event.text(Path::API_OPERATION).unwrap_or("unknown");
    event.message = Some(name);
    let result = body.get("resultType").and_then(|v| v.str());
    let code = body.at("properties.status.errorCode").and_then(View::int);
    let failed = matches!(result, Some("Failure" | "Failed" | "failure"))
        || result.is_some_and(|r| r.bytes().all(|b| b.is_ascii_digit()) && r != "0")
        || code.is_some_and(|c| c != 0);
    event.status(if failed { Status::Failure } else { Status::Success });
    if category.contains("SignIn") {
        event.set(Path::METADATA_LOG_SOURCE, "azure-signin");
        event.set_if_absent(Path::USER_NAME, "(unknown)");
        event.kind(class::AUTHENTICATION, 1);
        event.set(
            Path::SERVICE_NAME,
            body.at("properties.appDisplayName")
                .and_then(View::str)
                .unwrap_or("Microsoft Entra ID"),
        );
        return;
    }
    if category == "AuditLogs" {
        event.set(Path::METADATA_LOG_SOURCE, "azure-audit");
    }
    vendors::operation(event, name);
}

//! Against a provider on this machine whose keys and answers a test chooses.

use crate::{Config, Error, Provider};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use https::testing;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

const CLIENT: &str = "prohori";

/// How a token is signed.
enum Key {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Key {
    fn ec() -> Self {
        let random = SystemRandom::new();
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random);
        Self::Ec(pair.unwrap())
    }

    fn ed() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap())
    }

    fn alg(&self) -> &'static str {
        match self {
            Self::Ec(_) => "ES256",
            Self::Ed(_) => "EdDSA",
        }
    }

    fn jwk(&self, kid: &str) -> Value {
        let coded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Ec(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (coded(&point[1..33]), coded(&point[33..]));
                json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "use": "sig", "alg": "ES256"})
            }
            Self::Ed(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": coded(pair.public_key().as_ref()), "kid": kid})
            }
        }
    }

    fn sign(&self, kid: &str, claims: &Value) -> String {
        self.sign_as(&json!({"alg": self.alg(), "kid": kid}), claims)
    }

    fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let coded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", coded(header), coded(claims));
        let signature = match self {
            Self::Ec(pair) => {
                pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref().to_vec()
            }
            Self::Ed(pair) => pair.sign(text.as_bytes()).as_ref().to_vec(),
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

type Answers = Arc<Mutex<HashMap<&'static str, Value>>>;
type Asked = Arc<Mutex<Vec<String>>>;

/// A provider that answers each path with what stands under it.
struct Stage {
    issuer: String,
    answers: Answers,
    asked: Asked,
}

impl Stage {
    fn new() -> Self {
        let (answers, asked): (Answers, Asked) = Default::default();
        let (known, heard) = (answers.clone(), asked.clone());
        let address = testing::serve(move |request| {
            heard.lock().unwrap().push(format!("{}\n{}", request.head, request.body));
            match known.lock().unwrap().get(request.path()) {
                Some(answer) => testing::response(200, "", &answer.to_string()),
                None => testing::response(404, "", ""),
            }
        });
        let issuer = format!("http://{}", address.unwrap());
        let metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "end_session_endpoint": format!("{issuer}/end"),
        });
        answers.lock().unwrap().insert("/.well-known/openid-configuration", metadata);
        Self { issuer, answers, asked }
    }

    fn set(&self, path: &'static str, answer: Value) {
        self.answers.lock().unwrap().insert(path, answer);
    }

    fn keys(&self, keys: &[(&str, &Key)]) {
        let keys: Vec<Value> = keys.iter().map(|(kid, key)| key.jwk(kid)).collect();
        self.set("/jwks", json!({"keys": keys}));
    }

    fn config(&self) -> Config {
        Config {
            issuer: self.issuer.clone(),
            client_id: CLIENT.into(),
            client_secret_file: None,
            ca_file: https::CA_FILE.into(),
            scopes: vec!["profile".into()],
            acr: None,
        }
    }

    fn provider(&self) -> Provider {
        Provider::open(self.config()).unwrap()
    }

    /// Claims that are good for a sign-in with that nonce.
    fn claims(&self, nonce: &str) -> Value {
        let now = jsonwebtoken::get_current_timestamp();
        json!({"iss": self.issuer, "aud": CLIENT, "sub": "u-1", "nonce": nonce, "iat": now,
            "exp": now + 300, "sid": "s-1", "groups": ["soc"]})
    }

    fn requests(&self, path: &str) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|one| one.contains(&format!(" {path} HTTP"))).cloned().collect()
    }
}

const BACK: &str = "https://soc.example/api/v1/session/oidc/callback";

#[test]
fn a_code_becomes_a_person() {
    for key in [Key::ec(), Key::ed()] {
        let stage = Stage::new();
        stage.keys(&[("a", &Key::ec()), ("k", &key)]);
        let provider = stage.provider();
        let begun = provider.begin(BACK).unwrap();
        let (door, query) = begun.url.split_once('?').unwrap();
        assert_eq!(door, format!("{}/auth", stage.issuer));
        let query: HashMap<String, String> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        for (name, expected) in [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", BACK),
            ("scope", "openid profile"),
            ("state", &begun.state),
            ("nonce", &begun.nonce),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(query[name], expected, "{name}");
        }
        assert_eq!(query["code_challenge"].len(), 43);
        let token = key.sign("k", &stage.claims(&begun.nonce));
        stage
            .set("/token", json!({"id_token": token, "access_token": "x", "token_type": "Bearer"}));
        let found = provider.finish("c 1", None, BACK, &begun.nonce, &begun.verifier).unwrap();
        assert_eq!((found.subject.as_str(), found.sid.as_deref()), ("u-1", Some("s-1")));
        assert_eq!(found.claims["groups"], json!(["soc"]));
        let sent = &stage.requests("/token")[0];
        let verifier = format!("code_verifier={}", begun.verifier);
        assert!(sent.contains("code=c+1") && sent.contains(&verifier), "{sent}");
        assert!(!sent.to_lowercase().contains("authorization:"), "{sent}");
        let end = provider.end_session("https://soc.example/").unwrap();
        assert!(end.starts_with(&format!("{}/end?client_id=prohori&", stage.issuer)), "{end}");
    }
}

#[test]
fn a_secret_and_what_userinfo_adds() {
    let (stage, key) = (Stage::new(), Key::ec());
    stage.keys(&[("k", &key)]);
    let mut metadata = stage.answers.lock().unwrap()["/.well-known/openid-configuration"].clone();
    metadata["userinfo_endpoint"] = format!("{}/me", stage.issuer).into();
    stage.set("/.well-known/openid-configuration", metadata.clone());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "s:1\n").unwrap();
    let config =
        Config { client_secret_file: Some(file), acr: Some("mfa".into()), ..stage.config() };
    let provider = Provider::open(config.clone()).unwrap();
    assert!(!format!("{provider:?}").contains("s:1"));
    let mut claims = stage.claims("n");
    claims["acr"] = "mfa".into();
    stage.set("/token", json!({"id_token": key.sign("k", &claims), "access_token": "at"}));
    stage.set("/me", json!({"sub": "u-1", "preferred_username": "rahima", "groups": ["other"]}));
    let found = provider.finish("c", None, BACK, "n", "v").unwrap();
    assert_eq!(
        (&found.claims["preferred_username"], &found.claims["groups"]),
        (&json!("rahima"), &json!(["soc"]))
    );
    // `printf 'prohori:s%3A1' | base64`
    assert!(stage.requests("/token")[0].contains("Basic cHJvaG9yaTpzJTNBMQ=="));
    assert!(stage.requests("/me")[0].contains("Bearer at"));
    stage.set("/me", json!({"sub": "u-2"}));
    let said = provider.finish("c", None, BACK, "n", "v").unwrap_err().to_string();
    assert!(said.contains("somebody else"), "{said}");
    claims["acr"] = "pwd".into();
    stage.set("/token", json!({"id_token": key.sign("k", &claims)}));
    let said = provider.finish("c", None, BACK, "n", "v").unwrap_err().to_string();
    assert_eq!(said, "the token is not good: acr is \"pwd\", not \"mfa\"");
    // A provider that takes it in the form only.
    metadata["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
    stage.set("/.well-known/openid-configuration", metadata);
    let _ = Provider::open(config).unwrap().finish("c", None, BACK, "n", "v");
    assert!(stage.requests("/token").last().unwrap().contains("client_secret=s%3A1"));
}

#[test]
fn tokens_that_prove_nothing() {
    let (stage, key, other) = (Stage::new(), Key::ec(), Key::ec());
    stage.keys(&[("k", &key)]);
    let provider = stage.provider();
    let good = stage.claims("n");
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value,
        }
        key.sign("k", &claims)
    };
    let now = jsonwebtoken::get_current_timestamp();
    let whole = key.sign("k", &good);
    let parts: Vec<&str> = whole.split('.').collect();
    let unsigned = URL_SAFE_NO_PAD.encode(json!({"alg": "none"}).to_string());
    let by_secret = json!({"alg": "HS256", "kid": "k"});
    for (what, token, word) in [
        ("another's key", other.sign("k", &good), "InvalidSignature"),
        ("an unknown key", other.sign("z", &good), "no key of the provider"),
        ("no signature", format!("{unsigned}.{}.", parts[1]), ""),
        ("a secret's", key.sign_as(&by_secret, &good), "HS256"),
        ("another algorithm", key.sign_as(&json!({"alg": "ES384", "kid": "k"}), &good), "no key"),
        (
            "a changed body",
            format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode("{}"), parts[2]),
            "",
        ),
        ("another issuer", with("iss", "https://evil.example".into()), "InvalidIssuer"),
        ("another client", with("aud", "other".into()), "InvalidAudience"),
        ("two clients", with("aud", json!([CLIENT, "other"])), "azp"),
        ("for another", with("azp", "other".into()), "azp"),
        ("too old", with("exp", (now - 120).into()), "ExpiredSignature"),
        ("an end that is no time", with("exp", "never".into()), ""),
        ("not yet", with("nbf", (now + 300).into()), "ImmatureSignature"),
        ("no end", with("exp", Value::Null), "exp"),
        ("nobody", with("sub", "".into()), "sub"),
        ("another request", with("nonce", "m".into()), "nonce"),
        ("no request", with("nonce", Value::Null), "nonce"),
        ("no token", "x".into(), ""),
    ] {
        stage.set("/token", json!({"id_token": token}));
        let error = provider.finish("c", None, BACK, "n", "v").unwrap_err();
        assert!(matches!(error, Error::Token(_)), "{what}: {error}");
        assert!(error.to_string().contains(word), "{what}: {error}");
    }
    stage.set("/token", json!({"id_token": whole}));
    assert!(provider.finish("c", Some(&stage.issuer), BACK, "n", "v").is_ok());
    let mixed = provider.finish("c", Some("https://evil.example"), BACK, "n", "v");
    assert!(mixed.unwrap_err().to_string().contains("another provider's"));
    // Foreign keys do not make us ask on and on.
    assert_eq!(stage.requests("/jwks").len(), 1);
}

#[test]
fn who_signed_out_is_read_from_a_logout_token_alone() {
    let (stage, key) = (Stage::new(), Key::ed());
    stage.keys(&[("k", &key)]);
    let provider = stage.provider();
    let now = jsonwebtoken::get_current_timestamp();
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let good = json!({"iss": stage.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "jti": "j",
        "sid": "s-1", "events": {event: {}}});
    let told = provider.logout(&key.sign("k", &good)).unwrap();
    assert_eq!((told.subject, told.sid.as_deref(), told.jti.as_str()), (None, Some("s-1"), "j"));
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    for (claims, word) in [
        (stage.claims("n"), "events"),
        (with("nonce", "n".into()), "nonce"),
        (with("events", json!({event: "x"})), "events"),
        (with("sid", Value::Null), "names nobody"),
        (with("jti", Value::Null), "jti"),
        (with("iat", (now - 3_600).into()), "too old"),
        (with("aud", "other".into()), "InvalidAudience"),
    ] {
        let said = provider.logout(&key.sign("k", &claims)).unwrap_err().to_string();
        assert!(said.contains(word), "{word}: {said}");
    }
}

#[test]
fn a_provider_that_is_another_or_in_the_clear_is_refused() {
    let stage = Stage::new();
    let metadata = stage.answers.lock().unwrap()["/.well-known/openid-configuration"].clone();
    for (name, value, word) in [
        ("issuer", "https://evil.example", "not \"http://127"),
        ("token_endpoint", "http://evil.example/token", "no https address"),
    ] {
        let mut changed = metadata.clone();
        changed[name] = value.into();
        stage.set("/.well-known/openid-configuration", changed);
        let said = stage.provider().begin(BACK).unwrap_err().to_string();
        assert!(said.contains(word), "{said}");
    }
    let clear = Config { issuer: "http://id.example".into(), ..stage.config() };
    assert!(matches!(Provider::open(clear), Err(Error::Config(_))));
}

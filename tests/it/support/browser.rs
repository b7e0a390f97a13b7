//! A real browser without a window, driven through a pipe.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::waiting::becomes_true;

/// More than any of these tests needs. Without it, a failure would hang.
const WAIT_LIMIT: Duration = Duration::from_secs(60);
/// The browser reads from the third file and writes to the fourth.
const START: &str = r#"exec chromium "$@" 3<&0 4>&1 >/dev/null 2>&1"#;
const FLAGS: [&str; 10] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// One page of a browser.
pub struct Browser {
    _process: Child,
    _profile: TempDir,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    session: Option<String>,
    last_id: u64,
    /// The page's error messages.
    pub complaints: Vec<String>,
}

impl Browser {
    /// Starts it with an empty page.
    pub async fn start() -> Self {
        let path = env::var_os("PATH").unwrap_or_default();
        let is_there = env::split_paths(&path).any(|place| place.join("chromium").is_file());
        assert!(is_there, "this test needs Chromium: apt-get install chromium");
        let profile = TempDir::new().unwrap();
        let mut process = Command::new("sh")
            .args(["-c", START, "sh"])
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let requests = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut browser = Self {
            _process: process,
            _profile: profile,
            requests,
            answers,
            session: None,
            last_id: 0,
            complaints: Vec::new(),
        };
        let page = browser.call("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": page["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", attach).await;
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({})).await;
        }
        browser
    }

    /// Opens an address, and waits until the page has loaded.
    pub async fn open(&mut self, url: &str) {
        let opened = self.call("Page.navigate", json!({ "url": url })).await;
        assert_eq!(opened.get("errorText"), None, "{url}");
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'").await;
    }

    /// Shows the page with this width.
    pub async fn is_wide(&mut self, width: u32) {
        let size = json!({
            "width": width, "height": 800, "deviceScaleFactor": 2, "mobile": width < 600
        });
        self.call("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Sets the preference for light or dark.
    pub async fn prefers(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// The value of an expression in the page.
    pub async fn value(&mut self, expression: &str) -> Value {
        let asked = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true
        });
        let answer = self.call("Runtime.evaluate", asked).await;
        assert_eq!(answer.get("exceptionDetails"), None, "{expression}");
        answer["result"]["value"].clone()
    }

    /// Asks until an expression is true in the page that is open at that time.
    pub async fn until(&mut self, expression: &str) {
        let is_so = async || self.value(&format!("Boolean({expression})")).await == json!(true);
        if !becomes_true(WAIT_LIMIT, is_so).await {
            let page = self.value("document.body.innerText").await;
            panic!("never true: {expression}\n{page}");
        }
    }

    /// Keeps a picture of the whole page, for a developer to look at.
    pub async fn picture(&mut self, name: &str) {
        let asked = json!({ "captureBeyondViewport": true });
        let answer = self.call("Page.captureScreenshot", asked).await;
        let picture = BASE64_STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        let pictures = pictures();
        fs::create_dir_all(&pictures).unwrap();
        fs::write(pictures.join(name), picture).unwrap();
    }

    async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last_id += 1;
        let mut request = json!({ "id": self.last_id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        let mut bytes = serde_json::to_vec(&request).unwrap();
        bytes.push(0);
        self.requests.write_all(&bytes).await.expect("the browser listens");
        loop {
            let message = timeout(WAIT_LIMIT, self.next()).await.expect("the browser answers");
            if message["id"] == json!(self.last_id) {
                assert_eq!(message.get("error"), None, "{method}");
                return message["result"].clone();
            }
            self.note_complaint(&message);
        }
    }

    async fn next(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.answers.read_until(0, &mut bytes).await.unwrap();
        assert_eq!(bytes.pop(), Some(0), "the browser ended");
        serde_json::from_slice(&bytes).unwrap()
    }

    fn note_complaint(&mut self, message: &Value) {
        let is_complaint = match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => message["params"]["type"] == "error",
            Some("Log.entryAdded") => message["params"]["entry"]["level"] == "error",
            _ => false,
        };
        if is_complaint {
            self.complaints.push(message["params"].to_string());
        }
    }
}

/// The directory of the pictures.
pub fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures")
}

//! The deployment files fit the program: the image, the compose project, the manifests for
//! Kubernetes.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use heymilo_sync::config::Config;
use humantime_serde::re::humantime;
use k8s_openapi::{
    api::{
        apps::v1::Deployment,
        batch::v1::{CronJob, Job},
        core::v1::{Namespace, PersistentVolumeClaim, PodSpec, Service},
        networking::v1::{Ingress, NetworkPolicy},
    },
    apimachinery::pkg::util::intstr::IntOrString,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    daemon::{program, run},
    simulated,
};

const OPERATIONS_TOKEN: (&str, &str) = ("HEYMILO_OPERATIONS_TOKEN", "token-of-operators");
/// How long the daemon takes beyond `shutdown.grace` to release its workspaces.
const GIVE_BACK: Duration = Duration::from_secs(2);

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Reads a manifest as the type that it names.
fn manifest<T: DeserializeOwned>(name: &str) -> T {
    let manifest = yaml(&format!("deploy/kubernetes/{name}.yaml"));
    serde_json::from_value(manifest).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The pods of the manifests.
fn pods() -> Vec<PodSpec> {
    let cron_job = manifest::<CronJob>("verify").spec.unwrap();
    let verify = cron_job.job_template.spec.unwrap().template;
    let migrate = manifest::<Job>("migrate").spec.unwrap().template;
    let daemon = manifest::<Deployment>("deployment").spec.unwrap().template;
    [daemon, migrate, verify].map(|template| template.spec.unwrap()).into()
}

/// The settings of the manifests.
fn settings() -> Config {
    let token = (OPERATIONS_TOKEN.0.to_owned(), OPERATIONS_TOKEN.1.to_owned());
    Config::load(Some(&path("deploy/kubernetes/settings.toml")), [token]).unwrap()
}

/// An instruction of the image's recipe.
fn instruction(start: &str) -> String {
    let recipe = read("Dockerfile");
    let line = recipe.lines().map(str::trim).find_map(|line| line.strip_prefix(start));
    line.unwrap_or_else(|| panic!("no {start} in the Dockerfile")).to_owned()
}

#[test]
fn manifests_say_only_what_kubernetes_knows() {
    knows::<Namespace>("namespace");
    knows::<PersistentVolumeClaim>("storage");
    knows::<Job>("migrate");
    knows::<Deployment>("deployment");
    knows::<Service>("service");
    knows::<CronJob>("verify");
    knows::<NetworkPolicy>("network-policy");
    knows::<Ingress>("examples/ingress");
    knows::<CronJob>("examples/parquet");
}

/// Reads a manifest and writes it again. A field that is missing then was unknown.
fn knows<T: DeserializeOwned + Serialize>(name: &str) {
    fn within(said: &Value, known: &Value, at: &str) {
        match (said, known) {
            (Value::Object(said), Value::Object(known)) => {
                for (key, said) in said {
                    let known = known.get(key).unwrap_or_else(|| panic!("{at}.{key} is unknown"));
                    within(said, known, &format!("{at}.{key}"));
                }
            }
            (Value::Array(said), Value::Array(known)) => {
                assert_eq!(said.len(), known.len(), "{at}");
                for (said, known) in said.iter().zip(known) {
                    within(said, known, at);
                }
            }
            (said, known) => assert_eq!(said, known, "{at}"),
        }
    }
    let known = serde_json::to_value(manifest::<T>(name)).unwrap();
    within(&yaml(&format!("deploy/kubernetes/{name}.yaml")), &known, name);
}

#[test]
fn kustomize_lists_every_manifest_with_this_version() {
    let kustomization = yaml("deploy/kubernetes/kustomization.yaml");
    let mut listed: Vec<String> =
        serde_json::from_value(kustomization["resources"].clone()).unwrap();
    for named in ["kustomization.yaml", "settings.toml", "examples"] {
        listed.push(named.to_owned());
    }
    listed.sort();

    let files = fs::read_dir(path("deploy/kubernetes")).unwrap();
    let mut files: Vec<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(listed, files);
    assert_eq!(kustomization["images"][0]["newTag"], env!("CARGO_PKG_VERSION"));
    assert_eq!(kustomization["configMapGenerator"][0]["files"], json!(["settings.toml"]));
    // Kubernetes cannot change a job, so each version has a job of its own.
    let job = format!("migrate-{}", env!("CARGO_PKG_VERSION").replace('.', "-"));
    assert_eq!(manifest::<Job>("migrate").metadata.name.unwrap(), job);
}

#[test]
fn pods_are_restricted() {
    let user = instruction("USER ");
    let parquet = manifest::<CronJob>("examples/parquet").spec.unwrap();
    let parquet = parquet.job_template.spec.unwrap().template.spec.unwrap();
    for pod in pods().into_iter().chain([parquet]) {
        assert_eq!(pod.automount_service_account_token, Some(false));
        let context = pod.security_context.unwrap();
        assert_eq!(context.run_as_non_root, Some(true));
        let (uid, gid) = (context.run_as_user.unwrap(), context.run_as_group.unwrap());
        assert_eq!(format!("{uid}:{gid}"), user);
        assert_eq!(context.seccomp_profile.unwrap().type_, "RuntimeDefault");
        for container in pod.containers {
            let context = container.security_context.unwrap();
            assert_eq!(context.allow_privilege_escalation, Some(false));
            assert_eq!(context.read_only_root_filesystem, Some(true));
            assert_eq!(context.capabilities.unwrap().drop.unwrap(), ["ALL"]);
            assert!(container.resources.unwrap().limits.unwrap().contains_key("memory"));
        }
    }
}

#[test]
fn containers_run_commands_that_there_are() {
    let of_pods = pods().into_iter().flat_map(|pod| pod.containers).map(|run| run.args.unwrap());
    let compose = yaml("docker-compose.yml");
    let of_compose = ["migrate", "heymilo-sync", "simulator"].map(|service| {
        serde_json::from_value(compose["services"][service]["command"].clone()).unwrap()
    });
    for arguments in of_pods.chain(of_compose) {
        let (command, arguments) = arguments.split_first().unwrap();
        let mut program = program(command, []);
        program.args(arguments).arg("--help");
        let (success, said) = run(program);
        assert!(success, "{command} {arguments:?}: {said}");
    }
}

#[tokio::test]
async fn ports_and_probes_are_those_of_the_daemon() {
    let (_, base_url) = simulated::heymilo().await;
    let app = TestApp::start_with(&base_url, [OPERATIONS_TOKEN]).await;
    let settings = settings();
    let listening = [
        ("operations".to_owned(), i32::from(settings.operations.listen.port())),
        ("webhooks".to_owned(), i32::from(settings.http.listen.port())),
    ];

    let daemon = pods().remove(0).containers.remove(0);

    let ports: BTreeMap<String, i32> = daemon
        .ports
        .into_iter()
        .flatten()
        .map(|port| (port.name.unwrap(), port.container_port))
        .collect();
    assert_eq!(ports, listening.into());
    for probe in [daemon.startup_probe, daemon.liveness_probe, daemon.readiness_probe] {
        let asked = probe.unwrap().http_get.unwrap();
        assert_eq!(asked.port, IntOrString::String("operations".to_owned()));
        let path = asked.path.unwrap();
        assert_eq!(app.operate(&path, None).await.0, 200, "{path}");
    }
    let image: Vec<i32> =
        instruction("EXPOSE ").split(' ').map(|port| port.parse().unwrap()).collect();
    assert_eq!(image, [ports["webhooks"], ports["operations"]]);
    let service = manifest::<Service>("service").spec.unwrap().ports.unwrap();
    assert_eq!(service[0].target_port, Some(IntOrString::String("webhooks".to_owned())));
    for rule in manifest::<NetworkPolicy>("network-policy").spec.unwrap().ingress.unwrap() {
        for port in rule.ports.unwrap() {
            let Some(IntOrString::String(name)) = port.port else { panic!("a port has a name") };
            assert!(ports.contains_key(&name), "{name}");
        }
    }
}

#[test]
fn settings_of_the_manifests_leave_migrating_to_the_job() {
    assert!(!settings().database.migrate);
    let job = &pods()[1].containers[0];
    assert_eq!(job.args.as_deref().unwrap()[0], "migrate");
}

#[test]
fn secrets_and_settings_of_the_compose_project_reach_the_daemon() {
    let compose = yaml("docker-compose.yml");
    let named = compose["services"]["heymilo-sync"]["environment"].as_object().unwrap();
    let values = [
        ("DATABASE_URL", "postgres://heymilo@postgres/heymilo"),
        ("DATABASE_PASSWORD", "password-of-the-role"),
        ("HEYMILO_SYNC__DATABASE__MIGRATE", "false"),
        ("HEYMILO_API_KEY", "key-of-the-workspace"),
        ("HEYMILO_WEBHOOK_TOKEN", "token-of-the-webhook"),
        ("HEYMILO_OPERATIONS_TOKEN", "token-of-operators"),
        ("HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL", "https://hooks.example.com"),
        ("HEYMILO_SYNC__OPERATIONS__LISTEN", "0.0.0.0:8081"),
    ];
    for (name, _) in named {
        let name = name.strip_suffix("_FILE").unwrap_or(name);
        assert!(values.iter().any(|(known, _)| *known == name), "{name} is of no use");
    }

    let is_named =
        |name: &str| named.contains_key(name) || named.contains_key(&format!("{name}_FILE"));
    let given = values.into_iter().filter(|(name, _)| is_named(name));
    let config =
        Config::load(None, given.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();

    assert!(config.database.url.is_some());
    assert!(config.workspaces[0].api_key.is_some());
    assert!(config.workspaces[0].webhook_token.is_some());
    assert!(config.operations.token.is_some());
    assert!(config.webhooks.public_url.is_some());
    assert!(!config.operations.listen.ip().is_loopback());
}

#[test]
fn the_container_runs_as_an_ordinary_user_and_writes_nowhere() {
    let compose = yaml("docker-compose.yml");
    for service in ["migrate", "heymilo-sync", "simulator", "parquet"] {
        let service = &compose["services"][service];
        assert!(!service["user"].as_str().unwrap().starts_with('0'));
        assert_eq!(service["read_only"], true);
        assert_eq!(service["cap_drop"], json!(["ALL"]));
        assert_eq!(service["security_opt"], json!(["no-new-privileges:true"]));
    }
}

#[test]
fn the_operators_address_of_the_container_is_not_open_to_the_network() {
    let compose = yaml("docker-compose.yml");
    let service = &compose["services"]["heymilo-sync"];

    let published = json!("127.0.0.1:${HEYMILO_OPERATIONS_PORT:-8081}:8081");
    assert!(service["ports"].as_array().unwrap().contains(&published));
    let token = &service["environment"]["HEYMILO_OPERATIONS_TOKEN_FILE"];
    assert_eq!(*token, "${HEYMILO_OPERATIONS_TOKEN_FILE:-/run/passwords/operations}");
}

#[test]
fn containers_are_given_the_time_that_the_daemon_takes_to_stop() {
    let needed = settings().shutdown.grace + GIVE_BACK;

    let in_pod = pods()[0].termination_grace_period_seconds.unwrap();
    assert!(Duration::from_secs(in_pod.unsigned_abs()) > needed);
    let compose = &yaml("docker-compose.yml")["services"]["heymilo-sync"]["stop_grace_period"];
    let in_compose = humantime::parse_duration(compose.as_str().unwrap()).unwrap();
    assert!(in_compose > needed);
}

#[test]
fn the_spool_is_on_a_volume() {
    let spool = instruction("ENV HEYMILO_SYNC__SPOOL__DIRECTORY=");

    let mounts = pods().remove(0).containers.remove(0).volume_mounts.unwrap();
    let mount = mounts.iter().find(|mount| mount.name == "spool").unwrap();
    assert!(spool.starts_with(&mount.mount_path), "{spool}");
    let compose = yaml("docker-compose.yml");
    let volumes = compose["services"]["heymilo-sync"]["volumes"].as_array().unwrap();
    assert!(volumes.contains(&format!("spool:{}", mount.mount_path).into()));
}

#[test]
fn the_examples_fit_the_manifests() {
    let service = manifest::<Service>("service");
    for rule in manifest::<Ingress>("examples/ingress").spec.unwrap().rules.unwrap() {
        for path in rule.http.unwrap().paths {
            let backend = path.backend.service.unwrap();
            assert_eq!(Some(backend.name), service.metadata.name);
            let ports = service.spec.as_ref().unwrap().ports.as_ref().unwrap();
            assert!(ports.iter().any(|port| port.name == backend.port.as_ref().unwrap().name));
        }
    }

    let monitor = yaml("deploy/kubernetes/examples/pod-monitor.yaml");
    let daemon = manifest::<Deployment>("deployment").spec.unwrap();
    let labels = serde_json::to_value(daemon.selector.match_labels).unwrap();
    assert_eq!(monitor["spec"]["selector"]["matchLabels"], labels);
    let endpoint = &monitor["spec"]["podMetricsEndpoints"][0];
    let container = &daemon.template.spec.unwrap().containers[0];
    let ports = container.ports.as_ref().unwrap();
    assert!(ports.iter().any(|port| json!(port.name) == endpoint["port"]));
}

#[test]
fn the_image_is_built_with_the_toolchain_of_the_project() {
    let toolchain: toml::Table = read("rust-toolchain.toml").parse().unwrap();
    let channel = toolchain["toolchain"]["channel"].as_str().unwrap();

    assert!(instruction("ARG RUST_IMAGE=rust:").starts_with(&format!("{channel}-")));
}

#[test]
fn base_images_are_pinned_by_their_digests() {
    let is_pinned = |image: &str| {
        let digest = image.trim_end_matches('}').split_once("@sha256:").map(|(_, digest)| digest);
        digest.is_some_and(|digest| digest.len() == 64)
    };
    let compose = read("docker-compose.yml");
    let postgres = compose.lines().find(|line| line.contains("image: &postgres")).unwrap();

    assert!(is_pinned(&instruction("ARG RUST_IMAGE=")));
    assert!(is_pinned(postgres), "{postgres}");
}

#[test]
fn the_roles_of_the_compose_project_are_no_superusers_and_have_no_default_password() {
    let roles = read("deploy/compose/roles.sh");
    let compose = read("docker-compose.yml");

    for role in ["heymilo_owner", "heymilo_daemon"] {
        let created = roles.lines().find(|line| line.starts_with(&format!("create role {role}")));
        let created = created.unwrap();
        assert!(!created.contains("superuser") && created.contains("password :'"), "{created}");
        assert!(compose.contains(&format!("postgres://{role}@postgres")), "{role}");
    }
    assert!(!compose.contains("POSTGRES_PASSWORD:"));
}

#[test]
fn the_image_says_which_version_it_is() {
    let version = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(read("Dockerfile").contains(&version), "no label has {version}");
}

#[test]
fn the_image_is_built_without_the_files_of_tests_and_benches() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    for kind in ["test", "bench", "example"] {
        for target in manifest.get(kind).and_then(toml::Value::as_array).into_iter().flatten() {
            assert!(target.get("path").is_some(), "[[{kind}]] without a path: {target}");
        }
    }
}

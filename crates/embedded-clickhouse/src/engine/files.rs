//! What the engine needs on disk before it starts: the directory, its lock and two XML files.

use crate::Error;
use crate::config::{Limits, Settings};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Paths within the data directory; they begin with `prohori` so as not to meet the engine's own.
pub(super) struct Files {
    pub(super) data: PathBuf,
    pub(super) config: PathBuf,
    pub(super) log: PathBuf,
    pub(super) checksum_cache: PathBuf,
    pub(super) lock: File,
}

impl Files {
    /// Makes the directory, takes its lock, and writes the engine's configuration.
    pub(super) fn prepare(settings: &Settings) -> Result<Self, Error> {
        let make = |path: &Path| {
            // Everybody's logs are in it.
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path)
                .and_then(|()| path.canonicalize())
                .map_err(|source| Error::Data { path: path.into(), source })
        };
        let data = make(&settings.data)?;
        let lock = take_lock(&data)?;
        let files = Self {
            config: data.join("prohori-config.xml"),
            log: data.join("prohori-engine.log"),
            checksum_cache: data.join("prohori-library.sha256"),
            data,
            lock,
        };
        let backups = settings.backups.as_deref().map(make).transpose()?;
        let users = files.data.join("prohori-users.xml");
        write(&users, &users_xml(&settings.limits, backups.is_some()))?;
        let config = config_xml(&files, &users, backups.as_deref(), &settings.limits);
        write(&files.config, &config)?;
        Ok(files)
    }
}

/// One process per data directory, whatever the engine itself checks.
fn take_lock(data: &Path) -> Result<File, Error> {
    let path = data.join("prohori.lock");
    let failed = |source| Error::Data { path: path.clone(), source };
    let mut options = OpenOptions::new();
    let mut file =
        options.create(true).truncate(false).read(true).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // Only for the message.
            let _ = file.read_to_string(&mut pid);
            return Err(Error::DataInUse { path: data.into(), pid: pid.trim().to_owned() });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    file.set_len(0)
        .and_then(|()| file.write_all(std::process::id().to_string().as_bytes()))
        .map_err(failed)?;
    Ok(file)
}

/// In one step, and only if it changes: on a full disk the file of the last start must stay whole.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let new = path.with_extension("new");
    std::fs::write(&new, text)
        .and_then(|()| std::fs::rename(&new, path))
        .map_err(|source| Error::Data { path: path.into(), source })
}

/// The server's settings. `fsync_*` make an acknowledged INSERT survive a power cut; the small
/// pools and caches are for a machine with two cores that runs the whole pipeline. `ThreadStatus`
/// is silenced because the library's insert streams make it write one wrong "Fatal" line per
/// INSERT, `BgStrmSchPool` because it warns whenever inserts come faster than its pace.
fn config_xml(files: &Files, users: &Path, backups: Option<&Path>, limits: &Limits) -> String {
    let Limits { memory_bytes, free_disk_bytes, threads, .. } = limits;
    let (log, users) = (escape(&files.log), escape(users));
    let user_files = escape(&files.data.join("user_files"));
    let pool = (*threads).max(2);
    let backups = backups.map_or(String::new(), |path| {
        format!("\n  <backups><allowed_path>{}</allowed_path></backups>", escape(path))
    });
    format!(
        "<clickhouse>
  <logger>
    <log>{log}</log><size>10M</size><count>2</count>
    <levels>
      <logger><name>ThreadStatus</name><level>none</level></logger>
      <logger><name>BackgroundSchedulePool/BgStrmSchPool</name><level>error</level></logger>
    </levels>
  </logger>
  <timezone>UTC</timezone>
  <users_config>{users}</users_config>
  <user_files_path>{user_files}</user_files_path>{backups}
  <max_server_memory_usage>{memory_bytes}</max_server_memory_usage>
  <mark_cache_size>268435456</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <background_pool_size>{pool}</background_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <background_common_pool_size>2</background_common_pool_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <background_distributed_schedule_pool_size>1</background_distributed_schedule_pool_size>
  <background_buffer_flush_schedule_pool_size>1</background_buffer_flush_schedule_pool_size>
  <background_message_broker_schedule_pool_size>1</background_message_broker_schedule_pool_size>
  <merge_tree>
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
  <access_control_improvements>
    <table_engines_require_grant>true</table_engines_require_grant>
  </access_control_improvements>
  <storage_configuration><disks><default>
    <keep_free_space_bytes>{free_disk_bytes}</keep_free_space_bytes>
  </default></disks></storage_configuration>
</clickhouse>
"
    )
}

/// Engines that keep their rows in the data directory, or nowhere.
const ENGINES: [&str; 12] = [
    "MergeTree",
    "ReplacingMergeTree",
    "SummingMergeTree",
    "AggregatingMergeTree",
    "CollapsingMergeTree",
    "VersionedCollapsingMergeTree",
    "CoalescingMergeTree",
    "Memory",
    "Null",
    "Buffer",
    "Merge",
    "GenerateRandom",
];

/// The one user: everything in the database, nothing outside it (no `file`, `url`, `remote`,
/// `executable`), but for backups where there is a folder for them. Its password is the HTTP server's to check: within the process there is none.
fn users_xml(limits: &Limits, backups: bool) -> String {
    let Limits { query_memory_bytes, threads, .. } = limits;
    let engines: Vec<_> = ENGINES.iter().map(|name| format!("TABLE ENGINE ON {name}")).collect();
    let engines = engines.join(", ");
    let backups = if backups { ", BACKUP" } else { "" };
    format!(
        "<clickhouse>
  <users><default>
    <password></password>
    <networks><ip>::/0</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
    <grants>
      <query>GRANT CHECK, SHOW, SELECT, INSERT, ALTER, CREATE, DROP, UNDROP TABLE, TRUNCATE, OPTIMIZE, KILL QUERY, SYSTEM, dictGet{backups} ON *.*</query>
      <query>GRANT {engines}</query>
    </grants>
  </default></users>
  <profiles><default>
    <max_memory_usage>{query_memory_bytes}</max_memory_usage>
    <max_threads>{threads}</max_threads>
    <async_insert>0</async_insert>
    <insert_deduplicate>1</insert_deduplicate>
    <deduplicate_blocks_in_dependent_materialized_views>1</deduplicate_blocks_in_dependent_materialized_views>
    <implicit_select>0</implicit_select>
    <allow_introspection_functions>0</allow_introspection_functions>
    <session_timezone>UTC</session_timezone>
  </default></profiles>
  <quotas><default></default></quotas>
</clickhouse>
"
    )
}

fn escape(path: &Path) -> String {
    let path = path.to_string_lossy();
    path.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

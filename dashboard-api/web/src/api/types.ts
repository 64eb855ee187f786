// The API's values, as the dashboard-api crate writes them. Times are milliseconds since the epoch, UTC.

export type State = 'new' | 'acknowledged' | 'in_progress' | 'closed';
export type Verdict = 'true_positive' | 'false_positive' | 'benign' | 'duplicate' | 'insufficient_data';

export const STATES: readonly State[] = ['new', 'acknowledged', 'in_progress', 'closed'];
export const OPEN_STATES: readonly State[] = ['new', 'acknowledged', 'in_progress'];
export const VERDICTS: readonly Verdict[] = [
  'true_positive',
  'false_positive',
  'benign',
  'duplicate',
  'insufficient_data',
];

export interface Me {
  user: string;
  display_name: string;
  roles: string[];
  /** `["*"]`: every agency. */
  agencies: string[];
  language: 'bn' | 'en';
  permissions: string[];
  /** False after a one-time sign-in on a fresh installation: the first password then needs no current one. */
  has_password: boolean;
  /** Whether an identity provider vouches for the person and says the roles. */
  by_provider: boolean;
  /** Whether a sign-in asks for a code. */
  second_factor: boolean;
  /** A role asks for a second factor; until there is one, nothing else may be done. */
  must_enrol: boolean;
}

export interface AlertSummary {
  id: string;
  version: number;
  /** When it happened, by the event. */
  time: number;
  /** When the last event happened that it stands for. */
  last: number;
  /** When the alert was raised. */
  created: number;
  /** How much depends on it, 0 to 100. */
  risk_score: number;
  /** The same for alerts that belong together. */
  group_id: string | null;
  /** In a list by groups, how many of its group there are; else 1. */
  group_alerts: number;
  severity_id: number;
  severity: string;
  title: string;
  /** The rule's title in Bangla, where it has one. */
  title_bn: string | null;
  rule_id: string;
  agency: string;
  host: string;
  user: string | null;
  src_ip: string | null;
  state: State;
  verdict: Verdict | null;
  assignee: string | null;
  /** How many events it stands for, those folded away included. */
  event_count: number;
  /** When the next step is due by the agency's policy; none where it is closed or may wait. */
  due: number | null;
  summary: { en: string; bn: string };
}

/** How soon alerts are to be worked, in minutes; none: whenever. */
export interface SlaPolicy {
  /** `*`: of every agency that has none of its own. */
  agency: string;
  version: number;
  calendar: 'always' | 'office';
  holidays: string[];
  targets: Record<
    'informational' | 'low' | 'medium' | 'high' | 'critical',
    { acknowledge: number | null; close: number | null }
  >;
  changed_by: string;
  changed: number;
}

/** What a policy of retention is about. */
export const RETENTION_CLASSES = [
  'all',
  'system',
  'findings',
  'identity',
  'network',
  'discovery',
  'application',
  'other',
  'dead_letters',
  'alerts',
] as const;

/** For how long a class of an agency's logs is kept. */
export interface RetentionPolicy {
  /** `*`: of every agency that says nothing itself. */
  agency: string;
  class: (typeof RETENTION_CLASSES)[number];
  version: number;
  /** None: for ever. */
  days: number | null;
  /** Nothing is deleted, whatever the days. */
  hold: boolean;
  reason: string;
  changed_by: string;
  changed: number;
  /** What a second person has not approved yet. */
  asked: { days: number | null; hold: boolean; reason: string; by: string; at: number } | null;
}

export interface RetentionList {
  items: RetentionPolicy[];
  presets: { name: 'm-26-14' | 'm-21-31' | 'year' | 'quarter'; days: number; source: string }[];
}

/** What became of many alerts. */
export interface BulkResult {
  counts: Record<string, number>;
  remaining: number;
  next_cursor: string | null;
}

export interface RuleInfo {
  id: string;
  title: string;
  level: string;
  description: string;
  tags: string[];
  falsepositives: string[];
  references: string[];
  source_yaml?: string | null;
}

/** One clause of the rule and the field value that met it. */
export interface Matched {
  selection: string;
  field: string;
  path: string;
  modifier: string | null;
  pattern: string;
  value: string;
}

export interface Attack {
  tactic: string;
  technique: string | null;
  name?: string | null;
}

/** Any JSON: an OCSF event is shown as it is. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type OcsfEvent = { [key: string]: Json };

export interface AlertDetail extends AlertSummary {
  finding: OcsfEvent;
  rule: RuleInfo;
  matched: Matched[];
  events: OcsfEvent[];
  raw: string[];
  attack: Attack[];
}

export interface AlertChange {
  state?: State;
  verdict?: Verdict | null;
  reason?: string;
  assignee?: string | null;
}

/** What stands on the server when a change came too late: params.current of `version_conflict`. */
export interface ConflictCurrent extends Partial<AlertSummary> {
  version: number;
  state: State;
  reason?: string | null;
  by: string;
  at: number;
}

export interface HistoryEntry {
  version: number;
  at: number;
  actor: string;
  kind: string;
  from_state: State | null;
  to_state: State | null;
  verdict: Verdict | null;
  reason: string | null;
  assignee: string | null;
  comment: string | null;
}

/** Alerts of the same rule and agency. */
export interface Similar {
  items: (AlertSummary & {
    shares: ('group' | 'host' | 'user' | 'src_ip')[];
    reason: string | null;
  })[];
  verdicts: Partial<Record<Verdict, number>>;
  total: number;
  truncated: boolean;
}

export interface AlertCounts {
  total: number;
  by_state: Partial<Record<State, number>>;
  by_severity: Record<string, number>;
  unassigned: number;
  mine: number;
  /** Late for their next step. */
  over_sla: number;
}

export interface Timeline {
  /** Oldest first. */
  items: EventSummary[];
  truncated: boolean;
}

export interface DeadLetter {
  time: number;
  agency: string;
  code: string;
  reason: string;
  parser: string;
  topic: string;
  partition: number;
  offset: number;
  /** The first 500 characters, read as UTF-8 as far as it is. */
  raw: string;
  raw_bytes: number;
}

export interface Paged<T> {
  items: T[];
  next_cursor: string | null;
}

export interface EventSummary {
  uid: string;
  time: number;
  agency: string;
  host: string;
  source: string;
  class_uid: number;
  class_name: string;
  severity_id: number;
  message: string;
  user: string | null;
  src_ip: string | null;
  dst_ip: string | null;
  /** The first 500 characters of the raw log. */
  raw: string;
  /** What stands for the message of an event that has none. */
  gist: string;
  /** The values of the columns that were asked for, in their order. */
  cells: string[];
}

export interface EventDetail {
  event: OcsfEvent;
  raw: string;
}

export interface Histogram {
  bucket_ms: number;
  items: { time: number; count: number }[];
}

/** What a search with commands makes. */
export interface Table {
  columns: string[];
  rows: string[][];
  more: boolean;
  notes: string[];
}

/** What a search means. */
export interface Parsed {
  query: string;
  explanation: { en: string; bn: string };
  commands: boolean;
  events: number | null;
}

export interface AuditRecord {
  seq: number;
  at_ms: number;
  actor: string;
  action: string;
  target: string;
  detail: string;
  trace_id: string;
}

export interface AuditCheckpoint {
  at_ms: number;
  note: string;
}

/** Whether the audit log is what its checkpoints say. */
export interface AuditVerified {
  whole: boolean;
  entries: number;
  checkpoints: number;
  /** Entries that the last checkpoint holds fast. */
  sealed: number;
  breach: string | null;
}

export interface Ledger {
  received: number;
  stored: number;
  dead_letters: number;
  /** Raw records whose events or dead letters retention has deleted. */
  expired: number;
  in_flight: number;
  adds_up: boolean;
  lag_ms: number | null;
  events: number;
  alerts: number;
  streams: { heard: number; silent: number };
  as_of: number;
}

export interface Grant {
  role: string;
  /** `*`: every agency. */
  agency: string;
}

export interface User {
  name: string;
  display_name: string;
  kind: 'person' | 'service';
  language: 'bn' | 'en';
  created_ms: number;
  disabled_ms: number | null;
  has_password: boolean;
  /** Whether an identity provider vouches for the person and says the roles. */
  by_provider: boolean;
  second_factor: boolean;
  /** When a live session was last used. */
  seen_ms: number | null;
  /** In the agencies that the reader sees. */
  grants: Grant[];
  may_change: boolean;
  version: number;
}

export interface NewUser {
  name: string;
  display_name: string;
  kind: 'person' | 'service';
  language: 'bn' | 'en';
  grants: Grant[];
}

/** A way in, told once. */
export interface FirstLogin {
  name: string;
  login_token: string | null;
}

export interface RoleInfo {
  role: string;
  permissions: string[];
  /** `["*"]`: everywhere; `[]`: nowhere. */
  may_grant_in: string[];
}

export interface SecondFactor {
  enrolled: boolean;
  since_ms: number | null;
  recovery_codes_left: number;
  must_enrol: boolean;
}

/** What goes into an authenticator app. */
export interface Enrolment {
  secret: string;
  uri: string;
  /** Dark squares as an SVG path; `size` squares wide, without the quiet zone. */
  qr: { size: number; path: string };
}

export interface SessionInfo {
  id: string;
  created_ms: number;
  seen_ms: number;
  expires_ms: number;
  address: string | null;
  current: boolean;
}

export interface ApiKey {
  id: string;
  user: string;
  name: string;
  permissions: string[];
  agencies: string[];
  networks: string[];
  created_ms: number;
  created_by: string;
  expires_ms: number;
  used_ms: number | null;
  revoked_ms: number | null;
}

export interface NewApiKey {
  name: string;
  user?: string;
  permissions: string[];
  agencies: string[];
  expires_days: number;
  networks: string[];
}

/** A key with its secret, told once. */
export interface ApiKeyShown {
  key: ApiKey;
  secret: string;
}

export type Stage = 'draft' | 'shadow' | 'canary' | 'active' | 'retired';
export const STAGES: readonly Stage[] = ['draft', 'shadow', 'canary', 'active', 'retired'];

/** A rule with the lines beside it, as it is tried and kept. */
export interface RuleText {
  text: string;
  matching: string;
  missing: string;
}

export interface Finding {
  severity: 'error' | 'warning';
  code: string;
  /** From 1. */
  line: number;
  /** In characters, from 1. */
  column: number;
  message: string;
  mend: string;
  message_bn: string;
  mend_bn: string;
}

export interface Linted {
  findings: Finding[];
  errors: number;
  warnings: number;
}

export interface Tested {
  passes: boolean;
  whole: boolean;
  errors: string[];
  samples: {
    kind: 'match' | 'miss';
    line: number;
    passes: boolean;
    events: number;
    fired: string[];
    why: string[];
  }[];
  silent: string[];
}

/** What a rule would have raised. */
export interface Matches {
  from: number;
  to: number;
  /** Events that it could match and was asked about. */
  read: number;
  /** Whether there were more than could be asked. */
  truncated: boolean;
  alerts: number;
  samples: RaisedAlert[];
}

export interface RaisedAlert {
  time: number;
  agency: string;
  host: string;
  message: string;
}

export interface RuleStats {
  alerts: number;
  last: number | null;
  true_positives: number;
  false_positives: number;
  benign: number;
  /** None of fewer than five closed alerts. */
  false_positive_ratio: number | null;
}

export interface RuleSummary {
  id: string;
  kind: 'rule' | 'correlation' | 'exception';
  title: string;
  title_bn: string;
  level: string;
  logsource: string;
  tags: string[];
  stage: Stage;
  agencies: string[];
  revision: number;
  newest: number;
  live: number | null;
  waits: boolean;
  exception: {
    owner: string;
    agencies: string[];
    expires: number | null;
    ticket: string;
    /** A name that no rule has is without an id. */
    rules: { name: string; id: string | null; title: string; title_bn: string }[];
  } | null;
  stats: RuleStats;
}

export interface RuleVersion extends RuleText {
  version: number;
  file: string;
  origin: 'folder' | 'dashboard';
  author: string;
  note: string;
  at: number;
}

export interface Proposal {
  version: number;
  stage: Stage;
  agencies: string[];
  by: string;
  at_ms: number;
  note: string;
  needed: number;
  approved_by: string[];
}

export interface RuleStep {
  revision: number;
  at_ms: number;
  actor: string;
  kind: 'save' | 'import' | 'propose' | 'approve' | 'reject' | 'ship';
  version: number;
  stage: Stage;
  agencies: string[];
  note: string;
}

export interface RuleDetail extends RuleSummary {
  content: RuleVersion;
  proposal: Proposal | null;
  versions: Omit<RuleVersion, 'file' | 'text' | 'matching' | 'missing'>[];
  history: RuleStep[];
}

export interface RulesetInfo {
  published: { version: string; at_ms: number; files: number } | null;
  stages: Record<Stage, number>;
  waiting: number;
  problems: string[];
}

/** What an exception would have hidden. */
export interface Preview {
  looked: number;
  truncated: boolean;
  hidden: number;
  partly: number;
  true_positives: number;
  items: {
    id: string;
    title: string;
    agency: string;
    host: string;
    created: number;
    state: State;
    verdict: Verdict | null;
    whole: boolean;
  }[];
}

export interface AttackTechnique {
  id: string;
  name: string;
  rules: number;
  tested: number;
  seeing: number;
  alerts: number;
  parts: { id: string; name: string; rules: number }[];
  rules_named: { id: string; title: string }[];
}

export interface AttackCoverage {
  attack: string;
  rules: number;
  without: number;
  techniques: number;
  seeing: number;
  tactics: { id: string; name: string; techniques: AttackTechnique[] }[];
}

export interface Job<T> {
  id: string;
  kind: string;
  state: 'running' | 'done' | 'failed' | 'cancelled';
  progress: number;
  created: number;
  ended: number | null;
  result: T | null;
  problem: string | null;
}

export interface ReplayCounts {
  found: number;
  again: number;
  sent: number;
  gone: number;
  left_out: number;
}

export interface ReasonRow {
  agency: string;
  code: string;
  letters: number;
  last: number;
  reason: string;
}

export interface CollectorRow {
  agency: string;
  id: string;
  host: string | null;
  version: string | null;
  last_seen: number | null;
  state: 'alive' | 'late' | 'silent' | 'stopped';
  streams: number;
  spool_records: number;
  /** What a collector gave up, by its own counts. */
  lost: number;
  /** Numbers of its streams that never came. */
  missing: number;
}

export interface StreamRow {
  agency: string;
  stream: string;
  last_moved: number | null;
  waiting_bytes: number;
  missing: number;
}

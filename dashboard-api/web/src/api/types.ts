// The API's values, as the dashboard-api crate writes them. Times are milliseconds since the epoch, UTC.

export type State = 'new' | 'acknowledged' | 'in_progress' | 'closed';
export type Verdict = 'true_positive' | 'false_positive' | 'benign' | 'duplicate';

export const STATES: readonly State[] = ['new', 'acknowledged', 'in_progress', 'closed'];
export const OPEN_STATES: readonly State[] = ['new', 'acknowledged', 'in_progress'];
export const VERDICTS: readonly Verdict[] = ['true_positive', 'false_positive', 'benign', 'duplicate'];

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
  summary: { en: string; bn: string };
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

export interface AlertCounts {
  total: number;
  by_state: Partial<Record<State, number>>;
  by_severity: Record<string, number>;
  unassigned: number;
  mine: number;
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

export interface Ledger {
  received: number;
  stored: number;
  dead_letters: number;
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

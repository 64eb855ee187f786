// The requests and values of cases.

import { call, type Query } from '../api/client';

export type CaseState = 'open' | 'in_progress' | 'closed';
export type Tlp = 'clear' | 'green' | 'amber' | 'amber_strict' | 'red';
export type TaskState = 'open' | 'done' | 'dropped';

export const CASE_STATES: readonly CaseState[] = ['open', 'in_progress', 'closed'];
export const TLPS: readonly Tlp[] = ['clear', 'green', 'amber', 'amber_strict', 'red'];

export interface CaseSummary {
  id: string;
  version: number;
  agency: string;
  title: string;
  state: CaseState;
  severity_id: number;
  tlp: Tlp;
  assignee: string | null;
  merged_into: string | null;
  created: number;
  created_by: string;
  updated: number;
  updated_by: string;
  alerts: number;
  tasks_open: number;
  tasks: number;
}

export interface CaseAlert {
  id: string;
  agency: string;
  title: string;
  title_bn: string | null;
  rule_id: string;
  host: string;
  severity_id: number;
  time: number;
  added: number;
  added_by: string;
}

export interface Task {
  id: string;
  version: number;
  title: string;
  state: TaskState;
  assignee: string | null;
  due: number | null;
  created: number;
  created_by: string;
}

export interface EvidencePiece {
  id: string;
  agency: string;
  kind: 'file' | 'alert' | 'event';
  name: string;
  source: string | null;
  media_type: string;
  bytes: number;
  sha256: string;
  note: string | null;
  added: number;
  added_by: string;
}

export interface Case extends Omit<CaseSummary, 'alerts' | 'tasks' | 'tasks_open'> {
  summary: string;
  resolution: string | null;
  shared_with: string[];
  alerts: CaseAlert[];
  tasks: Task[];
  evidence: EvidencePiece[];
  /** Alerts and evidence of agencies that the reader does not see. */
  hidden: number;
  may_change: boolean;
  may_add: boolean;
}

export interface CaseStep {
  version: number;
  at: number;
  actor: string;
  kind: string;
  agency: string | null;
  detail: Record<string, unknown>;
  hash: string;
}

export interface CaseHistory {
  items: CaseStep[];
  /** Whether every step has the hash that it was written with. */
  intact: boolean;
}

export interface Custody {
  at: number;
  actor: string;
  action: 'received' | 'read';
}

export interface NewCase {
  title: string;
  summary?: string;
  agency?: string;
  alerts?: string[];
}

export interface CaseChange {
  title?: string;
  summary?: string;
  state?: CaseState;
  severity_id?: number;
  tlp?: Tlp;
  assignee?: string | null;
  resolution?: string;
}

type Signal = AbortSignal | undefined;
const at = (id: string, rest = '') => `/cases/${encodeURIComponent(id)}${rest}`;

export const getCases = (query: Query, signal: Signal) =>
  call<{ items: CaseSummary[]; next_cursor: string | null }>('GET', '/cases', { query, signal });
export const openCase = (body: NewCase) => call<Case>('POST', '/cases', { body });
export const getCase = (id: string, signal: Signal) => call<Case>('GET', at(id), { signal });
export const changeCase = (id: string, ifMatch: number, body: CaseChange) =>
  call<Case>('PATCH', at(id), { ifMatch, body });
export const getCaseHistory = (id: string, signal: Signal) =>
  call<CaseHistory>('GET', at(id, '/history'), { signal });
export const commentOnCase = (id: string, text: string) =>
  call<Case>('POST', at(id, '/comments'), { body: { text } });
export const gather = (id: string, body: { add?: string[]; remove?: string[] }) =>
  call<Case>('POST', at(id, '/alerts'), { body });
export const addTask = (id: string, body: { title: string }) =>
  call<Case>('POST', at(id, '/tasks'), { body });
export const changeTask = (task: Task, body: { state?: TaskState; assignee?: string | null }) =>
  call<Case>('PATCH', `/tasks/${encodeURIComponent(task.id)}`, { ifMatch: task.version, body });
export const shareCase = (id: string, ifMatch: number, agencies: string[]) =>
  call<Case>('PUT', at(id, '/agencies'), { ifMatch, body: { agencies } });
export const mergeCase = (id: string, ifMatch: number, into: string) =>
  call<Case>('POST', at(id, '/merge'), { ifMatch, body: { into } });
export const splitCase = (id: string, ifMatch: number, body: { title: string; alerts: string[] }) =>
  call<Case>('POST', at(id, '/split'), { ifMatch, body });
export const freeze = (id: string, body: { alert?: string; event?: string; note?: string }) =>
  call<Case>('POST', at(id, '/evidence'), { body });
export const sendFile = (id: string, file: File) =>
  call<Case>('POST', at(id, '/files'), { query: { name: file.name }, file });
export const getEvidence = (evidence: string, signal: Signal) =>
  call<EvidencePiece & { case_id: string; custody: Custody[] }>(
    'GET',
    `/evidence/${encodeURIComponent(evidence)}`,
    { signal },
  );
export const contentAddress = (evidence: string) =>
  `/api/v1/evidence/${encodeURIComponent(evidence)}/content`;

// What the rules' page asks of the API.

import { call, type Query } from '../api/client';
import type {
  AttackCoverage,
  Finding,
  Linted,
  Matches,
  Paged,
  Preview,
  RuleDetail,
  RuleSummary,
  RulesetInfo,
  RuleText,
  RuleVersion,
  Stage,
  Tested,
} from '../api/types';

/** How far back a rule's alerts are counted, as the API does it. */
export const STATS_DAYS = 30;

type Signal = AbortSignal | undefined;
const id = encodeURIComponent;

export const getRules = (query: Query, signal: Signal) =>
  call<Paged<RuleSummary> & { total: number }>('GET', '/rules', { query, signal });
export const getRule = (rule: string, signal: Signal) =>
  call<RuleDetail>('GET', `/rules/${id(rule)}`, { signal });
export const getVersion = (rule: string, version: number, signal: Signal) =>
  call<RuleVersion>('GET', `/rules/${id(rule)}/versions/${version}`, { signal });
export const getRuleset = (signal: Signal) => call<RulesetInfo>('GET', '/ruleset', { signal });
export const lintRule = (body: RuleText, signal: Signal): Promise<Finding[]> =>
  call<Linted>('POST', '/rules:lint', { body, signal }).then(({ findings }) => findings);
export const testRule = (body: RuleText) => call<Tested>('POST', '/rules:test', { body });
export const matchesOf = (text: string) => call<Matches>('POST', '/rules:matches', { body: { text } });
export const createRule = (body: RuleText & { note: string }) => call<RuleDetail>('POST', '/rules', { body });
export const saveRule = (rule: string, ifMatch: number, body: RuleText & { note: string }) =>
  call<RuleDetail>('PUT', `/rules/${id(rule)}`, { body, ifMatch });
export const shipRule = (
  rule: string,
  ifMatch: number,
  body: { stage: Stage; version: number; agencies: string[]; note: string },
) => call<RuleDetail>('POST', `/rules/${id(rule)}/stage`, { body, ifMatch });
export const decideRule = (rule: string, ifMatch: number, verb: 'approve' | 'reject', note: string) =>
  call<RuleDetail>('POST', `/rules/${id(rule)}/${verb}`, { body: { note }, ifMatch });
export const previewException = (text: string) =>
  call<Preview>('POST', '/exceptions:preview', { body: { text } });
export const getCoverage = (signal: Signal) => call<AttackCoverage>('GET', '/coverage/attack', { signal });
export const getLayer = () => call<unknown>('GET', '/coverage/attack/navigator');

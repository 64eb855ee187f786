// The figures of the desk.

import { call, type Query } from '../api/client';

export interface Span {
  alerts: number;
  mean_ms: number;
  median_ms: number;
  p90_ms: number;
}

export interface Pace {
  agency: string | null;
  day: number | null;
  alerts: number;
  /** From arrival until somebody took it. */
  acknowledged: Span;
  /** From arrival until it was closed for good. */
  closed: Span;
}

export interface Load {
  user: string;
  alerts: number;
  steps: number;
  closed: number;
  comments: number;
}

export interface RuleNoise {
  rule_id: string;
  title: string;
  title_bn: string;
  alerts: number;
  events: number;
  true_positives: number;
  false_positives: number;
  benign: number;
  duplicates: number;
  insufficient_data: number;
  false_positive_ratio: number | null;
}

export interface Measures {
  agencies: Pace[];
  days: Pace[];
  analysts: Load[];
  rules: RuleNoise[];
  sample_min: number;
}

export const getMeasures = (query: Query, signal: AbortSignal | undefined) =>
  call<Measures>('GET', '/measures', { query, signal });

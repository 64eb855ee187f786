// What the fleet's page asks of the API.

import { call, Problem } from '../api/client';
import type { CollectorRow, Job, ReasonRow, ReplayCounts, StreamRow } from '../api/types';

type Signal = AbortSignal | undefined;

export const getCollectors = (signal: Signal) =>
  call<{ items: CollectorRow[] }>('GET', '/collectors', { signal });
export const getStreams = (collector: string, signal: Signal) =>
  call<{ items: StreamRow[] }>('GET', `/collectors/${encodeURIComponent(collector)}/streams`, { signal });
export const getReasons = (signal: Signal) =>
  call<{ items: ReasonRow[] }>('GET', '/dead-letters/reasons', { signal });

/** How often a job is looked at. */
const LOOK_MS = 500;

/** Begins a replay and waits until the job has ended. */
export async function replayAndWait(body: {
  agency: string;
  code: string;
  dry_run: boolean;
}): Promise<ReplayCounts> {
  let job = await call<Job<ReplayCounts>>('POST', '/dead-letters:replay', { body });
  while (job.state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    job = await call<Job<ReplayCounts>>('GET', `/jobs/${job.id}`);
  }
  if (job.state !== 'done' || job.result === null)
    throw new Problem(500, { code: 'internal', detail: job.problem ?? '' });
  return job.result;
}

// The requests about channels: who is told of alerts by webhook, e-mail and SMS.

import { call } from '../api/client';

export const KINDS = ['webhook', 'email', 'sms'] as const;
export type Kind = (typeof KINDS)[number];

export type Target = { kind: 'webhook'; url: string } | { kind: 'email' | 'sms'; to: string[] };

/** What became of a message. */
export interface Outcome {
  id: string;
  made: number;
  headline: string;
  /** How many alerts and troubles were folded into it. */
  notices: number;
  tries: number;
  sent: number | null;
  /** When the next try is; none: it got through, or was given up. */
  next: number | null;
  fault: string;
}

export interface ChannelBody {
  /** `*`: of every agency. */
  agency: string;
  name: string;
  target: Target;
  language: 'bn' | 'en';
  /** None: no alerts. */
  severity_min: number | null;
  platform: boolean;
  enabled: boolean;
}

export interface Channel extends ChannelBody {
  id: string;
  version: number;
  changed_by: string;
  changed: number;
  /** What waits behind the storm guard. */
  waiting: number;
  /** Newest first. */
  messages: Outcome[];
}

const at = (id: string) => `/notification-channels/${encodeURIComponent(id)}`;

export const getChannels = (signal: AbortSignal | undefined) =>
  call<{ items: Channel[] }>('GET', '/notification-channels', { signal });
export const makeChannel = (body: ChannelBody) =>
  call<{ channel: Channel; secret: string }>('POST', '/notification-channels', { body });
export const changeChannel = (id: string, ifMatch: number, body: ChannelBody) =>
  call<Channel>('PUT', at(id), { body, ifMatch });
export const deleteChannel = (id: string, ifMatch: number) => call<void>('DELETE', at(id), { ifMatch });
export const tryChannel = (id: string) => call<Outcome>('POST', `${at(id)}/test`, { body: {} });

/** Addresses or numbers as somebody wrote them, one a line or with commas. */
export function people(text: string): string[] {
  return text.split(/[\s,;]+/).filter((one) => one !== '');
}
